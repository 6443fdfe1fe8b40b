#include "daemon/core/lockout.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

const Limits limits;  // as docs/policy.md states them
constexpr Instant noon{Seconds(1'000'000), Seconds(5'000)};

Instant later(Instant from, Seconds by) { return {from.wall + by, from.boot + by}; }

Failures failed(unsigned times, Instant at = noon) {
    Failures failures;
    for (unsigned i = 0; i < times; ++i) failures = after_failure(failures, limits, limits.lock_after, at, "boot-1");
    return failures;
}

bool may_try(const Admission& admission) { return std::holds_alternative<MayTry>(admission); }
bool locked(const Admission& admission) { return std::holds_alternative<LockedOut>(admission); }

}  // namespace

TEST(Lockout, two_failures_cost_nothing_yet) { EXPECT_TRUE(may_try(admit(failed(2), limits, noon, "boot-1"))); }

TEST(Lockout, delays_grow_from_the_third_failure) {
    const std::vector<std::pair<unsigned, int>> expected{{1, 0}, {2, 0},  {3, 2},  {4, 4},
                                                         {5, 8}, {6, 15}, {7, 30}, {9, 30}};
    for (const auto& [count, seconds] : expected) EXPECT_EQ(delay_after(count, limits), Seconds(seconds)) << count;
}

TEST(Lockout, there_is_no_delay_where_none_is_to_begin) {
    auto without = limits;
    without.delay_from = 0;
    for (const unsigned count : {0U, 1U, 3U, 99U}) EXPECT_EQ(delay_after(count, without), Seconds(0)) << count;
}

TEST(Lockout, within_the_delay_nothing_is_judged_and_after_it_one_may_try) {
    const auto failures = failed(3);
    const auto now = admit(failures, limits, later(noon, Seconds(1)), "boot-1");
    ASSERT_TRUE(std::holds_alternative<TryLater>(now));
    EXPECT_EQ(std::get<TryLater>(now).at, noon.boot + Seconds(2));
    EXPECT_TRUE(may_try(admit(failures, limits, later(noon, Seconds(2)), "boot-1")));
}

TEST(Lockout, ten_failures_lock_for_thirty_minutes) {
    const auto failures = failed(10);
    EXPECT_TRUE(locked(admit(failures, limits, later(noon, Seconds(1799)), "boot-1")));
    EXPECT_TRUE(may_try(admit(failures, limits, later(noon, Seconds(1800)), "boot-1")));
}

TEST(Lockout, nobody_ends_a_lock_by_setting_the_clock) {
    const auto failures = failed(10);
    EXPECT_TRUE(locked(admit(failures, limits, {noon.wall + Seconds(1'000'000), noon.boot + Seconds(1)}, "boot-1")));
    EXPECT_TRUE(may_try(admit(failures, limits, {Seconds(0), noon.boot + Seconds(1800)}, "boot-1")));
}

TEST(Lockout, a_reboot_ends_no_lock) {
    const auto failures = failed(10);
    const Instant after_reboot{noon.wall + Seconds(60), Seconds(20)};
    EXPECT_TRUE(locked(admit(failures, limits, after_reboot, "boot-2")));
    EXPECT_TRUE(may_try(admit(failures, limits, {noon.wall + Seconds(1801), Seconds(20)}, "boot-2")));
}

TEST(Standing, says_until_when_by_the_wall_clock_unless_it_is_for_good) {
    const auto of = [](unsigned failures, Instant now, const std::string& boot) {
        return standing_of(failed(failures), limits, now, boot);
    };
    EXPECT_EQ(of(3, noon, "boot-1").failures, 3U);
    EXPECT_FALSE(of(3, noon, "boot-1").locked);
    EXPECT_EQ(of(3, noon, "boot-1").until, Millis(0));
    const auto locked_at = later(noon, Seconds(60));
    EXPECT_TRUE(of(10, locked_at, "boot-1").locked);
    EXPECT_EQ(of(10, locked_at, "boot-1").until, noon.wall + Seconds(1800));
    EXPECT_EQ(of(10, {locked_at.wall, Seconds(20)}, "boot-2").until, noon.wall + Seconds(1800));
    EXPECT_TRUE(of(100, locked_at, "boot-1").for_good);
    EXPECT_EQ(of(100, locked_at, "boot-1").until, Millis(0));
}

TEST(Lockout, a_delay_does_not_outlast_a_reboot) {
    EXPECT_FALSE(may_try(admit(failed(3), limits, noon, "boot-1")));
    EXPECT_TRUE(may_try(admit(failed(3), limits, noon, "boot-2")));
}

TEST(Lockout, counting_goes_on_after_a_lock_and_locks_again_at_the_next_ten) {
    EXPECT_TRUE(may_try(admit(failed(11), limits, later(noon, Seconds(30)), "boot-1")));
    EXPECT_TRUE(locked(admit(failed(20), limits, later(noon, Seconds(30)), "boot-1")));
}

TEST(Lockout, a_hundred_failures_in_a_row_lock_for_good) {
    const auto at = later(noon, Seconds(1'000'000));
    EXPECT_TRUE(may_try(admit(failed(99), limits, at, "boot-1")));
    const auto admission = admit(failed(100), limits, at, "boot-1");
    ASSERT_TRUE(locked(admission));
    EXPECT_TRUE(std::get<LockedOut>(admission).for_good);
    EXPECT_TRUE(locked(admit(failed(100), limits, at, "boot-2")));
}
