#include "policy/account_limits.hpp"

#include <algorithm>

#include "policy/decide.hpp"

namespace stepup {
namespace {

Limits strictest_of(Limits one, const Limits& other) {
    one.delay_from = std::min(one.delay_from, other.delay_from);
    one.lock_after = std::min(one.lock_after, other.lock_after);
    one.lock_for = std::max(one.lock_for, other.lock_for);
    one.ceiling = std::min(one.ceiling, other.ceiling);
    return one;
}

}  // namespace

Limits complete(const LimitTerms& terms, const Limits& limits) {
    return {.delay_from = terms.delay_from.value_or(limits.delay_from),
            .lock_after = terms.lock_after.value_or(limits.lock_after),
            .lock_for = terms.lock_for.value_or(limits.lock_for),
            .ceiling = terms.ceiling.value_or(limits.ceiling),
            .source_lock_after = limits.source_lock_after};
}

AccountLimits limits_on(const Policy& policy, const std::string& user,
                        const std::optional<std::vector<std::string>>& groups) {
    const Facts facts{{}, user, groups, {}};
    std::optional<AccountLimits> found;
    const auto may_be = [&](const AccountLimits& one) {
        if (!found) found = one;
        found->limits = strictest_of(found->limits, one.limits);
        if (found->rule.empty()) found->rule = one.rule;
    };
    for (const auto& rule : policy.rules) {
        const auto fit = is_about_accounts(rule.match) ? fit_of(rule.match, facts).matches : Matches::no;
        if (fit == Matches::no) continue;
        may_be({complete(rule.limits, policy.limits), rule.limits == LimitTerms{} ? "" : rule.name});
        if (fit == Matches::yes) return *found;
    }
    may_be({policy.limits, ""});
    return *found;
}

}  // namespace stepup
