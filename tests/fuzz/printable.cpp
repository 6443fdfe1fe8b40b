#include "common/printable.hpp"

#include "tests/fuzz/fuzz.hpp"

// Foreign text on a terminal: what comes out is UTF-8 without anything that moves the cursor or turns text around.

namespace {

using stepup::fuzz::must;

/// The next character by the rows of RFC 3629 §4; 0 if there is none.
char32_t next(std::string_view& text) {
    const auto at
        = [&](std::size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
    const auto tail = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xBF; };
    const unsigned lead = at(0);
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    const bool second = at(1) >= low && at(1) <= high;
    std::size_t size = 0;
    char32_t code = 0;
    if (lead < 0x80) size = 1, code = lead;
    if (lead >= 0xC2 && lead <= 0xDF && second) size = 2, code = (lead & 0x1FU) << 6U | (at(1) & 0x3FU);
    if (lead >= 0xE0 && lead <= 0xEF && second && tail(2))
        size = 3, code = (lead & 0xFU) << 12U | (at(1) & 0x3FU) << 6U | (at(2) & 0x3FU);
    if (lead >= 0xF0 && lead <= 0xF4 && second && tail(2) && tail(3))
        size = 4, code = (lead & 7U) << 18U | (at(1) & 0x3FU) << 12U | (at(2) & 0x3FU) << 6U | (at(3) & 0x3FU);
    text.remove_prefix(size);
    return code;
}

/// Controls, separators, bidirectional and zero-width marks (Unicode's Cc, Zl, Zp and what reorders or hides).
bool is_harmful(char32_t code) {
    for (const char32_t one : {U'\u00AD', U'\u061C', U'\u2028', U'\u2029', U'\uFEFF'})
        if (code == one) return true;
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x200B && code <= 0x200F)
        || (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    stepup::fuzz::Input input(data, size);
    const std::size_t limit = input.byte();
    const auto foreign = input.all();
    const auto shown = stepup::printable(foreign, limit);
    must(shown.size() <= limit + std::string_view("…").size(), "nothing is longer than the limit and its mark");
    for (std::string_view rest = shown; !rest.empty();)
        must(!is_harmful(next(rest)), "every character is a harmless one");
    must(stepup::printable(shown, shown.size()) == shown, "what is printable stays as it is");
    must(stepup::is_printable(foreign, limit) == (!foreign.empty() && foreign.size() <= limit && shown == foreign),
         "printable is what would not be changed");
    return 0;
}
