#pragma once

#include <string>

#include "policy/account_limits.hpp"
#include "policy/decide.hpp"

namespace stepup {

/// Why `ruling` came about and what it demands, in one sentence for people and for the audit trail. Names that came
/// from outside are made printable.
[[nodiscard]] std::string explain(const Facts& facts, const Ruling& ruling);

/// The sizes that hold for `user`, without its full stop.
[[nodiscard]] std::string explain(const std::string& user, const AccountLimits& of);

}  // namespace stepup
