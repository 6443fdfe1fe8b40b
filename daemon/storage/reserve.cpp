#include "daemon/storage/reserve.hpp"

#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/unique_fd.hpp"

namespace stepup {
namespace {

bool is_allocated(const std::string& path, std::int64_t size) {
    struct stat status { };
    return ::lstat(path.c_str(), &status) == 0 && status.st_size == size
        && std::int64_t{status.st_blocks} * 512 >= size;
}

bool has_room(const std::string& folder, std::int64_t size) {
    struct statvfs status { };
    if (::statvfs(folder.c_str(), &status) != 0) return false;
    return static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize) >= static_cast<double>(size);
}

}  // namespace

bool Reserve::make() {
    if (size_ == 0) return false;
    missing_ = false;
    if (is_allocated(path_, size_)) return false;
    missing_ = true;
    if (!has_room(std::filesystem::path(path_).parent_path(), 2 * size_)) return false;
    ::unlink(path_.c_str());
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    missing_ = !fd || ::posix_fallocate(fd.get(), 0, size_) != 0;
    if (missing_) ::unlink(path_.c_str());
    return !missing_;
}

bool Reserve::release() {
    if (size_ == 0) return false;
    missing_ = true;
    return ::unlink(path_.c_str()) == 0;
}

bool Reserve::relieve() {
    constexpr std::int64_t little = std::int64_t{1024} * 1024;
    return size_ != 0 && !has_room(std::filesystem::path(path_).parent_path(), little) && release();
}

}  // namespace stepup
