#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/doctor/finding.hpp"

// What the audit trail tells of the daemon. Each is given what `stepupd audit --json` printed.

namespace stepup::doctor {

/// Whether the stepupd that started last is as new as this program. `starts`: the last record of a start; nothing: the
/// trail cannot be read.
[[nodiscard]] Findings check_version(const std::optional<std::string>& starts, std::string_view here);

constexpr unsigned quiet_days = 7;

/// Whether sshd, where it asks for a factor, has called the module of late. `week`: records of the last quiet_days;
/// `before`: one that is older, or "".
[[nodiscard]] Findings check_calls(const std::optional<std::string>& week, const std::optional<std::string>& before);

/// The last record of a start, the last week's of sshd, one that is older than that: from `stepupd`, its whole path.
[[nodiscard]] Findings look_at_trail(const std::string& stepupd, std::string_view here, bool sshd_asks);

/// What SELinux or AppArmor make of it. `root`: where /sys and /etc are.
[[nodiscard]] Findings check_confinement(const std::string& root = "");

}  // namespace stepup::doctor
