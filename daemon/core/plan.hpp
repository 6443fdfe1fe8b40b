#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/verdict.hpp"
#include "daemon/core/service.hpp"
#include "policy/requirement.hpp"

namespace stepup {

/// All that the decision "ask, or not?" depends on.
struct Situation {
    Phase phase = Phase::auth;
    ServiceKind service = ServiceKind::other;
    Requirement requirement;
    bool account_known = false;     ///< the subject exists on this host
    bool account_reserved = false;  ///< it has a uid that nobody real has: never let in, and nobody is to see that
    bool enrolled = false;          ///< has an active factor; a code that was handed out is none
    bool usable = false;            ///< has one, or such a code, that is permitted and this build can ask for
    bool may_still_enroll = false;  ///< not enrolled, and the time that policy gives for that is not over
    bool proved_here = false;       ///< verified in this PAM transaction
    bool proved_recently = false;   ///< a window fits
    bool key_proved = false;        ///< sshd accepted a security key that is enrolled, and policy takes that as a proof
    bool key_trusted = false;       ///< sshd accepted a key that the subject trusts, and nothing speaks against it
};

enum class Plan : std::uint8_t {
    refuse,             ///< first: what a forgotten case becomes
    ask,                ///< ask for a factor
    ask_in_vain,        ///< ask, and refuse whatever is answered: nobody learns that there is no such user
    refuse_unenrolled,  ///< a factor is required and there is none
    refuse_unusable,    ///< enrolled, but policy permits none of the factors here
    refuse_key_only,    ///< sshd let a key in without asking us, and policy forbids that
    pass_for_now,       ///< a factor will be required soon, and there is none
    pass_proved,
    pass_by_security_key,  ///< once that proof is durable
    pass_by_window,
    pass_by_trusted_key,
    pass_key_only,
    not_required,
};

/// What is decided whatever factors the subject has (`enrolled` and `usable` are not looked at); nothing: they decide.
[[nodiscard]] std::optional<Plan> plan_without_factors(const Situation& at);
/// The truth table of auth and account. Everything else (sessions, password changes) asks nothing.
[[nodiscard]] Plan plan(const Situation& at);

}  // namespace stepup
