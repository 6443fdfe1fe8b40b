#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stepup {

/// How a PAM service behaves towards us (design: services and phases).
enum class ServiceKind : std::uint8_t {
    sshd,           ///< auth may be skipped for public keys; account cannot ask; opens login sessions
    console_login,  ///< login and display managers: asks in auth, opens login sessions
    sudo,           ///< subject is the caller; account is the gate
    su,             ///< subject is the caller, PAM_USER the target; account is the gate
    locker,         ///< may run as the user; opens no window, uses none
    silent,         ///< cannot converse: cron and friends
    other,          ///< any other program whose stack names us: asks in auth, account is the gate
};

struct ServiceRow {
    std::string_view name;
    ServiceKind kind;
};

constexpr std::array known_services{
    ServiceRow{"sshd", ServiceKind::sshd},
    ServiceRow{"login", ServiceKind::console_login},
    ServiceRow{"remote", ServiceKind::console_login},
    ServiceRow{"gdm-password", ServiceKind::console_login},
    ServiceRow{"gdm-fingerprint", ServiceKind::console_login},
    ServiceRow{"lightdm", ServiceKind::console_login},
    ServiceRow{"sddm", ServiceKind::console_login},
    ServiceRow{"cockpit", ServiceKind::console_login},
    ServiceRow{"polkit-1", ServiceKind::locker},  // as lockers: verified in auth, passes in account, no terminal
    ServiceRow{"sudo", ServiceKind::sudo},
    ServiceRow{"sudo-i", ServiceKind::sudo},
    ServiceRow{"su", ServiceKind::su},
    ServiceRow{"su-l", ServiceKind::su},
    ServiceRow{"cron", ServiceKind::silent},
    ServiceRow{"crond", ServiceKind::silent},
    ServiceRow{"atd", ServiceKind::silent},
    ServiceRow{"systemd-user", ServiceKind::silent},
    ServiceRow{"runuser", ServiceKind::silent},
    ServiceRow{"runuser-l", ServiceKind::silent},
};

/// The kind of `service`; `lockers` is the list of the settings.
[[nodiscard]] constexpr ServiceKind kind_of(std::string_view service, std::span<const std::string> lockers) {
    for (const auto& row : known_services)
        if (row.name == service) return row.kind;
    for (const auto& locker : lockers)
        if (locker == service) return ServiceKind::locker;
    return ServiceKind::other;
}

/// Peers of these services open and close login sessions, and windows with them.
[[nodiscard]] constexpr bool opens_logins(ServiceKind kind) {
    return kind == ServiceKind::sshd || kind == ServiceKind::console_login;
}

}  // namespace stepup
