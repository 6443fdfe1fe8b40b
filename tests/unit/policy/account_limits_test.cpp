#include "policy/account_limits.hpp"

#include <gtest/gtest.h>

#include "policy/parse.hpp"

using namespace stepup;
using namespace std::chrono_literals;

namespace {

Policy policy() {
    const auto parsed = parse(R"(
[defaults]
requirement = "optional"
[limits]
lock_after = 20
lock_for   = "5m"
[[rule]]
name   = "sudo is not about accounts"
match  = { services = ["sudo"] }
window = "0"
[[rule]]
name   = "robots"
match  = { users = ["robot"] }
limits = { lock_after = 50 }
[[rule]]
name   = "admins"
match  = { groups = ["wheel"] }
limits = { delay_from = 2, lock_after = 3, lock_for = "2h", ceiling = 6 }
[[rule]]
name   = "staff"
match  = { groups = ["staff"] }
[[rule]]
name   = "everybody at home"
match  = { users = ["al", "robot"] }
limits = { ceiling = 50, lock_for = "3h" }
)",
                              "p");
    if (!parsed) ADD_FAILURE() << parsed.error().text();
    return parsed ? *parsed : Policy{};
}

using Groups = std::vector<std::string>;

}  // namespace

TEST(AccountLimits, are_those_of_the_first_rule_that_matches_by_users_and_groups) {
    const auto admin = limits_on(policy(), "al", Groups{"wheel", "staff"});
    EXPECT_EQ(admin.rule, "admins");
    EXPECT_EQ(admin.limits, (Limits{2, 3, 2h, 6, 30}));
    const auto al = limits_on(policy(), "al", Groups{});
    EXPECT_EQ(al.rule, "everybody at home");
    EXPECT_EQ(al.limits, (Limits{3, 20, 3h, 50, 30}));
}

TEST(AccountLimits, may_be_wider_than_those_of_everybody) {
    EXPECT_EQ(limits_on(policy(), "robot", Groups{}).limits.lock_after, 50U);
}

TEST(AccountLimits, are_the_ordinary_ones_where_the_rule_is_silent_or_there_is_none) {
    const Limits ordinary{3, 20, 5min, 100, 30};
    const auto staff = limits_on(policy(), "al", Groups{"staff"});
    EXPECT_EQ(staff.limits, ordinary);
    EXPECT_EQ(staff.rule, "");
    EXPECT_EQ(limits_on(policy(), "zoe", Groups{}).limits, ordinary);
}

TEST(AccountLimits, are_each_the_strictest_possible_while_the_groups_are_unknown) {
    const auto al = limits_on(policy(), "al", std::nullopt);
    EXPECT_EQ(al.limits, (Limits{2, 3, 3h, 6, 30}));
    const auto zoe = limits_on(policy(), "zoe", std::nullopt);
    EXPECT_EQ(zoe.limits, (Limits{2, 3, 2h, 6, 30}));
    EXPECT_EQ(limits_on(policy(), "robot", std::nullopt).limits, limits_on(policy(), "robot", Groups{}).limits)
        << "the rule before all groups decides";
}
