#include "daemon/core/plan.hpp"

namespace stepup {
namespace {

bool uses_windows(ServiceKind service) { return service != ServiceKind::locker; }

/// Services whose account phase comes after an auth phase of ours, or must do without: it cannot ask.
bool account_only_confirms(ServiceKind service) {
    return service == ServiceKind::sshd || service == ServiceKind::console_login || service == ServiceKind::locker;
}

/// Who has not enrolled and need not today.
Plan unenrolled(const Situation& at) { return at.may_still_enroll ? Plan::pass_for_now : Plan::not_required; }

bool must_have_enrolled(const Situation& at) { return at.requirement.level == Level::required && !at.may_still_enroll; }

Plan without_proof(const Situation& at) {
    if (!at.enrolled && !must_have_enrolled(at)) return unenrolled(at);
    if (at.usable) return Plan::ask;
    return at.enrolled ? Plan::refuse_unusable : Plan::refuse_unenrolled;
}

Plan account_without_proof(const Situation& at) {
    if (!account_only_confirms(at.service)) return without_proof(at);
    if (!at.enrolled && !must_have_enrolled(at)) return unenrolled(at);
    if (at.service == ServiceKind::sshd && at.requirement.key_only_allowed) return Plan::pass_key_only;
    return at.service == ServiceKind::sshd ? Plan::refuse_key_only : Plan::refuse;
}

/// Of two factors it is only the one.
bool key_is_proof(const Situation& at) {
    return at.key_proved && at.service == ServiceKind::sshd && !at.requirement.two_different;
}

/// Where a rule by risk asks nothing, a security key is a proof all the same: what comes after the login may ask for
/// it, and goes by the window.
Plan ask_nothing(const Situation& at) {
    const bool is_told = at.phase == Phase::account && at.proved_here;
    const bool opens_window = at.requirement.by_risk && at.account_known && key_is_proof(at) && !is_told;
    return opens_window ? Plan::pass_by_security_key : Plan::not_required;
}

}  // namespace

std::optional<Plan> plan_without_factors(const Situation& at) {
    if (at.phase != Phase::auth && at.phase != Phase::account) return Plan::refuse;
    if (at.service == ServiceKind::silent) return Plan::not_required;
    if (at.account_reserved) return at.phase == Phase::auth ? Plan::ask_in_vain : Plan::refuse;
    if (at.requirement.level == Level::disabled) return ask_nothing(at);
    if (!at.account_known) return at.phase == Phase::auth ? Plan::ask_in_vain : Plan::refuse;
    if (at.phase == Phase::account && at.proved_here) return Plan::pass_proved;
    // Before a window: this proof opens one that is newer.
    if (key_is_proof(at)) return Plan::pass_by_security_key;
    if (at.proved_recently && uses_windows(at.service)) return Plan::pass_by_window;
    if (at.key_trusted && at.service == ServiceKind::sshd) return Plan::pass_by_trusted_key;
    return std::nullopt;
}

Plan plan(const Situation& at) {
    if (const auto decided = plan_without_factors(at)) return *decided;
    return at.phase == Phase::auth ? without_proof(at) : account_without_proof(at);
}

}  // namespace stepup
