#include "daemon/factors/catalogue.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

Secret pepper() {
    Secret made;
    (void)made.copy("pepper");
    return made;
}

Enrollment with_digits(unsigned digits) {
    Enrollment made;
    made.oath.digits = digits;
    return made;
}

}  // namespace

TEST(Catalogue, has_the_factors_of_this_build_and_no_other) {
    const Catalogue catalogue(pepper());
    for (const auto& row : factor_kinds) {
        const FactorSet ours{FactorKind::totp,          FactorKind::hotp,
                             FactorKind::recovery_code, FactorKind::ssh_security_key,
                             FactorKind::bypass_code,   FactorKind::invite};
        EXPECT_EQ(catalogue.find(row.kind) != nullptr, ours.contains(row.kind)) << row.name;
    }
}

TEST(Catalogue, describes_an_answer_of_each) {
    const Catalogue catalogue(pepper());
    for (const auto kind : {FactorKind::totp, FactorKind::hotp}) {
        const auto* oath = catalogue.find(kind);
        EXPECT_EQ(oath->example(with_digits(6)), "6 digits");
        EXPECT_EQ(oath->example(with_digits(7)), "7 digits");
        EXPECT_EQ(oath->example(with_digits(8)), "8 digits");
    }
    auto unsure = with_digits(6);
    unsure.unsure = true;
    EXPECT_EQ(catalogue.find(FactorKind::hotp)->example(unsure), "after another");
    EXPECT_EQ(catalogue.find(FactorKind::invite)->example({}), "that your administrator gave you");
    EXPECT_EQ(catalogue.find(FactorKind::recovery_code)->example({}), "as in ABCD-EFGH-IJKL-MNOP-QRST");
}

TEST(Catalogue, has_advice_for_a_token_that_falls_behind_and_for_nothing_else) {
    const Catalogue catalogue(pepper());
    EXPECT_EQ(catalogue.find(FactorKind::hotp)->advice(), "hotp refused? Type the token's next code, too.\n");
    EXPECT_EQ(catalogue.find(FactorKind::totp)->advice(), "");
    EXPECT_EQ(catalogue.find(FactorKind::recovery_code)->advice(), "");
}

TEST(Catalogue, drafts_nothing_that_has_other_than_six_to_eight_digits) {
    const Catalogue catalogue(pepper());
    CountingRandom random;
    for (const auto kind : {FactorKind::totp, FactorKind::hotp})
        for (const unsigned digits : {0U, 5U, 9U}) {
            EnrollmentWish wish;
            wish.digits = digits;
            EXPECT_EQ(catalogue.find(kind)->draft(wish, {}, random).error().error, ManagementError::invalid_argument);
        }
}

TEST(Catalogue, keeps_bcrypt_off_the_loop) {
    const Catalogue catalogue(pepper());
    EXPECT_TRUE(catalogue.find(FactorKind::recovery_code)->is_slow());
    EXPECT_FALSE(catalogue.find(FactorKind::totp)->is_slow());
}
