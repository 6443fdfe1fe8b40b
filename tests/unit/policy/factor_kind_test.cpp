#include "policy/factor_kind.hpp"

#include <gtest/gtest.h>

#include "policy/requirement.hpp"

using namespace stepup;

TEST(FactorKind, has_the_names_and_the_order_of_strength_that_the_documentation_promises) {
    EXPECT_EQ(name_of(FactorKind::totp), "totp");
    EXPECT_EQ(name_of(FactorKind::recovery_code), "recovery-code");
    EXPECT_EQ(name_of(FactorKind::ssh_security_key), "ssh-security-key");
    EXPECT_EQ(strength_of(FactorKind::totp), strength_of(FactorKind::hotp));
    EXPECT_EQ(strength_of(FactorKind::totp), strength_of(FactorKind::yubikey_otp));
    EXPECT_GT(strength_of(FactorKind::security_key), strength_of(FactorKind::webauthn));
    EXPECT_GT(strength_of(FactorKind::webauthn), strength_of(FactorKind::ssh_security_key));
    EXPECT_GT(strength_of(FactorKind::ssh_security_key), strength_of(FactorKind::totp));
    EXPECT_GT(strength_of(FactorKind::totp), strength_of(FactorKind::recovery_code));
    EXPECT_GT(strength_of(FactorKind::recovery_code), strength_of(FactorKind::email));
    EXPECT_GT(strength_of(FactorKind::email), strength_of(FactorKind::sms));
}

TEST(FactorKind, is_found_by_its_name_and_by_nothing_else) {
    for (const auto& row : factor_kinds) EXPECT_EQ(kind_named(row.name), row.kind);
    EXPECT_FALSE(kind_named("TOTP"));
    EXPECT_FALSE(kind_named("recovery_code"));
    EXPECT_FALSE(kind_named(""));
}

TEST(FactorSet, holds_what_was_put_in) {
    FactorSet set{FactorKind::totp, FactorKind::webauthn, FactorKind::totp};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_TRUE(set.contains(FactorKind::totp));
    EXPECT_TRUE(set.contains(FactorKind::webauthn));
    EXPECT_FALSE(set.contains(FactorKind::hotp));
    EXPECT_TRUE(FactorSet().empty());
}

TEST(Requirement, accepts_an_allowed_factor_that_proved_enough) {
    Requirement requirement{.allowed = {FactorKind::totp, FactorKind::security_key},
                            .min_strength = Strength::security_key_uv};
    EXPECT_TRUE(requirement.accepts(FactorKind::security_key, Strength::security_key_uv));
    EXPECT_FALSE(requirement.accepts(FactorKind::security_key, Strength::security_key));  // touched, no PIN
    EXPECT_FALSE(requirement.accepts(FactorKind::totp, Strength::otp));
    requirement.min_strength = Strength::none;
    EXPECT_TRUE(requirement.accepts(FactorKind::totp, Strength::otp));
    EXPECT_FALSE(requirement.accepts(FactorKind::webauthn, Strength::webauthn));  // strong, but not allowed
}

TEST(Requirement, permits_a_kind_that_can_be_strong_enough_at_its_best) {
    const Requirement requirement{.allowed = {FactorKind::totp, FactorKind::security_key},
                                  .min_strength = Strength::security_key_uv};
    EXPECT_TRUE(requirement.permits(FactorKind::security_key));
    EXPECT_FALSE(requirement.permits(FactorKind::totp));
    EXPECT_FALSE(requirement.permits(FactorKind::webauthn));
}

TEST(Strictest, asks_everybody_every_time_and_lets_no_key_in_alone) {
    EXPECT_EQ(strictest().level, Level::required);
    EXPECT_EQ(strictest().window, Seconds(0));
    EXPECT_FALSE(strictest().key_only_allowed);
    EXPECT_FALSE(strictest().allowed.contains(FactorKind::email));
    EXPECT_FALSE(strictest().allowed.contains(FactorKind::sms));
}
