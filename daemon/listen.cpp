#include "daemon/listen.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

namespace stepup {
namespace {

constexpr int backlog = 1024;

/// The descriptor that systemd passed as `name`; empty if it passed none.
UniqueFd passed_socket(const char* name) {
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(0, &names);
    int found = -1;
    for (int i = 0; i < count; ++i) {
        if (std::strcmp(names[i], name) == 0) found = SD_LISTEN_FDS_START + i;
        std::free(names[i]);
    }
    std::free(names);
    return UniqueFd(found);
}

Result<> make_ready(int fd) {
    if (::sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 1) <= 0)
        return fail(Errc::untrusted, "the socket systemd passed is not a listening SOCK_SEQPACKET Unix socket");
    if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return fail(Errc::unavailable, "the socket systemd passed cannot be set up");
    return {};
}

/// True if somebody accepts connections at `address`.
bool is_answered(const sockaddr_un& address) {
    const UniqueFd probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

}  // namespace

Result<UniqueFd> listening_socket(const char* name, const std::string& path) {
    if (UniqueFd passed = passed_socket(name)) {
        TRY(make_ready(passed.get()));
        return passed;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail(Errc::too_large, "the path of pam.sock is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    if (is_answered(address)) return fail(Errc::conflict, "another stepupd answers at pam.sock");
    ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const bool made = fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
        && ::chmod(path.c_str(), 0666) == 0 && ::listen(fd.get(), backlog) == 0;
    if (!made) return fail(Errc::unavailable, "pam.sock cannot be made; is the runtime folder there and ours?");
    return fd;
}

}  // namespace stepup
