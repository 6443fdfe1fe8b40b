#pragma once

#include "cli/desk.hpp"
#include "cli/doctor/finding.hpp"

namespace stepup::cli {

/// Whether stepupd answers logins.
[[nodiscard]] doctor::Findings check_daemon(Desk& desk);

/// Who has factors and who has none, as stepupd tells. `gated`: some service asks for one.
[[nodiscard]] doctor::Findings check_people(Desk& desk, bool gated);

}  // namespace stepup::cli
