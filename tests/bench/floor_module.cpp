// pam_floor.so SOCKET: the least that a module can do which asks a daemon. Made to be measured against; not to be used.

#include <array>
#include <cstdlib>
#include <cstring>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

namespace {

/// Packets to the daemon: "USER\0", and then "USER\0CODE". From it: '?', then 'y' or 'n'.
using Packet = std::array<char, 128>;

char ask(int daemon, const Packet& packet, std::size_t size) {
    char said = 'n';
    const bool sent = ::send(daemon, packet.data(), size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
    return sent && ::recv(daemon, &said, 1, 0) == 1 ? said : 'n';
}

bool log_in(pam_handle_t* pam, int daemon, const char* user) {
    Packet packet{};
    const std::size_t name = std::strlen(user) + 1;
    if (name > packet.size() / 2) return false;
    std::memcpy(packet.data(), user, name);
    if (ask(daemon, packet, name) != '?') return false;
    char* code = nullptr;
    if (pam_prompt(pam, PAM_PROMPT_ECHO_ON, &code, "Code: ") != PAM_SUCCESS || code == nullptr) return false;
    const std::size_t size = std::strlen(code);
    const bool fits = size < packet.size() / 2;
    if (fits) std::memcpy(packet.data() + name, code, size);
    std::free(code);
    return fits && ask(daemon, packet, name + size) == 'y';
}

}  // namespace

extern "C" {

EXPORTED int pam_sm_authenticate(pam_handle_t* pam, int, int argc, const char** argv) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const char* user = nullptr;
    if (argc != 1 || std::strlen(argv[0]) >= sizeof address.sun_path) return PAM_SERVICE_ERR;
    if (pam_get_user(pam, &user, nullptr) != PAM_SUCCESS) return PAM_USER_UNKNOWN;
    std::strcpy(address.sun_path, argv[0]);
    const int daemon = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const bool there = ::connect(daemon, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const bool granted = there && log_in(pam, daemon, user);
    ::close(daemon);
    return granted ? PAM_SUCCESS : PAM_AUTH_ERR;
}

EXPORTED int pam_sm_setcred(pam_handle_t*, int, int, const char**) { return PAM_SUCCESS; }
}
