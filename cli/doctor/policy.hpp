#pragma once

#include <optional>
#include <string>

#include "cli/doctor/finding.hpp"

namespace stepup::doctor {

/// What the policy comes to: whether the files are in force, what in them is not meant to last, and how they stand to
/// the profile that this host follows. `standing`: what `stepupd policy standing` printed; nothing: it failed.
[[nodiscard]] Findings check_policy(const std::optional<std::string>& standing);

/// The same, asked of `stepupd`, its whole path.
[[nodiscard]] Findings look_at_policy(const std::string& stepupd);

}  // namespace stepup::doctor
