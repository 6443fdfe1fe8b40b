#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/covers.hpp"

namespace stepup {

/// What a proof is worth, weak to strong: later is stronger. `none` is a floor only, no factor has it.
enum class Strength : std::uint8_t {
    none,
    sms,
    email,
    recovery_code,
    otp,
    ssh_security_key,
    webauthn,
    security_key,
    security_key_uv,  ///< a security key that checked PIN or fingerprint itself
};

struct StrengthRow {
    Strength strength;
    std::string_view name;  ///< as `min_strength` in the policy file
};

constexpr std::array strengths{
    StrengthRow{Strength::none, "none"},
    StrengthRow{Strength::sms, "sms"},
    StrengthRow{Strength::email, "email"},
    StrengthRow{Strength::recovery_code, "recovery-code"},
    StrengthRow{Strength::otp, "otp"},
    StrengthRow{Strength::ssh_security_key, "ssh-security-key"},
    StrengthRow{Strength::webauthn, "webauthn"},
    StrengthRow{Strength::security_key, "security-key"},
    StrengthRow{Strength::security_key_uv, "security-key-uv"},
};
static_assert(covers(strengths, &StrengthRow::strength, Strength::security_key_uv));

[[nodiscard]] constexpr std::string_view name_of(Strength strength) {
    return strengths[static_cast<std::size_t>(strength)].name;
}

}  // namespace stepup
