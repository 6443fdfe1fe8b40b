#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.hpp"
#include "common/identity.hpp"
#include "policy/factor_kind.hpp"

namespace stepup {

enum class OathHash : std::uint8_t { sha1, sha256, sha512 };

/// What a one-time-password generator was set up with (RFC 6238 §4, RFC 4226 §5.1).
struct OathParameters {
    OathHash hash = OathHash::sha1;
    unsigned digits = 6;   ///< 6 to 8
    unsigned period = 30;  ///< seconds a code is shown
    [[nodiscard]] bool operator==(const OathParameters&) const = default;
};

/// One factor of one user, without its secret. A set of recovery codes is one enrollment, too.
struct Enrollment {
    std::int64_t id = 0;
    AccountKey account;
    FactorKind kind = FactorKind::totp;
    std::string label;
    bool active = false;  ///< false: started, first code not yet confirmed
    bool primary = false;
    Millis created{};  ///< wall clock
    std::optional<Millis> last_used;
    OathParameters oath;
    unsigned left = 0;    ///< unused codes of a recovery set
    unsigned issued = 0;  ///< codes the set was made with
    /// HOTP: the database was put back, so it is not known which codes were used. None counts until its owner has
    /// proved himself by another factor in the same session.
    bool unsure = false;
    std::optional<Millis> expires{};  ///< wall clock: a code that was handed out is void from then on
};

/// A started enrollment that was not confirmed by then is void.
constexpr Millis confirm_within = Seconds(15 * 60);

}  // namespace stepup
