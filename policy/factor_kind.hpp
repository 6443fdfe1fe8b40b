#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/covers.hpp"
#include "common/enum_set.hpp"
#include "policy/strength.hpp"

namespace stepup {

/// The types of authenticator a user can enroll. The numbers are stored; append, never reorder.
enum class FactorKind : std::uint8_t {
    totp,
    hotp,
    recovery_code,
    email,
    sms,
    yubikey_otp,
    security_key,
    ssh_security_key,
    webauthn,
    bypass_code,
    invite,
};

struct FactorKindRow {
    FactorKind kind;
    std::string_view name;  ///< in policy, CLI, D-Bus and audit
    Strength strength;      ///< what every proof by it is worth
    Strength at_best;       ///< what a proof can be worth, by what the authenticator itself checked
};

constexpr std::array factor_kinds{
    FactorKindRow{FactorKind::totp, "totp", Strength::otp, Strength::otp},
    FactorKindRow{FactorKind::hotp, "hotp", Strength::otp, Strength::otp},
    FactorKindRow{FactorKind::recovery_code, "recovery-code", Strength::recovery_code, Strength::recovery_code},
    FactorKindRow{FactorKind::email, "email", Strength::email, Strength::email},
    FactorKindRow{FactorKind::sms, "sms", Strength::sms, Strength::sms},
    FactorKindRow{FactorKind::yubikey_otp, "yubikey-otp", Strength::otp, Strength::otp},
    FactorKindRow{FactorKind::security_key, "security-key", Strength::security_key, Strength::security_key_uv},
    FactorKindRow{FactorKind::ssh_security_key, "ssh-security-key", Strength::ssh_security_key,
                  Strength::ssh_security_key},
    FactorKindRow{FactorKind::webauthn, "webauthn", Strength::webauthn, Strength::webauthn},
    FactorKindRow{FactorKind::bypass_code, "bypass-code", Strength::recovery_code, Strength::recovery_code},
    FactorKindRow{FactorKind::invite, "invite", Strength::recovery_code, Strength::recovery_code},
};
static_assert(covers(factor_kinds, &FactorKindRow::kind, FactorKind::invite));

[[nodiscard]] constexpr const FactorKindRow& row_of(FactorKind kind) {
    return factor_kinds[static_cast<std::size_t>(kind)];
}
[[nodiscard]] constexpr std::string_view name_of(FactorKind kind) { return row_of(kind).name; }
[[nodiscard]] constexpr Strength strength_of(FactorKind kind) { return row_of(kind).strength; }
[[nodiscard]] constexpr std::optional<FactorKind> kind_named(std::string_view name) {
    for (const auto& row : factor_kinds)
        if (row.name == name) return row.kind;
    return std::nullopt;
}

/// True for a single code that an administrator hands out: it is answered with wherever something is asked, whatever
/// policy allows, and permits to enroll; it never counts as a factor, and opens no window for anything else.
[[nodiscard]] constexpr bool is_handed_out(FactorKind kind) {
    return kind == FactorKind::bypass_code || kind == FactorKind::invite;
}
/// True for codes that are made, kept as hashes and used up one by one; the account's real factors are the others.
[[nodiscard]] constexpr bool is_code_set(FactorKind kind) {
    return kind == FactorKind::recovery_code || is_handed_out(kind);
}

/// True for what sshd verifies while it lets its owner in: nothing of it can be typed when something asks.
[[nodiscard]] constexpr bool is_proved_by_login(FactorKind kind) { return kind == FactorKind::ssh_security_key; }

using FactorSet = EnumSet<FactorKind>;

}  // namespace stepup
