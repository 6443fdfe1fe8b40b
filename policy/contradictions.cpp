#include "policy/contradictions.hpp"

#include <algorithm>
#include <initializer_list>

namespace stepup {

namespace {

/// Where the first of `keys` that is there has its value; else where the table begins.
toml::source_position place_of(const toml::table& table, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys)
        if (const auto* node = table.get(key); node != nullptr) return node->source().begin;
    return table.source().begin;
}

std::string place_text(const Rule& rule) { return rule.file + ":" + std::to_string(rule.line); }

bool has_one(const FactorSet& set) {
    return std::count_if(factor_kinds.begin(), factor_kinds.end(),
                         [&](const auto& row) { return set.contains(row.kind); })
        == 1;
}

/// A requirement nobody can satisfy locks everyone out; one that only recovery codes satisfy does so when they run out,
/// and they are issued only beside another factor.
void must_be_satisfiable(const toml::table& table, const Requirement& requirement, Complaints& complaints) {
    if (requirement.level == Level::disabled) return;
    FactorSet left;
    for (const auto& row : factor_kinds)
        if (requirement.permits(row.kind)) left.insert(row.kind);
    const auto place = place_of(table, {"min_strength", "allowed_factors", "requirement"});
    if (left.empty())
        complaints.add(place,
                       "no allowed factor has min_strength \"" + std::string(name_of(requirement.min_strength))
                           + "\": nobody could pass");
    else if (left == FactorSet{FactorKind::recovery_code})
        complaints.add(place, "only recovery codes could pass, and they are issued only beside another factor");
    else if (requirement.two_different && has_one(left))
        complaints.add(place_of(table, {"two_different_factors", "allowed_factors", "min_strength"}),
                       "two_different_factors: only one kind of factor could pass, so nobody could pass");
}

void disabled_says_nothing_else(const toml::table& table, const Rule& rule, Complaints& complaints) {
    if (rule.terms.level != Level::disabled) return;
    for (const auto& [key, node] : table)
        if (key != "name" && key != "match" && key != "requirement" && key != "recovery_codes"
            && key != "first_enrollment")
            complaints.add(key.source().begin,
                           std::string(key.str()) + ": has no effect under requirement = \"disabled\"");
}

void must_have_an_effect(const toml::table& table, const Terms& terms, const Terms& defaults, Complaints& complaints) {
    const auto level = complete(terms, defaults).level;
    const auto useless = [&](std::string_view key, std::string_view levels) {
        complaints.add(place_of(table, {key}),
                       std::string(key) + ": has no effect under requirement = \"" + std::string(name_of(level))
                           + "\", only under " + std::string(levels));
    };
    if (terms.triggers && level != Level::risk_based) useless("triggers", "\"risk-based\"");
    if (terms.grace && level < Level::risk_based) useless("grace_period", "\"required\" and \"risk-based\"");
    if (terms.required_from && level < Level::risk_based) useless("required_from", "\"required\" and \"risk-based\"");
    if (terms.report_only == true && level == Level::disabled) useless("report_only", "the others");
}

void key_only_needs_sshd(const toml::table& table, const Rule& rule, Complaints& complaints) {
    if (rule.terms.key_only && !may_be_for(rule.match, "sshd"))
        complaints.add(place_of(table, {"key_only"}), "key_only: has no effect, the rule does not match sshd");
}

void trusted_keys_need_sshd(const toml::table& table, const Rule& rule, Complaints& complaints) {
    if (rule.terms.key_trust != KeyTrustTerms{} && !may_be_for(rule.match, "sshd"))
        complaints.add(place_of(table, {"trusted_keys"}), "trusted_keys: has no effect, the rule does not match sshd");
}

/// How long and from where says nothing while they are off.
void trusted_keys_say_enabled(const toml::table& table, const KeyTrustTerms& said, const KeyTrust& complete,
                              Complaints& complaints) {
    if ((said.duration || said.same_network) && !complete.enabled)
        complaints.add(place_of(table, {"trusted_keys"}), "trusted_keys: has no effect without enabled = true");
}

/// One key and one code are not two proofs of ours.
void trusted_keys_are_not_two(const toml::table& table, const Requirement& requirement, Complaints& complaints) {
    if (!requirement.two_different || !requirement.key_trust.enabled) return;
    if (const auto place = place_of(table, {"trusted_keys", "two_different_factors"}); place != table.source().begin)
        complaints.add(place, "trusted_keys: have no effect where two_different_factors are asked for");
}

/// A login is the only place where a security key can be shown, and must be allowed to count there.
void security_key_login_counts(const toml::table& table, const Terms& terms, const Requirement& requirement,
                               Complaints& complaints) {
    constexpr auto kind = FactorKind::ssh_security_key;
    if (terms.security_key_login != SecurityKeyLogin::verified || requirement.permits(kind)) return;
    const std::string why = requirement.allowed.contains(kind)
        ? "min_strength is more than " + std::string(name_of(strength_of(kind)))
        : "allowed_factors lacks \"" + std::string(name_of(kind)) + '"';
    complaints.add(place_of(table, {"security_key_login"}), "security_key_login: has no effect, " + why);
}

void security_key_login_needs_sshd(const toml::table& table, const Rule& rule, Complaints& complaints) {
    if (rule.terms.security_key_login && !may_be_for(rule.match, "sshd"))
        complaints.add(place_of(table, {"security_key_login"}),
                       "security_key_login: has no effect, the rule does not match sshd");
}

/// What is about enrolling is asked of policy for the service "stepup" only.
void enrolling_needs_stepup(const toml::table& table, const Rule& rule, Complaints& complaints) {
    if (may_be_for(rule.match, "stepup")) return;
    for (const std::string_view key : {"recovery_codes", "first_enrollment"})
        if (table.contains(key))
            complaints.add(place_of(table, {key}),
                           std::string(key)
                               + ": has no effect, the rule does not match stepup, where factors are "
                                 "enrolled");
}

void limits_are_of_accounts(const toml::table& table, const Rule& rule, Complaints& complaints) {
    if (rule.limits == LimitTerms{} || is_about_accounts(rule.match)) return;
    complaints.add(place_of(table, {"limits"}),
                   "limits: failures of an account are counted over all services, so the rule may match by users and "
                   "groups only");
}

void networks_are_of_remote_ends(const toml::table& table, const Match& match, Complaints& complaints) {
    if (match.from == From::local && !match.networks.empty())
        complaints.add(place_of(table, {"networks"}),
                       "networks: nobody local has an address, so with from = \"local\" the rule can never match");
}

template <class Same>
bool covers_list(const std::vector<std::string>& wide, const std::vector<std::string>& narrow, Same same) {
    if (wide.empty()) return true;
    const auto is_covered = [&](const std::string& name) {
        return std::any_of(wide.begin(), wide.end(), [&](const std::string& named) { return same(named, name); });
    };
    // "sudo" in the narrow list stands for sudo-i too; `wide` names it only if it names sudo itself.
    return !narrow.empty() && std::all_of(narrow.begin(), narrow.end(), is_covered);
}

/// True if some span of `wide` contains each of `narrow`.
bool covers_times(const std::vector<TimeSpan>& wide, const std::vector<TimeSpan>& narrow) {
    const auto is_covered = [&](const TimeSpan& span) {
        return std::any_of(wide.begin(), wide.end(), [&](const TimeSpan& one) { return one.contains(span); });
    };
    return wide.empty() || (!narrow.empty() && std::all_of(narrow.begin(), narrow.end(), is_covered));
}

bool covers_from(const Match& wide, const Match& narrow) {
    const bool asks_for_remote = wide.from == From::remote && !narrow.networks.empty();  // who has an address is remote
    return !wide.from || wide.from == narrow.from || asks_for_remote;
}

/// True if whatever matches `narrow` also matches `wide`.
bool covers_match(const Match& wide, const Match& narrow) {
    const auto equal = [](const std::string& a, const std::string& b) { return a == b; };
    return covers_list(wide.services, narrow.services, stands_for) && covers_list(wide.users, narrow.users, equal)
        && covers_list(wide.groups, narrow.groups, equal) && covers_list(wide.targets, narrow.targets, equal)
        && covers_from(wide, narrow) && contains_all(wide.networks, narrow.networks)
        && covers_times(wide.times, narrow.times);
}

void must_be_reachable(const toml::table& table, const Rule& rule, const Policy& policy, Complaints& complaints) {
    for (const auto& earlier : policy.rules) {
        if (earlier.name == rule.name) {
            complaints.add(place_of(table, {"name"}), "name: another rule, at " + place_text(earlier) + ", has it");
            return;
        }
        if (covers_match(earlier.match, rule.match)) {
            complaints.add(table.source().begin,
                           "the rule can never decide: the one at " + place_text(earlier)
                               + " matches all that this one does");
            return;
        }
    }
}

}  // namespace

void contradictions_in_defaults(const toml::table& table, const Terms& defaults, Complaints& complaints) {
    must_be_satisfiable(table, complete(defaults, {}), complaints);
    trusted_keys_say_enabled(table, defaults.key_trust, complete(defaults.key_trust, {}), complaints);
    trusted_keys_are_not_two(table, complete(defaults, {}), complaints);
    security_key_login_counts(table, defaults, complete(defaults, {}), complaints);
}

void contradictions_in_limits(const toml::table& table, const Limits& limits, Complaints& complaints) {
    if (limits.delay_from > limits.lock_after)
        complaints.add(place_of(table, {"delay_from", "lock_after"}),
                       "delay_from is greater than lock_after, " + std::to_string(limits.lock_after)
                           + ": there would be no delay");
    if (limits.ceiling < limits.lock_after)
        complaints.add(place_of(table, {"ceiling", "lock_after"}),
                       "ceiling is less than lock_after, " + std::to_string(limits.lock_after)
                           + ": there would be no lock");
}

void contradictions_in_match(const toml::table& table, const Match& match, Complaints& complaints) {
    networks_are_of_remote_ends(table, match, complaints);
}

void contradictions_in_rule(const toml::table& table, const Rule& rule, const Policy& policy, Complaints& complaints) {
    must_be_satisfiable(table, complete(rule.terms, policy.defaults), complaints);
    disabled_says_nothing_else(table, rule, complaints);
    if (rule.terms.level != Level::disabled) must_have_an_effect(table, rule.terms, policy.defaults, complaints);
    key_only_needs_sshd(table, rule, complaints);
    trusted_keys_need_sshd(table, rule, complaints);
    if (rule.terms.key_trust.enabled.value_or(false))
        trusted_keys_are_not_two(table, complete(rule.terms, policy.defaults), complaints);
    trusted_keys_say_enabled(table, rule.terms.key_trust, complete(rule.terms.key_trust, policy.defaults.key_trust),
                             complaints);
    security_key_login_needs_sshd(table, rule, complaints);
    security_key_login_counts(table, rule.terms, complete(rule.terms, policy.defaults), complaints);
    enrolling_needs_stepup(table, rule, complaints);
    limits_are_of_accounts(table, rule, complaints);
    must_be_reachable(table, rule, policy, complaints);
}

}  // namespace stepup
