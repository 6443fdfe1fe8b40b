#include <gtest/gtest.h>

#include "daemon/factors/ssh_security_key.hpp"
#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

constexpr std::string_view fingerprint = "SHA256:/p0CbeE3dk2SyW1OXXsThGc12ezDVD8eGw2/vtztDfk";

Secret text(std::string_view bytes) {
    Secret made;
    (void)made.copy(bytes);
    return made;
}

struct SshSecurityKeyTest : ::testing::Test {
    std::unique_ptr<Factor> factor = make_ssh_security_key();
    Enrollment key = enrollment(7, FactorKind::ssh_security_key, "yubikey");
    CountingRandom random;

    bool accepts(std::string_view enrolled, std::string_view shown) {
        Material material;
        (void)material.secret.copy(enrolled);
        const auto check = factor->verify(key, material, text(shown), {}).value();
        const auto* right = std::get_if<Accepted>(&check);
        if (right == nullptr) return false;
        EXPECT_EQ(std::get<SpendNothing>(right->spend).enrollment, 7);
        return true;
    }
};

}  // namespace

TEST_F(SshSecurityKeyTest, is_the_very_key_that_was_enrolled) {
    EXPECT_TRUE(accepts(fingerprint, fingerprint));
    EXPECT_FALSE(accepts(fingerprint, fingerprint.substr(0, fingerprint.size() - 1)));
    EXPECT_FALSE(accepts(fingerprint, "SHA256:dguPO7tYJH+NZI+03Do4xXQeuf+7oU1suAPIOIjlTIE"));
    EXPECT_FALSE(accepts(fingerprint, ""));
}

TEST_F(SshSecurityKeyTest, no_key_is_not_the_key_of_an_enrollment_that_has_lost_its_own) {
    EXPECT_FALSE(accepts("", ""));
}

TEST_F(SshSecurityKeyTest, cannot_be_typed_whatever_is) {
    for (const std::string_view typed : {fingerprint, std::string_view("111111"), std::string_view()})
        EXPECT_FALSE(factor->could_answer(key, typed));
    EXPECT_FALSE(factor->is_slow());
    EXPECT_EQ(factor->example(key), "shown by logging in with it");
}

TEST_F(SshSecurityKeyTest, is_drafted_from_a_login_and_not_from_anything_that_somebody_brought) {
    EnrollmentWish wish;
    wish.secret = text("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    EXPECT_EQ(factor->draft(wish, {}, random).error().error, ManagementError::invalid_argument);
    wish.login_key = fingerprint;
    const auto draft = factor->draft(wish, {}, random);
    ASSERT_TRUE(draft);
    EXPECT_EQ(draft->seed.reveal(), fingerprint);
    EXPECT_EQ(draft->uri, "");
    wish.login_key = std::string(Secret::capacity + 1, 'x');
    EXPECT_EQ(factor->draft(wish, {}, random).error().error, ManagementError::unavailable);
}
