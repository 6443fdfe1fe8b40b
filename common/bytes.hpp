#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stepup {

using Bytes = std::string;  ///< raw bytes; not for secrets that live long
using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// True if `a` and `b` are the same bytes; takes the same time wherever they differ. Lengths are not secret.
/// In the header because the PAM module, which links no other part of this file, needs it too.
[[nodiscard]] inline bool equal_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<std::uint8_t>(difference
                                               | (static_cast<std::uint8_t>(a[i]) ^ static_cast<std::uint8_t>(b[i])));
    return difference == 0;
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::string_view raw);
/// The bytes `hex` stands for; nothing if a digit is foreign or one is missing.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view hex);

/// Base32, upper case, without padding (RFC 4648 §6).
[[nodiscard]] std::string to_base32(std::string_view raw);
/// Accepts either case; refuses padding, blanks, foreign letters and non-zero trailing bits (RFC 4648 §3.5).
[[nodiscard]] std::optional<Bytes> from_base32(std::string_view text);

/// Base64url without padding (RFC 4648 §5).
[[nodiscard]] std::string to_base64url(std::string_view raw);

}  // namespace stepup
