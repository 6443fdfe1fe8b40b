#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stepup::doctor {

/// What sudoers says that matters to us.
struct SudoersFacts {
    double timestamp_timeout = 0;               ///< minutes, the most that anybody has; below 0: for ever
    std::vector<std::string> without_password;  ///< for whom: NOPASSWD, exempt_group, or Defaults !authenticate
    std::vector<std::string> without_account;   ///< for whom PAM's account lines are not asked: !pam_acct_mgmt
    std::vector<std::string> other_password;    ///< of targetpw, rootpw, runaspw those that are set
    std::vector<std::string> other_services;    ///< what sudo calls itself towards PAM besides sudo and sudo-i
};

/// Reads what `cvtsudoers -f json` prints; nothing: it is not that.
[[nodiscard]] std::optional<SudoersFacts> read_sudoers(std::string_view json);

[[nodiscard]] std::optional<SudoersFacts> ask_sudoers();

}  // namespace stepup::doctor
