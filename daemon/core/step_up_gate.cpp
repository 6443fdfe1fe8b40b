#include "daemon/core/step_up_gate.hpp"

#include <algorithm>
#include <string>

#include "policy/decide.hpp"

namespace stepup {
namespace {

/// Where policy says "ask every time", proving and changing are still two calls: an answer given to `stepup` itself
/// counts for so long.
constexpr Seconds just_now{60};

/// First factor: no one else's session (su, sudo), no background job, no script without a terminal.
bool own_interactive(const Caller& caller) {
    const auto& session = caller.session;
    if (!session || session->terminal == 0) return false;
    const auto uid = caller.account.key.uid;
    return session->real_uid == uid && (!session->login_uid || *session->login_uid == uid);
}

bool would_do(const Enrollment& factor, const Requirement& requirement) {
    return factor.active && requirement.permits(factor.kind)
        && (factor.kind != FactorKind::recovery_code || factor.left > 0);
}

/// "totp or recovery-code": what of `enrolled` would satisfy; empty if nothing would.
std::string names_that_do(const std::vector<Enrollment>& enrolled, const Requirement& requirement) {
    FactorSet named;
    std::string names;
    for (const auto& factor : enrolled) {
        if (!would_do(factor, requirement) || named.contains(factor.kind)) continue;
        named.insert(factor.kind);
        names += (names.empty() ? "" : " or ") + std::string(name_of(factor.kind));
    }
    return names;
}

/// `requirement` as it counts for `change`.
Requirement adapted(Requirement requirement, const StepUpGate::Change& change) {
    requirement.min_strength = std::max(requirement.min_strength, strength_to_change(change.concerned));
    requirement.window = std::max(requirement.window, just_now) + std::chrono::ceil<Seconds>(change.under_way);
    return requirement;
}

}  // namespace

bool has_active_factor(const std::vector<Enrollment>& enrolled) {
    return std::any_of(enrolled.begin(), enrolled.end(), [](const Enrollment& factor) {
        return factor.active && factor.kind != FactorKind::recovery_code;
    });
}

Strength strength_to_change(FactorKind concerned) {
    const auto strength = strength_of(concerned);
    return strength <= Strength::otp ? std::min(strength, Strength::recovery_code) : strength;
}

Requirement StepUpGate::requirement(const Caller& caller, std::string_view service) const {
    const auto& [key, groups] = caller.account;
    return decide(*policy_(), Facts{std::string(service), key.name, groups, key.name});
}

Result<std::optional<Window>> StepUpGate::window(const Caller& caller, const Requirement& requirement,
                                                 Instant now) const {
    // Without a token nobody knows where the caller stands: only windows that reach everywhere count.
    if (!caller.session && requirement.window_scope != WindowScope::user) return std::optional<Window>{};
    return find_window(records_, proc_, caller.account.key, caller.session.value_or(Session{}), requirement, now);
}

void StepUpGate::may_change(const Caller& caller, const std::vector<Enrollment>& enrolled, const Change& change,
                            Instant now, const Answer<>& done) {
    if (!has_active_factor(enrolled)) {
        if (own_interactive(caller)) return done({});
        return done(refuse(ManagementError::not_authorized,
                           "Set up your first factor at a terminal of your own login, not through su or sudo."));
    }
    const auto policy = requirement(caller, "stepup");
    const auto looked = window(caller, adapted(policy, change), now);
    if (!looked) return done(refuse(ManagementError::unavailable));
    const std::optional<Window>& found = *looked;
    const bool ask_every_time = policy.window < just_now;
    const bool counts = found && (!ask_every_time || found->verification.service == "stepup");
    if (counts && found->fit == Fit::yes) return done({});
    if (!counts || !caller.session) return demand(caller, enrolled, change, now, done);
    recorder_.latch(found->verification.id, *caller.session, [=, this](Result<bool> latched) {
        if (!latched) return done(refuse(ManagementError::unavailable));
        *latched ? done({}) : demand(caller, enrolled, change, now, done);
    });
}

void StepUpGate::demand(const Caller& caller, const std::vector<Enrollment>& enrolled, const Change& change,
                        Instant now, const Answer<>& done) {
    const auto names = names_that_do(enrolled, adapted(requirement(caller, "stepup"), change));
    if (names.empty())
        return done(refuse(ManagementError::policy_forbids,
                           "None of your factors is strong enough for this. Ask this host's administrator."));
    AuditEntry entry{Event::step_up_demanded, now, caller.account.key, "stepup", {{"for", change.what}}};
    journal_.show(entry);
    recorder_.note(std::move(entry));
    done(refuse(ManagementError::step_up_required,
                "This needs a recent verification by " + names + ". Run `stepup verify`, then try again."));
}

}  // namespace stepup
