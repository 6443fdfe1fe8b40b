#include "pam_module/arguments.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace stepup {
namespace {

tl::expected<Arguments, const char*> parse(std::vector<const char*> given) { return parse_arguments(given); }

TEST(Arguments, have_defaults) {
    const auto arguments = parse({});
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->socket, "/run/stepup/pam.sock");
    EXPECT_EQ(arguments->timeout, Seconds(90));
    EXPECT_FALSE(arguments->debug);
}

TEST(Arguments, are_read_in_any_order) {
    const auto arguments = parse({"debug", "timeout=5", "after_key", "socket=/x/y"});
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->socket, "/x/y");
    EXPECT_EQ(arguments->timeout, Seconds(5));
    EXPECT_TRUE(arguments->debug);
    EXPECT_TRUE(arguments->after_key);
    EXPECT_TRUE(parse({"timeout=300"}));
}

class WrongArgument : public testing::TestWithParam<const char*> { };

TEST_P(WrongArgument, is_named_and_refused) {
    const auto arguments = parse({"debug", GetParam(), "timeout=60"});
    ASSERT_FALSE(arguments);
    EXPECT_STREQ(arguments.error(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, WrongArgument,
                         testing::Values("", "Debug", "debug=1", "debugger", "socket", "socket=", "socket=run/pam.sock",
                                         "timeout", "timeout=", "timeout=4", "timeout=301", "timeout=-5", "timeout=+5",
                                         "timeout= 5", "timeout=5s", "timeout=99999999999999999999", "nullok",
                                         "try_first_pass", "socket = /run/stepup/pam.sock"));

}  // namespace
}  // namespace stepup
