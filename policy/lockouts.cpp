#include "policy/lockouts.hpp"

#include <algorithm>

#include "policy/parse.hpp"

namespace stepup {
namespace {

std::string names_of(FactorSet kinds, std::string_view last) {
    std::string text;
    std::size_t left = kinds.size();
    for (const auto& row : factor_kinds) {
        if (!kinds.contains(row.kind)) continue;
        text += (text.empty() ? "" : left == 1 ? std::string(last) : ", ") + std::string(row.name);
        --left;
    }
    return text;
}

FactorSet permitted(const Requirement& requirement) {
    FactorSet kinds;
    for (const auto& row : factor_kinds)
        if (requirement.permits(row.kind)) kinds.insert(row.kind);
    return kinds;
}

FactorSet without(FactorSet kinds, FactorSet others) {
    for (const auto& row : factor_kinds)
        if (others.contains(row.kind)) kinds.erase(row.kind);
    return kinds;
}

bool is_for_others_than_sshd(const Match& match) {
    return match.services.empty()
        || std::any_of(match.services.begin(), match.services.end(),
                       [](const std::string& named) { return !stands_for(named, "sshd"); });
}

/// True if somebody whose security key logged him in can satisfy this somewhere.
bool counts_logins(const Requirement& requirement, const Match& match, bool anywhere) {
    if (may_be_for(match, "sshd") && requirement.counts_security_keys()) return true;
    const bool meets_windows = is_for_others_than_sshd(match) || requirement.window_scope == WindowScope::user;
    return anywhere && meets_windows && requirement.window > Seconds(0);
}

/// What is missing, and what to do about it.
std::string remedy(FactorSet foreign, bool login_counts_not, FactorSet kinds) {
    kinds.erase(FactorKind::bypass_code);
    kinds.erase(FactorKind::invite);
    std::string text;
    if (!foreign.empty())
        text = "this version has no " + names_of(foreign, " or ") + ", it has " + names_of(kinds, " and ");
    if (login_counts_not)
        text += (text.empty() ? "" : "; ")
            + std::string(
                    "ssh-security-key counts only with security_key_login = \"verified\" in what decides about sshd, "
                    "and elsewhere by the window of such a login");
    return text;
}

std::string why_nobody(const Requirement& requirement, const Match& match, FactorSet kinds, bool anywhere) {
    if (requirement.level == Level::disabled) return {};
    const auto wanted = permitted(requirement);
    const auto foreign = without(wanted, kinds);
    auto left = wanted & kinds;
    const bool idle_key = left.contains(FactorKind::ssh_security_key) && !counts_logins(requirement, match, anywhere);
    if (idle_key) left.erase(FactorKind::ssh_security_key);
    const auto because = ": " + remedy(foreign, idle_key, kinds);
    if (left == wanted) return {};  // whatever is wrong then, parsing tells of it
    if (left.empty()) return "nobody could pass" + because;
    if (left == FactorSet{FactorKind::recovery_code})
        return "only recovery codes could pass, and they are issued only beside another factor" + because;
    if (requirement.two_different && left.size() == 1)
        return "two_different_factors: only " + names_of(left, "") + " could pass, so nobody could pass" + because;
    return {};
}

/// Every one, [defaults] first.
std::vector<Lockout> shut_tables(const Policy& policy, FactorSet kinds) {
    const bool anywhere = !places_that_count_security_keys(policy).empty();
    std::vector<Lockout> found;
    const auto look = [&](const Rule* rule, const Terms& terms, const Match& match) {
        auto why = why_nobody(complete(terms, policy.defaults), match, kinds, anywhere);
        if (!why.empty()) found.push_back({rule, std::move(why)});
    };
    look(nullptr, {}, {});
    for (const auto& rule : policy.rules) look(&rule, rule.terms, rule.match);
    return found;
}

}  // namespace

FactorSet every_kind() {
    FactorSet kinds;
    for (const auto& row : factor_kinds) kinds.insert(row.kind);
    return kinds;
}

std::vector<Lockout> lockouts(const Policy& policy, FactorSet kinds) {
    auto found = shut_tables(policy, kinds);
    if (found.empty() || found.front().rule != nullptr) return found;
    const auto why = found.front().why;
    std::erase_if(found, [&](const Lockout& one) { return one.rule != nullptr && one.why == why; });
    return found;
}

std::optional<Diagnosis> newly_shut(const ConfigTexts& before, const ConfigTexts& after, FactorSet kinds) {
    const auto had = parse(before);
    const auto has = parse(after);
    if (!has) return std::nullopt;
    const auto known = had ? shut_tables(*had, kinds) : std::vector<Lockout>{};
    const auto name_of_table = [](const Lockout& one) { return one.rule == nullptr ? std::string() : one.rule->name; };
    const auto was_shut = [&](const Lockout& now) {
        return std::any_of(known.begin(), known.end(),
                           [&](const Lockout& one) { return name_of_table(one) == name_of_table(now); });
    };
    const auto doors = lockouts(*has, kinds);
    const auto found = std::find_if_not(doors.begin(), doors.end(), was_shut);
    if (found == doors.end()) return std::nullopt;
    const auto& [rule, why] = *found;
    return rule == nullptr ? Diagnosis{.file = after.front().name, .message = "[defaults]: " + why}
                           : Diagnosis{rule->file, rule->line, 1, why};
}

}  // namespace stepup
