#include "common/unique_fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

using namespace stepup;

namespace {

UniqueFd some_file() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST(UniqueFd, closes_what_it_holds_once_it_ends_or_holds_another) {
    auto held = some_file();
    const int first = held.get();
    held = UniqueFd(::fcntl(first, F_DUPFD_CLOEXEC, first + 1));
    const int second = held.get();
    EXPECT_FALSE(is_open(first));
    EXPECT_TRUE(is_open(second));
    held.reset();
    EXPECT_FALSE(is_open(second));
    EXPECT_FALSE(held);
}

TEST(UniqueFd, moved_onto_itself_keeps_what_it_holds) {
    auto held = some_file();
    auto& itself = held;
    held = std::move(itself);
    EXPECT_TRUE(is_open(held.get()));
}

TEST(UniqueFd, no_longer_closes_what_it_gave_away) {
    auto held = some_file();
    const UniqueFd given(held.release());
    EXPECT_FALSE(held);
    held.reset();
    EXPECT_TRUE(is_open(given.get()));
}
