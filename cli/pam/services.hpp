#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace stepup::pam {

/// Which of our lines a PAM service needs, as docs/pam-lines.md says. The daemon's own table of services says how it
/// behaves towards each (daemon/core/service.hpp).
enum class Need : std::uint8_t {
    gate,     ///< auth and account: sudo, su and whatever else runs something
    login,    ///< and session: where login sessions begin
    locker,   ///< auth alone
    nothing,  ///< it cannot ask, or must not be asked
};

struct ServiceNeed {
    std::string_view name;
    Need need;
};

constexpr std::array service_needs{
    ServiceNeed{"sshd", Need::login},
    ServiceNeed{"sudo", Need::gate},
    ServiceNeed{"sudo-i", Need::gate},
    ServiceNeed{"su", Need::gate},
    ServiceNeed{"su-l", Need::gate},
    ServiceNeed{"login", Need::login},
    ServiceNeed{"remote", Need::login},
    ServiceNeed{"gdm-password", Need::login},
    ServiceNeed{"gdm-fingerprint", Need::login},
    ServiceNeed{"lightdm", Need::login},
    ServiceNeed{"sddm", Need::login},
    ServiceNeed{"cockpit", Need::login},
    ServiceNeed{"polkit-1", Need::gate},
    ServiceNeed{"swaylock", Need::locker},
    ServiceNeed{"i3lock", Need::locker},
    ServiceNeed{"vlock", Need::locker},
    ServiceNeed{"kde", Need::locker},
    ServiceNeed{"xscreensaver", Need::locker},
    ServiceNeed{"cron", Need::nothing},
    ServiceNeed{"crond", Need::nothing},
    ServiceNeed{"atd", Need::nothing},
    ServiceNeed{"systemd-user", Need::nothing},
    ServiceNeed{"runuser", Need::nothing},
    ServiceNeed{"runuser-l", Need::nothing},
    ServiceNeed{"other", Need::nothing},
};

[[nodiscard]] constexpr Need need_of(std::string_view service) {
    for (const auto& row : service_needs)
        if (row.name == service) return row.need;
    return service.starts_with("common-") ? Need::nothing : Need::gate;
}

}  // namespace stepup::pam
