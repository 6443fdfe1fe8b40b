#pragma once

#include <string>

#include "common/random.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

namespace stepup {

constexpr std::size_t master_key_size = 32;

/// Reads the master key: exactly 32 bytes in a plain file of ours or root's, closed to group and world (a systemd
/// credential's ACL for us is fine). Errors: not_found, untrusted, malformed, unavailable.
[[nodiscard]] Result<Secret> load_master_key(const std::string& path);

/// Writes a new master key with mode 0400, durably. Errors: conflict (there is one), unavailable.
[[nodiscard]] Result<> make_master_key(const std::string& path, StrongRandom& random);

}  // namespace stepup
