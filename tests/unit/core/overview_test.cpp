#include "daemon/core/overview.hpp"

#include <gtest/gtest.h>

#include "tests/unit/bus_door/management_fakes.hpp"

namespace stepup::testing {
namespace {

/// alice 1000, bob 1001 (who was 900 once), "slow" that hangs.
class Village final : public Accounts {
public:
    void find(const std::string& name, Done<Account> done) override {
        ++asked;
        if (name == "slow") return done(fail(Errc::timed_out, "slow"));
        if (name != "alice" && name != "bob") return done(fail(Errc::not_found, "none"));
        done(Account{{name == "alice" ? 1000U : 1001U, name}, std::vector<std::string>{}});
    }
    void find(uid_t, Done<Account>) override { }
    int asked = 0;
};

struct OverviewTest : ::testing::Test {
    Bench bench;
    Village accounts;
    Overview overview{{bench.clock, accounts, bench.records, [this] { return bench.policy; }}};

    void sum_up(uid_t uid, const std::string& name) {
        AccountSummary summary;
        summary.account = {uid, name};
        bench.records.summed_up.push_back(summary);
    }
    Heard<Overview::Page> page(const std::string& after, unsigned most, bool looks_up = false) {
        Heard<Overview::Page> heard;
        overview.list(after, most, looks_up, heard.listen());
        return heard;
    }
};

TEST_F(OverviewTest, sums_up_an_account_that_the_host_knows) {
    bench.enroll(1);
    Heard<Overview::Seen> alice;
    overview.status("alice", alice.listen());
    ASSERT_EQ(alice.error(), "");
    EXPECT_EQ(alice.answer()->summary.factors, 1U);
    EXPECT_FALSE(alice.answer()->required);
    Heard<Overview::Seen> mallory;
    overview.status("mallory", mallory.listen());
    EXPECT_EQ(mallory.error(), "NoSuchUser");
    Heard<Overview::Seen> slow;
    overview.status("slow", slow.listen());
    EXPECT_EQ(slow.error(), "Unavailable");
}

TEST_F(OverviewTest, pages_through_all_accounts_and_shows_each_once) {
    for (uid_t uid = 1; uid <= 7; ++uid) sum_up(uid, "u" + std::to_string(uid));
    std::vector<uid_t> seen;
    std::string after;
    int pages = 0;
    do {
        const auto heard = page(after, 3);
        ASSERT_EQ(heard.error(), "");
        for (const auto& one : heard.answer()->accounts) seen.push_back(one.summary.account.uid);
        after = heard.answer()->next;
        ++pages;
    } while (!after.empty());
    EXPECT_EQ(seen, (std::vector<uid_t>{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(accounts.asked, 0) << "only if it is asked to";
}

TEST_F(OverviewTest, gives_at_most_five_hundred_and_at_least_one_at_a_time) {
    for (uid_t uid = 1; uid <= 600; ++uid) sum_up(uid, "u");
    EXPECT_EQ(page("", 100'000).answer()->accounts.size(), 500U);
    EXPECT_EQ(page("", 0).answer()->accounts.size(), 1U);
}

TEST_F(OverviewTest, takes_no_place_that_it_did_not_give) {
    for (const auto* odd : {"alice", ":alice", "1000", "-1:alice", "99999999999:x", "1000 :x"})
        EXPECT_EQ(page(odd, 1).error(), "InvalidArgument") << odd;
}

TEST_F(OverviewTest, tells_accounts_that_are_gone_from_those_that_cannot_be_looked_up) {
    sum_up(900, "bob");
    sum_up(1000, "alice");
    sum_up(1002, "carol");
    sum_up(1003, "slow");
    const auto heard = page("", 10, true);
    ASSERT_EQ(heard.error(), "");
    std::vector<Whereabouts> found;
    for (const auto& one : heard.answer()->accounts) found.push_back(one.whereabouts);
    using enum Whereabouts;
    EXPECT_EQ(found, (std::vector<Whereabouts>{other_uid, present, gone, unknown}));
}

TEST_F(OverviewTest, names_who_has_no_factor_and_whether_policy_requires_one) {
    bench.enroll(1);
    Rule rule;
    rule.match.users = {"bob"};
    rule.terms.level = Level::required;
    bench.policy->rules.push_back(rule);
    Heard<std::vector<Overview::Unenrolled>> heard;
    overview.not_enrolled({"alice", "mallory", "bob"}, heard.listen());
    ASSERT_EQ(heard.error(), "");
    ASSERT_EQ(heard.answer()->size(), 1U);
    EXPECT_EQ(heard.answer()->at(0).account.name, "bob");
    EXPECT_TRUE(heard.answer()->at(0).required);
}

TEST_F(OverviewTest, names_nobody_where_it_could_not_look_everybody_up) {
    Heard<std::vector<Overview::Unenrolled>> heard;
    overview.not_enrolled({"bob", "slow"}, heard.listen());
    EXPECT_EQ(heard.error(), "Unavailable");
}

}  // namespace
}  // namespace stepup::testing
