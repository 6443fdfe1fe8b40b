#pragma once

#include <string>

#include "cli/stepup_client.hpp"

// What administrators see of accounts. As in screens.hpp.

namespace stepup::cli {

[[nodiscard]] std::string account_screen(const AccountStatus& status);

[[nodiscard]] std::string handed_out_screen(const std::string& user, const HandedOut& out);

/// Heads and lines of tables that are shown as they come: their columns do not depend on what follows. 79 columns.
[[nodiscard]] std::string accounts_head();
[[nodiscard]] std::string accounts_line(const AccountStatus& status);
[[nodiscard]] std::string orphans_head();
[[nodiscard]] std::string orphans_line(const AccountStatus& status);
[[nodiscard]] std::string not_enrolled_head();
[[nodiscard]] std::string not_enrolled_line(const AccountStatus& status);

}  // namespace stepup::cli
