#include "daemon/keys.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

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
    // A container has its host's kernel, and our unit's sandbox shows that one's id: its own process 1 began later.
    std::ifstream init("/proc/1/stat");
    std::string stat;
    std::getline(init, stat);
    std::istringstream after_name(stat.substr(std::min(stat.rfind(')'), stat.size())));
    std::string field;
    for (int number = 2; number <= 22; ++number) after_name >> field;  // proc(5): 22 is its start time
    return id + ':' + field;
}

}  // namespace stepup
