#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/networks.hpp"
#include "policy/signal.hpp"
#include "policy/times.hpp"

namespace stepup {

/// From where an attempt is made.
enum class From : std::uint8_t {
    local,   ///< at the machine itself: a console, a display
    remote,  ///< over a network, be it from this very host
};

/// What is known about from where an attempt is made.
struct Whence {
    std::optional<From> from{};
    std::optional<Address> address{};  ///< of the other end; whoever has one is remote
    std::vector<std::string> keys{};   ///< fingerprints of the SSH keys that the other end has proved to hold
    [[nodiscard]] bool operator==(const Whence&) const = default;
};

/// What is known about an attempt when policy is asked. Whoever gathers it says "unknown" where it could not find out:
/// what is unknown is decided as the stricter of the possible answers, so an empty value must mean a known "nothing".
struct Facts {
    std::string service;  ///< PAM service; the peer says so, and only peers with uid 0 may say anything but their own
    std::string user;     ///< the subject: the one who must prove himself

    /// Those of `groups_named(policy)` the subject is in, compared by gid; unknown (nothing) when even one of his
    /// groups, or one of those names, could not be resolved.
    std::optional<std::vector<std::string>> groups;

    /// Whom the subject becomes: himself in a login, PAM_USER in su; unknown (nothing) in sudo, which does not say.
    std::optional<std::string> target;

    /// The peer says it, if it has uid 0; else the login session does that the attempt is made in.
    Whence whence{};

    std::optional<LocalTime> time{};
    std::optional<std::chrono::sys_days> date{};  ///< on the host's calendar

    /// Those of `signals_asked_for(policy)`; of others nothing needs to be known.
    Signals signals{};
};

}  // namespace stepup
