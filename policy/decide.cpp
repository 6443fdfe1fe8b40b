#include "policy/decide.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <vector>

namespace stepup {

namespace {

bool names(const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

bool any_in(const std::vector<std::string>& named, const std::vector<std::string>& present) {
    return std::find_first_of(named.begin(), named.end(), present.begin(), present.end()) != named.end();
}

Matches answer(bool yes) { return yes ? Matches::yes : Matches::no; }

Matches service_matches(const Match& match, const Facts& facts) {
    if (match.services.empty()) return Matches::yes;
    return answer(std::any_of(match.services.begin(), match.services.end(),
                              [&](const auto& named) { return stands_for(named, facts.service); }));
}

Matches user_matches(const Match& match, const Facts& facts) {
    return answer(match.users.empty() || names(match.users, facts.user));
}

Matches group_matches(const Match& match, const Facts& facts) {
    if (match.groups.empty()) return Matches::yes;
    return facts.groups ? answer(any_in(match.groups, *facts.groups)) : Matches::unknown;
}

Matches target_matches(const Match& match, const Facts& facts) {
    if (match.targets.empty()) return Matches::yes;
    return facts.target ? answer(names(match.targets, *facts.target)) : Matches::unknown;
}

Matches from_matches(const Match& match, const Facts& facts) {
    if (!match.from) return Matches::yes;
    const auto& [from, address, keys] = facts.whence;
    if (address) return answer(*match.from == From::remote);
    return from ? answer(*match.from == *from) : Matches::unknown;
}

Matches network_matches(const Match& match, const Facts& facts) {
    if (match.networks.empty()) return Matches::yes;
    const auto& [from, address, keys] = facts.whence;
    if (address) return answer(match.networks.contain(*address));
    return from == From::local ? Matches::no : Matches::unknown;
}

Matches time_matches(const Match& match, const Facts& facts) {
    if (match.times.empty()) return Matches::yes;
    if (!facts.time) return Matches::unknown;
    return answer(std::any_of(match.times.begin(), match.times.end(),
                              [&](const TimeSpan& span) { return span.contains(*facts.time); }));
}

struct Condition {
    std::string_view key;
    Matches (*holds)(const Match& match, const Facts& facts);
};
constexpr std::array conditions{
    Condition{"services", service_matches}, Condition{"users", user_matches},       Condition{"groups", group_matches},
    Condition{"targets", target_matches},   Condition{"networks", network_matches}, Condition{"from", from_matches},
    Condition{"times", time_matches},
};

/// All conditions must hold, so one that certainly does not is the answer, whatever the others' doubts.
Matches matches(const Match& match, const Facts& facts) {
    auto least = Matches::yes;
    for (const auto& condition : conditions) {
        least = std::min(least, condition.holds(match, facts));
        if (least == Matches::no) break;
    }
    return least;
}

/// Every outcome that is possible with what is known, in the order of the rules.
std::vector<Ruling> outcomes(const Policy& policy, const Facts& facts) {
    std::vector<Ruling> possible;
    for (const auto& rule : policy.rules) {
        const auto fit = matches(rule.match, facts);
        if (fit == Matches::no) continue;
        possible.push_back({demanded(rule.terms, policy.defaults, facts), rule.name});
        if (fit == Matches::yes) return possible;
    }
    possible.push_back({demanded({}, policy.defaults, facts), ""});
    return possible;
}

Level level_enforced(const Requirement& requirement) {
    return requirement.report_only ? Level::disabled : requirement.level;
}

/// True if nobody can tell whether the attempt is asked for its risk.
bool hangs_on_an_untold_signal(const Requirement& requirement, const Signals& signals) {
    return !requirement.signals.empty() && (requirement.signals & signals.fired).empty();
}

std::size_t ways_to_satisfy(const Requirement& requirement) {
    return static_cast<std::size_t>(std::count_if(factor_kinds.begin(), factor_kinds.end(),
                                                  [&](const auto& row) { return requirement.permits(row.kind); }));
}

/// True if an ordinary code is enough, and not only those for when everything else is gone.
bool takes_codes(const Requirement& requirement) {
    return std::any_of(factor_kinds.begin(), factor_kinds.end(), [&](const auto& row) {
        return requirement.permits(row.kind) && row.at_best <= Strength::otp && !is_code_set(row.kind);
    });
}

/// By what to prove comes from one outcome, so that it can be proved; how fresh, where and by how many from all of
/// them. Without this an unknown group could stretch a window: the stricter level may come from the rule with the
/// longer one.
void tighten(Requirement& chosen, const Requirement& other) {
    // Who is not asked can enroll all the same.
    chosen.recovery_codes = std::min(chosen.recovery_codes, other.recovery_codes);
    chosen.first_enrollment = std::max(chosen.first_enrollment, other.first_enrollment);
    if (level_enforced(other) == Level::disabled) return;
    if (level_enforced(other) == Level::required) chosen.grace = std::min(chosen.grace, other.grace);
    chosen.two_different = chosen.two_different || (other.two_different && ways_to_satisfy(chosen) > 1);
    chosen.signals = chosen.signals | other.signals;  // one of them ends the windows of before it
    chosen.window = std::min(chosen.window, other.window);
    chosen.window_scope = std::min(chosen.window_scope, other.window_scope);
    chosen.window_without_tty = std::min(chosen.window_without_tty, other.window_without_tty);
    chosen.foreground_only = chosen.foreground_only || other.foreground_only;
    chosen.weaker_factors = chosen.weaker_factors && other.weaker_factors;  // the strongest can always be proved
    chosen.key_only_allowed = chosen.key_only_allowed && other.key_only_allowed;
    chosen.key_trust = stricter_of(chosen.key_trust, other.key_trust);
    if (takes_codes(chosen))  // else hardly anybody could pass
        chosen.security_key_login = std::min(chosen.security_key_login, other.security_key_login);
}

}  // namespace

std::weak_ordering compare_strictness(const Requirement& a, const Requirement& b) {
    if (const auto order = level_enforced(a) <=> level_enforced(b); std::is_neq(order)) return order;
    if (const auto order = a.min_strength <=> b.min_strength; std::is_neq(order)) return order;
    if (a.two_different != b.two_different) return a.two_different <=> b.two_different;
    // From here on more is laxer, so b stands on the left.
    if (const auto order = ways_to_satisfy(b) <=> ways_to_satisfy(a); std::is_neq(order)) return order;
    if (const auto order = b.window <=> a.window; std::is_neq(order)) return order;
    if (const auto order = b.window_scope <=> a.window_scope; std::is_neq(order)) return order;
    if (const auto order = b.window_without_tty <=> a.window_without_tty; std::is_neq(order)) return order;
    if (a.foreground_only != b.foreground_only) return a.foreground_only <=> b.foreground_only;
    if (a.weaker_factors != b.weaker_factors) return b.weaker_factors <=> a.weaker_factors;
    if (a.key_only_allowed != b.key_only_allowed) return b.key_only_allowed <=> a.key_only_allowed;
    if (const auto order = compare_strictness(a.key_trust, b.key_trust); std::is_neq(order)) return order;
    if (const auto order = b.security_key_login <=> a.security_key_login; std::is_neq(order)) return order;
    if (a.first_enrollment != b.first_enrollment) return a.first_enrollment <=> b.first_enrollment;
    return b.recovery_codes <=> a.recovery_codes;
}

RuleFit fit_of(const Match& match, const Facts& facts) {
    RuleFit fit{.matches = matches(match, facts)};
    if (fit.matches == Matches::yes) return fit;
    for (const auto& condition : conditions)
        if (condition.holds(match, facts) == fit.matches) fit.keys.push_back(condition.key);
    return fit;
}

Ruling rule_on(const Policy& policy, const Facts& facts) {
    const auto possible = outcomes(policy, facts);
    auto chosen = *std::max_element(possible.begin(), possible.end(), [](const Ruling& a, const Ruling& b) {
        return std::is_lt(compare_strictness(a.requirement, b.requirement));
    });
    chosen.in_doubt = possible.size() > 1 || hangs_on_an_untold_signal(chosen.requirement, facts.signals);
    for (const auto& other : possible) tighten(chosen.requirement, other.requirement);
    return chosen;
}

bool requires_somewhere(const Policy& policy, const std::string& user,
                        const std::optional<std::vector<std::string>>& groups) {
    const Facts facts{.service = {}, .user = user, .groups = groups, .target = {}};
    const auto may_require = [&](const Terms& terms) {
        const auto written = complete(terms, policy.defaults);
        return written.level >= Level::risk_based && !written.report_only;
    };
    for (const auto& rule : policy.rules) {
        const auto fit = std::min(user_matches(rule.match, facts), group_matches(rule.match, facts));
        if (fit == Matches::no) continue;
        if (may_require(rule.terms)) return true;
        if (fit == Matches::yes && is_about_accounts(rule.match)) return false;
    }
    return may_require({});
}

}  // namespace stepup
