#include "qr/qr_code.hpp"

#include <array>
#include <memory>

#include <qrencode.h>
#include <string.h>

namespace stepup {
namespace {

struct WipeAndFree {
    void operator()(QRcode* code) const {
        explicit_bzero(code->data, static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width));
        QRcode_free(code);
    }
};

/// RFC 4648 §4
std::string base64(const std::string& raw) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((raw.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < raw.size(); i += 3) {
        const auto byte = [&](std::size_t at) {
            return at < raw.size() ? static_cast<unsigned>(static_cast<unsigned char>(raw[at])) : 0U;
        };
        const unsigned three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
        text += digits[three >> 18U & 63U];
        text += digits[three >> 12U & 63U];
        text += i + 1 < raw.size() ? digits[three >> 6U & 63U] : '=';
        text += i + 2 < raw.size() ? digits[three & 63U] : '=';
    }
    return text;
}

/// The dark modules of one row, each run as a stroke: "m2 0h7".
std::string strokes(const QrCode& code, int y) {
    std::string path;
    int at = 0;
    for (int x = 0; x < code.width();) {
        int end = x;
        while (end < code.width() && !code.is_light(end, y)) ++end;
        if (end > x) {
            path += 'm' + std::to_string(x - at) + " 0h" + std::to_string(end - x);
            at = end;
        }
        x = end + 1;
    }
    return path;
}

}  // namespace

std::optional<QrCode> QrCode::of(const std::string& text) {
    const std::unique_ptr<QRcode, WipeAndFree> made(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L));
    if (!made) return std::nullopt;
    const auto side = static_cast<std::size_t>(made->width);
    std::vector<std::uint8_t> modules(side * side);
    for (std::size_t i = 0; i < modules.size(); ++i) modules[i] = made->data[i] & 1U;
    return QrCode(made->width, std::move(modules));
}

QrCode::~QrCode() {
    if (!modules_.empty()) explicit_bzero(modules_.data(), modules_.size());
}

bool QrCode::is_light(int x, int y) const {
    if (x < 0 || y < 0 || x >= width_ || y >= width_) return true;
    return modules_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)] == 0;
}

std::string svg_of(const QrCode& code) {
    const auto side = std::to_string(code.width() + 2 * QrCode::quiet);
    std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + ' ' + side + "\" width=\""
        + std::to_string(8 * (code.width() + 2 * QrCode::quiet))
        + "\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h" + side + 'v' + side + "H0z\"/>"
        + "<path stroke=\"#000\" d=\"";
    for (int y = 0; y < code.width(); ++y)
        svg += 'M' + std::to_string(QrCode::quiet) + ' ' + std::to_string(y + QrCode::quiet) + ".5" + strokes(code, y);
    return svg + "\"/></svg>\n";
}

std::string qr_data_uri(const std::string& text) {
    const auto code = QrCode::of(text);
    if (!code) return {};
    auto svg = svg_of(*code);
    auto uri = "data:image/svg+xml;base64," + base64(svg);
    explicit_bzero(svg.data(), svg.size());
    return uri;
}

}  // namespace stepup
