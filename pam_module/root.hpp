#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <unistd.h>

namespace stepup {

/// The services in which somebody becomes somebody else: Debian gives `sudo -i` and `su -` one of their own.
constexpr std::array<std::string_view, 4> elevating_services{"sudo", "sudo-i", "su", "su-l"};

/// True if root's own program becomes somebody else: root needs no second factor to be himself, and maintainer scripts
/// and cron jobs must go on while no daemon runs. Whoever else calls sudo or su, both setuid, leaves his own real uid.
[[nodiscard]] inline bool is_roots_own(std::string_view service) {
    return std::find(elevating_services.begin(), elevating_services.end(), service) != elevating_services.end()
        && getuid() == 0 && geteuid() == 0;
}

}  // namespace stepup
