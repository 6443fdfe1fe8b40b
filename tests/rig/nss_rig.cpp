// libnss_rig.so.2: a directory that is in trouble. While somebody has /run/rig/names locked, it does not answer stepupd
// about users whose names begin with "slow" (Debian's pam_cap asks, too, before us); for groups whose names begin with
// "gone" it fails at once, and so it does for all while there is a /run/rig/away: with the errno of "not found", which
// is what some do.

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <sys/file.h>
#include <unistd.h>

namespace {

bool is_away() { return ::access("/run/rig/away", F_OK) == 0; }
bool begins(const char* name, const char* with) { return std::strncmp(name, with, std::strlen(with)) == 0; }

}  // namespace

extern "C" {

nss_status _nss_rig_initgroups_dyn(const char* user, gid_t, long*, long*, gid_t**, long, int* error) {
    const bool hangs = begins(user, "slow") && std::strcmp(program_invocation_short_name, "stepupd") == 0;
    if (const int lock = hangs ? ::open("/run/rig/names", O_RDONLY | O_CLOEXEC) : -1; lock >= 0) {
        ::flock(lock, LOCK_SH);
        ::close(lock);
    }
    *error = ENOENT;
    return is_away() ? NSS_STATUS_UNAVAIL : NSS_STATUS_NOTFOUND;
}

nss_status _nss_rig_getgrnam_r(const char* name, group*, char*, std::size_t, int* error) {
    *error = begins(name, "gone") ? EIO : ENOENT;
    return begins(name, "gone") || is_away() ? NSS_STATUS_UNAVAIL : NSS_STATUS_NOTFOUND;
}
}
