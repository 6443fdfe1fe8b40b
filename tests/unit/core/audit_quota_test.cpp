#include "daemon/core/audit_quota.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

Instant at(Seconds boot) { return {Seconds(0), boot}; }

}  // namespace

TEST(AuditQuota, lets_a_burst_pass_and_then_one_a_minute_and_says_what_was_left_out) {
    AuditQuota quota;
    for (unsigned i = 0; i < AuditQuota::burst; ++i) EXPECT_EQ(quota.take("1000", at(Seconds(1000))), 0U);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(quota.take("1000", at(Seconds(1059))));
    EXPECT_EQ(quota.take("1000", at(Seconds(1060))), 3U);
    EXPECT_FALSE(quota.take("1000", at(Seconds(1061))));
}

TEST(AuditQuota, one_who_is_over_it_silences_nobody_else) {
    AuditQuota quota;
    for (unsigned i = 0; i <= AuditQuota::burst; ++i) (void)quota.take("1000", at(Seconds(1000)));
    EXPECT_FALSE(quota.take("1000", at(Seconds(1000))));
    EXPECT_EQ(quota.take("1001", at(Seconds(1000))), 0U);
}

TEST(AuditQuota, remembers_a_bounded_number) {
    AuditQuota quota;
    for (std::size_t i = 0; i < AuditQuota::most; ++i) EXPECT_TRUE(quota.take(std::to_string(i), at(Seconds(1000))));
    EXPECT_FALSE(quota.take("one too many", at(Seconds(1000))));
    EXPECT_TRUE(quota.take("0", at(Seconds(1000)))) << "who is known already may go on";
    EXPECT_TRUE(quota.take("one too many", at(Seconds(1000) + Seconds(600))));
}
