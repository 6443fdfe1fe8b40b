#include "daemon/core/step_up_gate.hpp"

#include <algorithm>
#include <string>

#include "policy/decide.hpp"

namespace stepup {
namespace {

/// Where policy says "ask every time", proving and changing are still two calls: an answer given to `stepup` itself
/// counts for so long.
constexpr Seconds just_now{60};

/// A code that was handed out permits to enroll for so long, where it was typed.
constexpr Seconds handed_out_counts{3600};

/// First factor: no one else's session (su, sudo), no background job, no script without a terminal.
bool own_interactive(const Caller& caller) {
    const auto& session = caller.session;
    if (!session || session->terminal == 0) return false;
    const auto uid = caller.account.key.uid;
    return session->real_uid == uid && (!session->login_uid || *session->login_uid == uid);
}

bool would_do(const Enrollment& factor, const Requirement& requirement) {
    return factor.active && requirement.permits(factor.kind) && !is_proved_by_login(factor.kind)
        && (!is_code_set(factor.kind) || factor.left > 0);
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

/// What `change` asks for. A login by a key that is yet to be enrolled cannot have proved another one: what is as
/// strong as a code must do there.
Strength strength_for(const StepUpGate::Change& change) {
    const bool adds_a_key = change.adds && is_proved_by_login(change.concerned);
    return adds_a_key ? Strength::otp : strength_to_change(change.concerned);
}

/// `requirement` as it counts for `change`.
Requirement adapted(Requirement requirement, const StepUpGate::Change& change) {
    requirement.min_strength = std::max(requirement.min_strength, strength_for(change));
    requirement.window = std::max(requirement.window, just_now) + std::chrono::ceil<Seconds>(change.under_way);
    return requirement;
}

/// `requirement` as a code that was handed out satisfies it, and nothing else does.
Requirement by_administrator(Requirement requirement) {
    requirement.allowed = {FactorKind::bypass_code, FactorKind::invite};
    requirement.min_strength = Strength::none;
    requirement.two_different = false;
    requirement.window = handed_out_counts;
    return requirement;
}

std::string in_words(const std::string& names, const std::string& codes) {
    return names.empty() || codes.empty() ? names + codes : names + " or " + codes;
}

}  // namespace

bool has_active_factor(const std::vector<Enrollment>& enrolled) {
    return std::any_of(enrolled.begin(), enrolled.end(),
                       [](const Enrollment& factor) { return factor.active && !is_code_set(factor.kind); });
}

Strength strength_to_change(FactorKind concerned) {
    const auto strength = strength_of(concerned);
    return strength <= Strength::otp ? std::min(strength, Strength::recovery_code) : strength;
}

Requirement StepUpGate::requirement(const Caller& caller, std::string_view service, Instant now) const {
    return decide(*policy_(), own_facts(caller.account, caller.session, service, origins_, now));
}

Result<std::optional<Window>> StepUpGate::window(const Caller& caller, const Requirement& requirement,
                                                 Instant now) const {
    // Without a token nobody knows where the caller stands: only windows that reach everywhere count.
    if (!caller.session && requirement.window_scope != WindowScope::user) return std::optional<Window>{};
    return find_window(records_, proc_, caller.account.key, caller.session.value_or(Session{}), requirement, now);
}

Result<std::optional<Window>> StepUpGate::window_for(const Caller& caller, const Change& change, bool first,
                                                     Instant now) const {
    const auto policy = requirement(caller, "stepup", now);
    if (!first) {
        auto found = TRY(window(caller, adapted(policy, change), now));
        const bool ask_every_time = policy.window < just_now;
        if (found && (!ask_every_time || found->verification.service == "stepup")) return found;
    }
    if (!change.adds) return std::optional<Window>{};
    return window(caller, by_administrator(policy), now);
}

void StepUpGate::may_change(const Caller& caller, const std::vector<Enrollment>& enrolled, const Change& change,
                            Instant now, const Answer<>& done) {
    const bool first = !has_active_factor(enrolled);
    if (first && (!change.adds || requirement(caller, "stepup", now).first_enrollment == FirstEnrollment::self)) {
        if (own_interactive(caller)) return done({});
        return done(refuse(ManagementError::not_authorized,
                           "Set up your first factor at a terminal of your own login, not through su or sudo."));
    }
    const auto looked = window_for(caller, change, first, now);
    if (!looked) return done(refuse(ManagementError::unavailable));
    const std::optional<Window>& found = *looked;
    if (found && found->fit == Fit::yes) return done({});
    if (!found || !caller.session) return demand(caller, enrolled, change, now, done);
    const bool is_last = found->latches.size() == 1;
    recorder_.latch(found->latches.front(), *caller.session, [=, this](Result<bool> latched) {
        if (!latched) return done(refuse(ManagementError::unavailable));
        if (*latched && !is_last) return may_change(caller, enrolled, change, now, done);
        *latched ? done({}) : demand(caller, enrolled, change, now, done);
    });
}

void StepUpGate::demand(const Caller& caller, const std::vector<Enrollment>& enrolled, const Change& change,
                        Instant now, const Answer<>& done) {
    const bool first = !has_active_factor(enrolled);
    const auto policy = requirement(caller, "stepup", now);
    const auto codes = change.adds ? names_that_do(enrolled, by_administrator(policy)) : std::string();
    const auto names = in_words(first ? "" : names_that_do(enrolled, adapted(policy, change)), codes);
    if (names.empty() && first)
        return done(refuse(ManagementError::policy_forbids,
                           "Your first factor needs an invite here. Ask this host's administrator for one."));
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
