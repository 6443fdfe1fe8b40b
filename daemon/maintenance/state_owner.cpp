#include "daemon/maintenance/state_owner.hpp"

#include <array>
#include <cerrno>

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stepup {

Result<uid_t> owner_of(const std::filesystem::path& path) {
    struct stat status { };
    if (::lstat(path.c_str(), &status) == 0) return status.st_uid;
    if (errno == ENOENT || errno == ENOTDIR) return fail(Errc::not_found, "it does not exist");
    return fail(Errc::unavailable, "it cannot be looked at");
}

Result<> become(uid_t owner) {
    if (::geteuid() != 0 || owner == 0) return {};
    std::array<char, 16384> room{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(owner, &entry, room.data(), room.size(), &found);
    const gid_t group = found != nullptr ? found->pw_gid : static_cast<gid_t>(owner);
    if (::setgroups(0, nullptr) != 0 || ::setresgid(group, group, group) != 0 || ::setresuid(owner, owner, owner) != 0)
        return fail(Errc::unavailable, "root's rights cannot be given up");
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return {};
}

}  // namespace stepup
