// libnss_bench.so.2: as many users as anybody wants, c000000 and so on, found at once, as a directory with an index
// finds them. (A line of /etc/passwd each would be read from the first to the last at every login.)

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <nss.h>
#include <pwd.h>

namespace {

constexpr uid_t first_uid = 100'000;  // tests/campaign/instance.py
constexpr unsigned most = 1'000'000;

nss_status give(unsigned number, passwd* result, char* buffer, std::size_t size, int* error) {
    const int used = std::snprintf(buffer, size, "c%06u", number);
    if (used < 0 || static_cast<std::size_t>(used) + 16 > size) {
        *error = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    }
    char* shell = buffer + used + 1;
    std::strcpy(shell, "/bin/false");
    char* nothing = shell + std::strlen(shell);
    *result = {buffer, nothing, first_uid + number, first_uid + number, nothing, nothing, shell};
    return NSS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

nss_status _nss_bench_getpwnam_r(const char* name, passwd* result, char* buffer, std::size_t size, int* error) {
    char* end = nullptr;
    const auto number = name[0] == 'c' && std::strlen(name) == 7 ? std::strtoul(name + 1, &end, 10) : most;
    if (number >= most || *end != '\0') return NSS_STATUS_NOTFOUND;
    return give(static_cast<unsigned>(number), result, buffer, size, error);
}

nss_status _nss_bench_getpwuid_r(uid_t uid, passwd* result, char* buffer, std::size_t size, int* error) {
    if (uid < first_uid || uid - first_uid >= most) return NSS_STATUS_NOTFOUND;
    return give(uid - first_uid, result, buffer, size, error);
}
}
