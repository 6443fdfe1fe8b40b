#include "common/clock.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

Millis kernels(clockid_t id) {
    timespec at{};
    ::clock_gettime(id, &at);
    return std::chrono::floor<Millis>(Seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}

}  // namespace

TEST(SystemClock, tells_the_time_of_day_and_the_time_since_boot_as_the_kernel_does) {
    const Instant before{kernels(CLOCK_REALTIME), kernels(CLOCK_BOOTTIME)};
    const auto now = SystemClock().now();
    const Instant after{kernels(CLOCK_REALTIME), kernels(CLOCK_BOOTTIME)};
    EXPECT_LE(before.boot, now.boot);
    EXPECT_LE(now.boot, after.boot);
    if (before.wall <= after.wall) {  // nobody set it meanwhile
        EXPECT_LE(before.wall, now.wall);
        EXPECT_LE(now.wall, after.wall);
    }
}
