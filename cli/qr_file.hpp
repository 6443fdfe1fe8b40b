#pragma once

#include <optional>
#include <string>

#include "common/management_error.hpp"
#include "common/unique_fd.hpp"

namespace stepup::cli {

/// A picture of a QR code in a file, .png or .svg, that only its owner may read: it is a secret. The file is made
/// before anything is enrolled, so that nothing is where there is no room or name for it, and taken away if nothing was
/// put into it.
class QrFile {
public:
    /// True for a name that ends in .png or .svg.
    [[nodiscard]] static bool can_be_called(const std::string& path);
    /// Makes the file. Errors: invalid_argument (there is one, or there can be none; the message says why).
    [[nodiscard]] static Managed<QrFile> make(const std::string& path);
    ~QrFile();
    QrFile(QrFile&& other) noexcept;
    QrFile& operator=(QrFile&&) = delete;
    QrFile(const QrFile&) = delete;
    QrFile& operator=(const QrFile&) = delete;

    /// Puts `text` into it. Errors: unavailable (what came of it is not to be used).
    [[nodiscard]] Managed<> show(const std::string& text);

private:
    QrFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) { }
    std::string path_;
    UniqueFd fd_;
    bool is_kept_ = false;
};

}  // namespace stepup::cli
