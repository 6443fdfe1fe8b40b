#include "daemon/storage/key_file.hpp"

#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/unique_fd.hpp"

namespace stepup {
namespace {

/// systemd gives a credential of root's to its service by an ACL, whose mask stands where the group's bits do.
bool group_bits_are_an_acl(int fd, const struct stat& status) {
    return status.st_uid == 0 && (status.st_mode & 037) == 0
        && ::fgetxattr(fd, "system.posix_acl_access", nullptr, 0) > 0;
}

Result<> check_key_file(int fd) {
    struct stat status { };
    if (::fstat(fd, &status) != 0) return fail(Errc::unavailable, "the master key cannot be read");
    if (!S_ISREG(status.st_mode)) return fail(Errc::untrusted, "the master key is no plain file");
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        return fail(Errc::untrusted, "the master key belongs to somebody else");
    if ((status.st_mode & 077) != 0 && !group_bits_are_an_acl(fd, status))
        return fail(Errc::untrusted, "the master key is open to group or world; chmod 0400 it");
    if (status.st_size != static_cast<off_t>(master_key_size))
        return fail(Errc::malformed, "the master key is not 32 bytes long");
    return {};
}

Result<> write_key(int fd, const std::string& folder, std::string_view key) {
    if (::fchmod(fd, S_IRUSR) != 0 || ::write(fd, key.data(), key.size()) != static_cast<ssize_t>(key.size())
        || ::fsync(fd) != 0)
        return fail(Errc::unavailable, "the master key cannot be written");
    const UniqueFd parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent || ::fsync(parent.get()) != 0) return fail(Errc::unavailable, "the master key cannot be written");
    return {};
}

}  // namespace

Result<Secret> load_master_key(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!fd && errno == ENOENT)
        return fail(Errc::not_found, "there is no master key; 'stepupd --make-key FILE' makes one for a new host");
    if (!fd && errno == ELOOP) return fail(Errc::untrusted, "the master key is a symbolic link");
    if (!fd) return fail(Errc::unavailable, "the master key cannot be read");
    TRY(check_key_file(fd.get()));
    std::array<char, master_key_size + 1> buffer{};
    const auto size = ::read(fd.get(), buffer.data(), buffer.size());
    Secret key;
    (void)key.take(std::span(buffer).first(size > 0 ? static_cast<std::size_t>(size) : 0));
    if (key.size() != master_key_size) return fail(Errc::malformed, "the master key is not 32 bytes long");
    return key;
}

Result<> make_master_key(const std::string& path, StrongRandom& random) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR));
    if (!fd && errno == EEXIST)
        return fail(Errc::conflict, "there is a file of that name; a master key is never replaced");
    if (!fd) return fail(Errc::unavailable, "the master key cannot be written there");
    std::array<char, master_key_size> bytes{};
    random.fill(bytes);
    Secret key;
    (void)key.take(bytes);
    auto written = write_key(fd.get(), std::filesystem::path(path).parent_path(), key.reveal());
    if (!written) ::unlink(path.c_str());
    return written;
}

}  // namespace stepup
