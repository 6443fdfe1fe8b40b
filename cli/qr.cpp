#include <memory>
#include <utility>

#include <qrencode.h>

#include "cli/screens.hpp"

namespace stepup::cli {
namespace {

struct FreeQr {
    void operator()(QRcode* code) const { QRcode_free(code); }
};

constexpr int quiet = 4;  // light modules around the code (ISO/IEC 18004 §6.3.8)

/// True for a light module; outside of the code everything is light.
bool is_light(const QRcode& code, int x, int y) {
    if (x < 0 || y < 0 || x >= code.width || y >= code.width) return true;
    return (code.data[y * code.width + x] & 1U) == 0;
}

/// Two modules, one above the other, as one character in the color of the light ones.
const char* half_blocks(bool upper, bool lower) {
    if (upper && lower) return "█";
    if (upper) return "▀";
    return lower ? "▄" : " ";
}

}  // namespace

std::optional<std::string> qr_code(const std::string& text, const Canvas& canvas) {
    if (!canvas.is_terminal || !canvas.utf8) return std::nullopt;
    const std::unique_ptr<QRcode, FreeQr> code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L));
    if (!code || std::cmp_greater(code->width + 2 * quiet, canvas.width)) return std::nullopt;
    std::string picture;
    for (int y = -quiet; y < code->width + quiet; y += 2) {
        if (canvas.colors) picture += "\033[40;97m";  // bright on black, on light terminals too: scanners want that
        for (int x = -quiet; x < code->width + quiet; ++x)
            picture += half_blocks(is_light(*code, x, y), is_light(*code, x, y + 1));
        picture += canvas.colors ? "\033[0m\n" : "\n";
    }
    return picture;
}

}  // namespace stepup::cli
