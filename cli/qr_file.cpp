#include "cli/qr_file.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <png.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "common/write_all.hpp"
#include "qr/qr_code.hpp"

namespace stepup::cli {
namespace {

constexpr int pixels = 8;  ///< a side of a module

/// The code as gray bytes, one a pixel, and from there as a PNG; empty if libpng could not.
std::string png_of(const QrCode& code) {
    const int side = (code.width() + 2 * QrCode::quiet) * pixels;
    std::vector<png_byte> gray;
    gray.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
            gray.push_back(code.is_light(x / pixels - QrCode::quiet, y / pixels - QrCode::quiet) ? 255 : 0);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = image.height = static_cast<png_uint_32>(side);
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string png(size, '\0');
    if (png_image_write_to_memory(&image, png.data(), &size, 0, gray.data(), 0, nullptr) == 0) return {};
    png.resize(size);
    return png;
}

}  // namespace

bool QrFile::can_be_called(const std::string& path) { return path.ends_with(".png") || path.ends_with(".svg"); }

Managed<QrFile> QrFile::make(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd) return QrFile(path, std::move(fd));
    const std::string why = errno == EEXIST ? "there is such a file, and none is replaced" : std::strerror(errno);
    return refuse(ManagementError::invalid_argument,
                  "The QR code cannot be written to " + printable(path) + ": " + why + ". Nothing was enrolled.");
}

QrFile::QrFile(QrFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::move(other.fd_)),
      is_kept_(std::exchange(other.is_kept_, true)) { }

QrFile::~QrFile() {
    if (!is_kept_) (void)::unlink(path_.c_str());
}

Managed<> QrFile::show(const std::string& text) {
    const auto code = QrCode::of(text);
    const auto content = !code ? std::string() : path_.ends_with(".png") ? png_of(*code) : svg_of(*code);
    if (content.empty() || !write_all(fd_.get(), content) || ::fsync(fd_.get()) != 0)
        return refuse(ManagementError::unavailable, "The QR code could not be written to " + printable(path_) + '.');
    is_kept_ = true;
    return {};
}

}  // namespace stepup::cli
