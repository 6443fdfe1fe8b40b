#include "common/random.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace stepup;

namespace {

/// What the next calls of getrandom(2) do: an errno below zero, else so many bytes at most.
std::deque<long> planned;

}  // namespace

ssize_t getrandom(void* out, size_t size, unsigned flags) {
    if (!planned.empty()) {
        const auto next = planned.front();
        planned.pop_front();
        if (next < 0) return errno = static_cast<int>(-next), -1;
        size = std::min(size, static_cast<size_t>(next));
    }
    return ::syscall(SYS_getrandom, out, size, flags);
}

TEST(KernelRandom, fills_all_of_it_with_something_new_each_time) {
    KernelRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.insert(random.bytes(16));
    EXPECT_EQ(seen.size(), 100U);
}

TEST(KernelRandom, goes_on_where_a_signal_stopped_it) {
    planned = {-EINTR, 3, -EINTR, 5};
    const auto bytes = KernelRandom().bytes(64);
    EXPECT_TRUE(planned.empty());
    EXPECT_GT(std::set(bytes.end() - 56, bytes.end()).size(), 1U) << "the rest stayed zero";
}

TEST(KernelRandom, makes_nothing_up_where_the_kernel_has_none) {
    planned = {-ENOSYS};
    EXPECT_THROW((void)KernelRandom().bytes(16), std::runtime_error);
}
