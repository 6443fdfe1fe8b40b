#include "common/bytes.hpp"

#include <algorithm>
#include <array>

namespace stepup {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view base64url_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Regroups the bits of `raw` into letters of `width` bits each.
std::string regroup(std::string_view raw, unsigned width, std::string_view letters) {
    std::string out;
    out.reserve((raw.size() * 8 + width - 1) / width);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    const std::uint32_t mask = (1U << width) - 1;
    for (const std::uint8_t byte : as_bytes(raw)) {
        pending = (pending << 8U) | byte;
        bits += 8;
        while (bits >= width) {
            bits -= width;
            out.push_back(letters[(pending >> bits) & mask]);
        }
    }
    if (bits > 0) out.push_back(letters[(pending << (width - bits)) & mask]);
    return out;
}

std::optional<std::uint8_t> digit_value(std::string_view digits, char digit) {
    const auto at = digits.find(digit);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<std::uint8_t>(at);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string to_hex(std::string_view raw) {
    std::string out;
    out.reserve(raw.size() * 2);
    for (const std::uint8_t byte : as_bytes(raw)) {
        out.push_back(hex_digits[byte >> 4U]);
        out.push_back(hex_digits[byte & 15U]);
    }
    return out;
}

std::optional<Bytes> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    Bytes out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto high = digit_value(hex_digits, lower(hex[i]));
        const auto low = digit_value(hex_digits, lower(hex[i + 1]));
        if (!high || !low) return std::nullopt;
        out.push_back(static_cast<char>(*high * 16 + *low));
    }
    return out;
}

std::string to_base32(std::string_view raw) { return regroup(raw, 5, base32_letters); }

std::optional<Bytes> from_base32(std::string_view text) {
    Bytes out;
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char letter : text) {
        const auto value = digit_value(base32_letters, upper(letter));
        if (!value) return std::nullopt;
        pending = (pending << 5U) | *value;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<char>((pending >> bits) & 255U));
        }
    }
    const bool whole = bits < 5 && (pending & ((1U << bits) - 1)) == 0;
    return whole ? std::optional(out) : std::nullopt;
}

std::string to_base64url(std::string_view raw) { return regroup(raw, 6, base64url_letters); }

}  // namespace stepup
