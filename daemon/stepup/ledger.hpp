#pragma once

#include <cstdint>
#include <string>

#include "common/clock.hpp"
#include "common/identity.hpp"
#include "daemon/stepup/session.hpp"
#include "policy/factor_kind.hpp"
#include "policy/requirement.hpp"

namespace stepup {

/// What a verification is bound to.
enum class Binding : std::uint8_t {
    none = 0,      ///< opens no window (lockers), or its window was ended
    pending = 1,   ///< a login's: waits for session open to attach it
    session = 2,   ///< attached to a login session; a terminal is latched at first use
    terminal = 3,  ///< to session, session leader and terminal
};

/// The fact that a factor was proved: who, which, how strong, when, where. Valid for one boot only.
struct Verification {
    std::int64_t id = 0;
    AccountKey account;
    std::int64_t enrollment = 0;
    FactorKind factor = FactorKind::totp;
    Strength strength = Strength::none;  ///< what this very proof is worth
    Millis at{};                         ///< CLOCK_BOOTTIME
    std::string service;
    ProcessRef asker;         ///< the process that asked through PAM
    ProcessRef asker_parent;  ///< sshd: the one that will open the session
    Binding binding = Binding::none;
    std::string session;  ///< Session::key(), or "process:PID:START" of the one that opened the session
    ProcessRef opener;    ///< who opened the session: its end ends the window
    ProcessRef leader;
    std::uint32_t terminal = 0;  ///< 0 while nothing is latched
};

/// How long a login's verification waits for its session, and how long one PAM transaction may last.
constexpr Millis attach_within = Seconds(10);
constexpr Millis transaction_lasts = Seconds(90);

enum class Fit : std::uint8_t {
    no,
    yes,
    latch,  ///< yes, once this terminal has been recorded as the one
};

/// True if `verification` is of this very PAM transaction: what `auth` proved satisfies `account`, whatever the window.
[[nodiscard]] bool same_transaction(const Verification& verification, const Session& peer, std::string_view service,
                                    Instant now);

/// Whether `verification` is recent and strong enough for `requirement`, in the place where `peer` stands. `lineage`:
/// the peer and its ancestors, for sessions that neither audit nor logind names.
[[nodiscard]] Fit fits(const Verification& verification, const Session& peer, const std::vector<ProcessRef>& lineage,
                       const Requirement& requirement, Instant now);

/// True for the session keys that lineage_key() makes.
[[nodiscard]] bool is_lineage(std::string_view session);

/// The session key of a session that only its opener names.
[[nodiscard]] std::string lineage_key(const ProcessRef& opener);

}  // namespace stepup
