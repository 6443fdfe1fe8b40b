#include "common/printable.hpp"

#include <algorithm>
#include <cstdint>

namespace stepup {
namespace {

struct Character {
    std::uint32_t code = 0xFFFD;
    std::size_t size = 1;  ///< bytes it takes in the text
    bool valid = false;
};

/// The first character of `text`, which is not empty (RFC 3629: no overlong forms, no surrogates).
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    std::uint32_t code = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least[size] || code > 0x10FFFF || surrogate) return {};
    return {code, size, true};
}

/// Characters that move the cursor, change the order of text, or cannot be seen.
bool is_treacherous(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x061C
        || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E)
        || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB)
        || (code >= 0xE0000 && code <= 0xE0FFF);
}

/// Most text is, and is shown as it stands.
bool is_plain(char letter) { return letter >= 0x20 && letter < 0x7F; }

}  // namespace

std::string printable(std::string_view foreign, std::size_t limit) {
    if (foreign.size() <= limit && std::all_of(foreign.begin(), foreign.end(), is_plain)) return std::string(foreign);
    std::string out;
    while (!foreign.empty()) {
        const Character next = first_character(foreign);
        const bool shown = next.valid && !is_treacherous(next.code);
        const std::string_view piece = shown ? foreign.substr(0, next.size) : std::string_view("?");
        if (out.size() + piece.size() > limit) return out + "…";
        out += piece;
        foreign.remove_prefix(next.size);
    }
    return out;
}

bool is_printable(std::string_view text, std::size_t limit) {
    return !text.empty() && text.size() <= limit && printable(text, limit) == text;
}

}  // namespace stepup
