#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stepup {

/// A text as a QR code with error correction L (ISO/IEC 18004). The text is a secret, so the modules are wiped.
class QrCode {
public:
    static constexpr int quiet = 4;  ///< light modules around the code (ISO/IEC 18004 §6.3.8)

    /// Nothing: the text is empty, or too long for a code.
    [[nodiscard]] static std::optional<QrCode> of(const std::string& text);
    ~QrCode();
    QrCode(QrCode&&) noexcept = default;
    QrCode& operator=(QrCode&&) = delete;
    QrCode(const QrCode&) = delete;
    QrCode& operator=(const QrCode&) = delete;

    /// Modules a side, without the quiet zone.
    [[nodiscard]] int width() const { return width_; }
    /// True for a light module; outside of the code everything is light.
    [[nodiscard]] bool is_light(int x, int y) const;

private:
    QrCode(int width, std::vector<std::uint8_t> modules) : width_(width), modules_(std::move(modules)) { }
    int width_;
    std::vector<std::uint8_t> modules_;  // 1: dark
};

/// The code with its quiet zone as a picture of its own: black on white, of any size.
[[nodiscard]] std::string svg_of(const QrCode& code);

/// The same as "data:image/svg+xml;base64,…", for whoever shows pictures by their address. Empty: `text` has no code.
[[nodiscard]] std::string qr_data_uri(const std::string& text);

}  // namespace stepup
