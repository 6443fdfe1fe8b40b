#pragma once

#include <string_view>
#include <vector>

#include "policy/config_files.hpp"
#include "policy/diagnosis.hpp"
#include "policy/rule.hpp"

namespace stepup {

using Parsed = Read<Policy>;

/// The policy that `text` states. Strict: an unknown key, a value out of range, a contradiction or a rule that can
/// never decide is an error. Of several errors the first in the file is told.
[[nodiscard]] Parsed parse(std::string_view text, std::string_view file_name);

/// The same for a main file and its drop-ins, in this order. Drop-ins hold rules only; [defaults] and [limits] stand in
/// the main file, the first one.
[[nodiscard]] Parsed parse(const ConfigTexts& texts);

/// One key of the policy language.
struct PolicyKey {
    std::string_view table;  ///< "defaults", "limits", "rule" or "match"
    std::string_view name;
};
/// Every key the parser knows: docs/policy.md is checked against it.
[[nodiscard]] std::vector<PolicyKey> policy_keys();

}  // namespace stepup
