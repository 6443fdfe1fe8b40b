#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/rule.hpp"

namespace stepup {

/// How many failures an account may have, and by which rule.
struct AccountLimits {
    Limits limits;
    std::string rule;  ///< its name; empty: no rule says, [limits] do
};

/// `terms` where they speak, and `limits` where they are silent.
[[nodiscard]] Limits complete(const LimitTerms& terms, const Limits& limits);

/// Failures of an account are counted over all services, so their sizes are the account's: those of the first rule that
/// matches it by users and groups alone, completed by [limits]; no such rule, and [limits] do. Groups as in Facts:
/// while they are unknown, each size is the strictest that may hold.
[[nodiscard]] AccountLimits limits_on(const Policy& policy, const std::string& user,
                                      const std::optional<std::vector<std::string>>& groups);

}  // namespace stepup
