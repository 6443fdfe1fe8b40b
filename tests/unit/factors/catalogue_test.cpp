#include "daemon/factors/catalogue.hpp"

#include <gtest/gtest.h>

using namespace stepup;

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
        const FactorSet ours{FactorKind::totp, FactorKind::hotp, FactorKind::recovery_code};
        EXPECT_EQ(catalogue.find(row.kind) != nullptr, ours.contains(row.kind)) << row.name;
    }
}

TEST(Catalogue, describes_an_answer_of_each) {
    const Catalogue catalogue(pepper());
    const auto* totp = catalogue.find(FactorKind::totp);
    EXPECT_EQ(totp->example(with_digits(6)), "6 digits");
    EXPECT_EQ(totp->example(with_digits(7)), "7 digits");
    EXPECT_EQ(totp->example(with_digits(8)), "8 digits");
    EXPECT_EQ(catalogue.find(FactorKind::recovery_code)->example({}), "as in ABCD-EFGH-IJKL-MNOP-QRST");
}

TEST(Catalogue, keeps_bcrypt_off_the_loop) {
    const Catalogue catalogue(pepper());
    EXPECT_TRUE(catalogue.find(FactorKind::recovery_code)->is_slow());
    EXPECT_FALSE(catalogue.find(FactorKind::totp)->is_slow());
}
