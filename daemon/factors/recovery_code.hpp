#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.hpp"
#include "common/secret.hpp"
#include "daemon/core/enrollment_kit.hpp"
#include "daemon/core/factor.hpp"

namespace stepup {

/// "abcd efgh-IJKL…" as the 20 base32 letters it stands for, or nothing.
[[nodiscard]] std::optional<std::string> normal_recovery_code(std::string_view typed);

/// Single-use codes, kept as bcrypt hashes over a keyed digest of the code. `pepper`: 32 bytes that never leave
/// the daemon, so that a stolen database cannot be searched.
[[nodiscard]] std::unique_ptr<Factor> make_recovery_code(const Secret& pepper);

/// The same for a single code that an administrator hands out.
[[nodiscard]] std::unique_ptr<Factor> make_handed_out_code(const Secret& pepper);

/// `count` codes with different public parts. Slow: one bcrypt each. Errors: internal.
[[nodiscard]] Result<FreshCodes> make_recovery_codes(unsigned count, StrongRandom& random, const Secret& pepper);

}  // namespace stepup
