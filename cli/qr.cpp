#include <utility>

#include "cli/screens.hpp"
#include "qr/qr_code.hpp"

namespace stepup::cli {
namespace {

/// Two modules, one above the other, as one character in the color of the light ones.
const char* half_blocks(bool upper, bool lower) {
    if (upper && lower) return "█";
    if (upper) return "▀";
    return lower ? "▄" : " ";
}

}  // namespace

std::optional<std::string> qr_code(const std::string& text, const Canvas& canvas) {
    if (!canvas.is_terminal || !canvas.utf8) return std::nullopt;
    constexpr int quiet = QrCode::quiet;
    const auto code = QrCode::of(text);
    if (!code || std::cmp_greater(code->width() + 2 * quiet, canvas.width)) return std::nullopt;
    std::string picture;
    for (int y = -quiet; y < code->width() + quiet; y += 2) {
        if (canvas.colors) picture += "\033[40;97m";  // bright on black, on light terminals too: scanners want that
        for (int x = -quiet; x < code->width() + quiet; ++x)
            picture += half_blocks(code->is_light(x, y), code->is_light(x, y + 1));
        picture += canvas.colors ? "\033[0m\n" : "\n";
    }
    return picture;
}

}  // namespace stepup::cli
