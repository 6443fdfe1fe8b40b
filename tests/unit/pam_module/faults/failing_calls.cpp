#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_modules.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// To be preloaded: lets calls fail that pam_stepup.so makes, and nobody else in the process.
//   FAULT_AT=N    the N-th of them, 1 for the first; 0 for none
//   FAULT_ON=1    and all that follow it
//   FAULT_HOW=E   how: an errno or a PAM code; 0 for "says it went well, and did nothing"
//   FAULT_TRACE=PATH  the names of the calls, a line each, when the process ends
// The names below, and no_failure in fault_matrix.py, are what the module imports: the matrix compares.

namespace {

long number(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

constexpr int most_calls = 1000;

struct Faults {
    long at = number("FAULT_AT");
    bool on = number("FAULT_ON") != 0;
    int how = static_cast<int>(number("FAULT_HOW"));
    const char* trace = std::getenv("FAULT_TRACE");
    const char* names[most_calls] = {};
    int calls = 0;
};

// Not destroyed: calls come to the very end.
Faults& faults() {
    alignas(Faults) static unsigned char room[sizeof(Faults)];
    static auto* const made = new (room) Faults;
    return *made;
}

__attribute__((destructor)) void write_trace() {
    if (faults().trace == nullptr) return;
    std::FILE* const file = std::fopen(faults().trace, "w");
    if (file == nullptr) return;
    for (int i = 0; i < faults().calls; ++i) std::fprintf(file, "%s\n", faults().names[i]);
    std::fclose(file);
}

bool is_the_module(const void* caller) {
    Dl_info about{};
    return ::dladdr(caller, &about) != 0 && about.dli_fname != nullptr
        && std::strstr(about.dli_fname, "pam_stepup.so") != nullptr;
}

/// Whether this call, made from `caller`, is to fail.
bool due(const char* name, const void* caller) {
    if (!is_the_module(caller)) return false;
    auto& all = faults();
    if (all.calls < most_calls) all.names[all.calls] = name;
    ++all.calls;
    return all.at != 0 && (all.calls == all.at || (all.on && all.calls > all.at));
}

template <class Function> Function* real(Function* /*like*/, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int failed() {
    errno = faults().how;
    return -1;
}

}  // namespace

#define DUE(name) due(#name, __builtin_return_address(0))
#define REAL(name) real(&::name, #name)

extern "C" {

int socket(int domain, int type, int protocol) { return DUE(socket) ? failed() : REAL(socket)(domain, type, protocol); }

int connect(int fd, const sockaddr* address, socklen_t size) {
    return DUE(connect) ? failed() : REAL(connect)(fd, address, size);
}

int setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
    return DUE(setsockopt) ? failed() : REAL(setsockopt)(fd, level, option, value, size);
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
    if (!DUE(getsockopt)) return REAL(getsockopt)(fd, level, option, value, size);
    if (faults().how != 0) return failed();
    *size = 0;
    return 0;
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    if (!DUE(send)) return REAL(send)(fd, bytes, size, flags);
    return faults().how != 0 ? failed() : static_cast<ssize_t>(size) - 1;
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
    if (!DUE(recvmsg)) return REAL(recvmsg)(fd, message, flags);
    return faults().how != 0 ? failed() : 0;
}

int fcntl64(int fd, int command, ...) {
    va_list more;
    va_start(more, command);
    void* const argument = va_arg(more, void*);
    va_end(more);
    return DUE(fcntl64) ? failed() : REAL(fcntl64)(fd, command, argument);
}

int clock_gettime(clockid_t clock, timespec* at) {
    return DUE(clock_gettime) ? failed() : REAL(clock_gettime)(clock, at);
}

int close(int fd) {
    const bool fails = DUE(close);
    const int closed = REAL(close)(fd);  // Linux closes in any case
    return fails ? failed() : closed;
}

int pam_get_item(const pam_handle_t* pam, int which, const void** value) {
    if (!DUE(pam_get_item)) return REAL(pam_get_item)(pam, which, value);
    *value = nullptr;
    return faults().how;
}

int pam_get_user(pam_handle_t* pam, const char** user, const char* prompt) {
    if (!DUE(pam_get_user)) return REAL(pam_get_user)(pam, user, prompt);
    *user = nullptr;
    return faults().how;
}

const char* pam_getenv(pam_handle_t* pam, const char* name) {
    return DUE(pam_getenv) ? nullptr : REAL(pam_getenv)(pam, name);
}

int pam_get_data(const pam_handle_t* pam, const char* name, const void** data) {
    if (!DUE(pam_get_data)) return REAL(pam_get_data)(pam, name, data);
    *data = nullptr;
    return faults().how;
}

using Cleanup = void (*)(pam_handle_t*, void*, int);
int pam_set_data(pam_handle_t* pam, const char* name, void* data, Cleanup cleanup) {
    return DUE(pam_set_data) ? faults().how : REAL(pam_set_data)(pam, name, data, cleanup);
}

passwd* pam_modutil_getpwnam(pam_handle_t* pam, const char* name);
passwd* pam_modutil_getpwnam(pam_handle_t* pam, const char* name) {
    return DUE(pam_modutil_getpwnam) ? nullptr : REAL(pam_modutil_getpwnam)(pam, name);
}

}  // extern "C"
