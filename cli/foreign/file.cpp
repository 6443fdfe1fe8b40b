#include "cli/foreign/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "common/unique_fd.hpp"

namespace stepup::foreign {
namespace {

tl::unexpected<Refusal> complain(const std::string& path, const std::string& why) {
    return refuse(ManagementError::invalid_argument, printable(path) + ' ' + why);
}

std::vector<gid_t> groups_now() {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0) std::abort();
    return groups;
}

/// What is wrong with the file; null: nothing.
const char* fault_of(const struct stat& state, const std::vector<uid_t>& owners) {
    if (!S_ISREG(state.st_mode)) return "is no plain file.";
    if (std::find(owners.begin(), owners.end(), state.st_uid) == owners.end())
        return "belongs to somebody else than it should.";
    if ((state.st_mode & 0022U) != 0) return "can be written by others than its owner, so it is not believed.";
    if (static_cast<std::size_t>(state.st_size) > File::most_bytes) return "is larger than 4 MiB.";
    return nullptr;
}

/// All of it, at most one byte more than may be.
bool read_all(int fd, std::string& into) {
    into.reserve(File::most_bytes / 64);
    for (std::array<char, 4096> piece{};;) {
        const auto got = ::read(fd, piece.data(), piece.size());
        if (got > 0) into.append(piece.data(), static_cast<std::size_t>(got));
        explicit_bzero(piece.data(), piece.size());
        if (got == 0) return true;
        if (got < 0 && errno != EINTR) return false;
        if (into.size() > File::most_bytes) return false;
    }
}

}  // namespace

AsUser::AsUser(const std::string& user, uid_t uid, gid_t gid)
    : changed_(::geteuid() == 0 && uid != 0),
      own_gid_(::getegid()) {
    if (!changed_) return;
    own_groups_ = groups_now();
    if (::initgroups(user.c_str(), gid) != 0 || ::setegid(gid) != 0 || ::seteuid(uid) != 0) std::abort();
}

AsUser::~AsUser() {
    if (!changed_) return;
    if (::seteuid(0) != 0 || ::setegid(own_gid_) != 0 || ::setgroups(own_groups_.size(), own_groups_.data()) != 0)
        std::abort();
}

Managed<std::optional<File>> File::read(const std::string& path, const std::vector<uid_t>& owners) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return std::nullopt;
    if (!fd)
        return complain(path, errno == ELOOP ? "is a symbolic link, which is not followed." : std::strerror(errno));
    struct stat state { };
    if (::fstat(fd.get(), &state) != 0) return complain(path, std::strerror(errno));
    if (const auto* why = fault_of(state, owners)) return complain(path, why);
    File file(path, state.st_dev, state.st_ino, (state.st_mode & 0044U) != 0);
    if (!read_all(fd.get(), file.text_)) return complain(path, "cannot be read, or is larger than 4 MiB.");
    return std::optional<File>(std::move(file));
}

File::~File() { explicit_bzero(text_.data(), text_.size()); }

Managed<std::string> File::put_aside() const {
    const auto other = path_ + ".imported";
    struct stat state { };
    if (::lstat(path_.c_str(), &state) != 0 || state.st_dev != device_ || state.st_ino != inode_)
        return complain(path_, "was replaced meanwhile. It keeps its name.");
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, other.c_str(), RENAME_NOREPLACE) == 0) return other;
    return complain(path_,
                    "keeps its name: "
                        + std::string(errno == EEXIST ? "there is one that ends in .imported." : std::strerror(errno)));
}

}  // namespace stepup::foreign
