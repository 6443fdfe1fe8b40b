#pragma once

#include <optional>
#include <set>
#include <vector>

#include "policy/decide.hpp"

// A second opinion on what a policy demands, for the fuzzer: nothing but "the first rule that matches", tried with
// every value that an unknown fact might have.

namespace stepup::fuzz {

inline bool lists(const std::vector<std::string>& named, const std::string& fact) {
    for (const auto& name : named)
        if (name == fact) return true;
    return named.empty();
}

inline bool matches_known(const Match& match, const Facts& facts) {
    const auto plain = facts.service == "sudo-i" ? "sudo" : facts.service == "su-l" ? "su" : facts.service;
    bool in_group = match.groups.empty();
    for (const auto& group : *facts.groups)
        in_group = in_group || (!match.groups.empty() && lists(match.groups, group));
    return (lists(match.services, facts.service) || lists(match.services, plain)) && lists(match.users, facts.user)
        && in_group && lists(match.targets, *facts.target);
}

/// What the first rule that matches demands; every fact is known.
inline Requirement first_match(const Policy& policy, const Facts& facts) {
    for (const auto& rule : policy.rules)
        if (matches_known(rule.match, facts)) return complete(rule.terms, policy.defaults);
    return complete({}, policy.defaults);
}

/// Everything that `facts` might be, once all is known: in each group or none, becoming each target or another.
inline std::vector<Facts> possibilities(const Policy& policy, const Facts& facts) {
    std::vector<Facts> known{facts};
    if (!facts.groups) {
        known[0].groups.emplace();
        for (const auto& group : groups_named(policy)) {
            known.push_back(facts);
            known.back().groups = {group};
        }
        known.push_back(facts);
        known.back().groups = groups_named(policy);
    }
    if (facts.target) return known;
    std::set<std::string> targets{"(nobody)"};
    for (const auto& rule : policy.rules) targets.insert(rule.match.targets.begin(), rule.match.targets.end());
    std::vector<Facts> all;
    for (const auto& one : known)
        for (const auto& target : targets) {
            all.push_back(one);
            all.back().target = target;
        }
    return all;
}

/// True if whoever satisfies `strict` need not fear `other`: for a fact that is not known.
inline bool is_at_least(const Requirement& strict, const Requirement& other) {
    if (other.level == Level::disabled) return true;
    return strict.level >= other.level && strict.window <= other.window && strict.window_scope <= other.window_scope
        && strict.window_without_tty <= other.window_without_tty && (other.key_only_allowed || !strict.key_only_allowed)
        && (strict.level > other.level || strict.min_strength >= other.min_strength);
}

}  // namespace stepup::fuzz
