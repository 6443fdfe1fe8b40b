#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace stepup {

/// A process for as long as this host runs: a pid alone is reused, a pid and its start time are not.
struct ProcessRef {
    pid_t pid = 0;
    std::uint64_t start = 0;  ///< clock ticks since boot, field 22 of /proc/PID/stat
    [[nodiscard]] bool operator==(const ProcessRef&) const = default;
    [[nodiscard]] explicit operator bool() const { return pid > 0; }
};

/// A user account by both its names: a recycled uid or a recycled login name inherits nothing.
struct AccountKey {
    uid_t uid = static_cast<uid_t>(-1);
    std::string name;
    [[nodiscard]] bool operator==(const AccountKey&) const = default;
};

}  // namespace stepup
