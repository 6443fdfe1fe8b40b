#include "daemon/keys.hpp"

#include <cstdlib>
#include <fstream>

namespace stepup {

std::string master_key_path(const Settings& settings) {
    if (!settings.master_key.empty()) return settings.master_key.string();
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    return credentials == nullptr ? std::string() : std::string(credentials) + "/master.key";
}

Result<std::string> boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    if (!std::getline(file, id) || id.empty()) return fail(Errc::unavailable, "the kernel does not tell its boot id");
    return id;
}

}  // namespace stepup
