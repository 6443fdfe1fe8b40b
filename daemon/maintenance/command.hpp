#pragma once

#include <span>
#include <string_view>

namespace stepup {

/// What stepupd does besides serving: `stepupd NAME …`, for root, with the daemon running or not.
struct Command {
    std::string_view name;
    int (*run)(int count, char** words);  ///< words[0] is the name; gives the exit status
};

[[nodiscard]] std::span<const Command> commands();

int audit_command(int count, char** words);
int admin_command(int count, char** words);
int policy_command(int count, char** words);

}  // namespace stepup
