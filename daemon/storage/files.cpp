#include "daemon/storage/files.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stepup {
namespace {

constexpr mode_t group_and_world = 077;

Result<> check_file(const struct stat& status) {
    if (!S_ISREG(status.st_mode))
        return fail(Errc::untrusted, "a file of the database is a link or no plain file; move it away");
    if (status.st_uid != ::geteuid()) return fail(Errc::untrusted, "a file of the database belongs to somebody else");
    if ((status.st_mode & group_and_world) != 0)
        return fail(Errc::untrusted, "a file of the database is open to group or world; chmod 0600 it");
    return {};
}

}  // namespace

Result<PrivateFolder> open_private_folder(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == ENOENT) return fail(Errc::not_found, "the state folder does not exist");
    if (!fd && (errno == ELOOP || errno == ENOTDIR))
        return fail(Errc::untrusted, "the state folder is a symbolic link or no folder");
    struct stat status { };
    if (!fd || ::fstat(fd.get(), &status) != 0) return fail(Errc::unavailable, "the state folder cannot be opened");
    if (status.st_uid != ::geteuid()) return fail(Errc::untrusted, "the state folder belongs to somebody else");
    if ((status.st_mode & group_and_world) != 0)
        return fail(Errc::untrusted, "the state folder is open to group or world; chmod 0700 it");
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) == nullptr)
        return fail(Errc::unavailable, "the state folder cannot be opened");
    return PrivateFolder{std::move(fd), resolved};
}

Result<bool> ensure_private_file(int folder, const std::string& name) {
    const UniqueFd made(
        ::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!made && errno != EEXIST) return fail(Errc::unavailable, "the database cannot be created");
    if (made && ::fchmod(made.get(), S_IRUSR | S_IWUSR) != 0)
        return fail(Errc::unavailable, "the database cannot be created");
    if (!made) TRY(check_private_file(folder, name));
    return static_cast<bool>(made);
}

Result<> check_private_file(int folder, const std::string& name) {
    struct stat status { };
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return check_file(status);
    if (errno == ENOENT) return {};
    return fail(Errc::unavailable, "a file of the database cannot be looked at");
}

bool exists(int folder, const std::string& name) {
    struct stat status { };
    return ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<> replace_file(int folder, const std::string& name, std::string_view text, mode_t mode) {
    const std::string next = name + ".next";
    ::unlinkat(folder, next.c_str(), 0);  // of one who was killed here
    const UniqueFd fd(::openat(folder, next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    bool written = fd && ::fchmod(fd.get(), mode) == 0;
    for (std::string_view left = text; written && !left.empty();) {
        const auto size = ::write(fd.get(), left.data(), left.size());
        written = size > 0;
        if (written) left.remove_prefix(static_cast<std::size_t>(size));
    }
    written = written && ::fsync(fd.get()) == 0 && ::renameat(folder, next.c_str(), folder, name.c_str()) == 0;
    if (written && ::fsync(folder) == 0) return {};
    ::unlinkat(folder, next.c_str(), 0);
    return fail(Errc::unavailable, "a file cannot be written there: no right, no room, or a disk that fails");
}

Result<FileId> FileId::of(const std::string& path) {
    struct stat status { };
    if (::lstat(path.c_str(), &status) != 0)
        return fail(Errc::unavailable, "a file of the database cannot be looked at");
    return FileId{path, status.st_dev, status.st_ino};
}

bool FileId::is_in_place() const {
    struct stat status { };
    return ::lstat(path.c_str(), &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

std::string beside(const std::string& database, std::string_view ending) {
    return std::filesystem::path(database).replace_extension(ending);
}

}  // namespace stepup
