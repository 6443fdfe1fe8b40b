#pragma once

#include "cli/desk.hpp"

namespace stepup::cli {

/// The secret of a token that has one already: typed at the terminal, unseen, or the first line of standard input where
/// that is none. Blanks and dashes do not matter. Gives base32. Errors: invalid_argument.
[[nodiscard]] Managed<Secret> brought_secret(Desk& desk);

}  // namespace stepup::cli
