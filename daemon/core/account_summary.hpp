#pragma once

#include <optional>

#include "common/clock.hpp"
#include "common/identity.hpp"
#include "daemon/core/lockout.hpp"

namespace stepup {

/// What an administrator sees of one account.
struct AccountSummary {
    AccountKey account;
    unsigned factors = 0;  ///< active ones; recovery codes are none
    unsigned codes_left = 0;
    unsigned codes_issued = 0;
    std::optional<Millis> last_verified;  ///< wall clock; nothing: never
    std::optional<Millis> code_until;     ///< wall clock: until then a code is good that an administrator handed out
    Standing standing;
};

}  // namespace stepup
