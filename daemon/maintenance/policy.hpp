#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/maintenance/policy_words.hpp"
#include "daemon/settings.hpp"
#include "policy/decide.hpp"
#include "policy/parse.hpp"

// What `stepup policy` does with files alone: no daemon, no store, nobody's rights.

namespace stepup {

/// The groups that `policy` names and this host does not know, each with its rule's place.
[[nodiscard]] std::vector<Diagnosis> unknown_groups(const Policy& policy);

/// What is known about the attempt that is asked about: what the question does not say is as the service's programs
/// would say it, or unknown.
[[nodiscard]] Facts facts_of(const PolicyQuestion& question, const Settings& settings,
                             std::optional<std::vector<std::string>> groups);

/// Which rule decides, and what became of the others: for people, and as a JSON object.
[[nodiscard]] std::string explanation(const Policy& policy, const Facts& facts);
[[nodiscard]] std::string explanation_json(const Policy& policy, const Facts& facts);

[[nodiscard]] Exit check_policy(const PolicyQuestion& question, const Settings& settings);
[[nodiscard]] Exit explain_policy(const PolicyQuestion& question, const Settings& settings);

/// What is wrong, a line each on standard output, or as JSON.
Exit tell(const std::vector<Diagnosis>& problems, bool json);

}  // namespace stepup
