#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/random.hpp"
#include "common/secret.hpp"
#include "daemon/core/factor.hpp"

namespace stepup {

/// HOTP value of `counter` under the raw key `seed` (RFC 4226 §5.3), zero-padded to `digits` (6 to 8).
/// Errors: internal (the crypto library refused).
[[nodiscard]] Result<std::string> hotp(std::string_view seed, std::uint64_t counter, const OathParameters& oath);

/// RFC 6238: the step of now or one either side, and later than the last one accepted.
[[nodiscard]] std::unique_ptr<Factor> make_totp();

/// A fresh seed as long as the hash (RFC 4226 R6, RFC 6238 §5.1): 20, 32 or 64 bytes.
[[nodiscard]] Secret make_seed(OathHash hash, StrongRandom& random);

/// The URI an authenticator app reads from a QR code ("Key Uri Format", otpauth://totp/…).
[[nodiscard]] std::string otpauth_uri(std::string_view issuer, std::string_view account, const Secret& seed,
                                      const OathParameters& oath);

[[nodiscard]] std::string_view name_of(OathHash hash);  ///< "SHA1", "SHA256", "SHA512"

}  // namespace stepup
