#pragma once

#include <optional>
#include <vector>

#include "cli/pam/stack.hpp"

// What is known of others' modules.

namespace stepup::pam {

/// What this line answers to whoever is not root; nothing: that depends.
[[nodiscard]] std::optional<std::vector<Code>> known_answer(const Entry& entry);

/// Whether it checks a password, so that our line belongs behind it.
[[nodiscard]] bool checks_password(const Entry& entry);

/// Whether it lets pass, or skips lines for, whom the administrator named.
[[nodiscard]] bool is_a_condition(const Entry& entry);

}  // namespace stepup::pam
