#include "support.hpp"

namespace stepup::test {
namespace {

const Limits limits;

std::vector<HashedCode> three_codes() {
    return {{"AAAA", "$hash of A"}, {"BBBB", "$hash of B"}, {"CCCC", "$hash of C"}};
}

TEST(Summaries, count_factors_codes_and_the_last_proof) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), three_codes()));
    const auto tablet = store.enroll(alice, "tablet");
    (void)store.start(alice, "never confirmed");
    ASSERT_EQ(store.outcome_of(counter(alice, tablet, 50, at(7))), Outcome::accepted);
    const auto set = store.recovery_set(alice);
    const auto code = store.records().material(set, secret_of("BBBBXXXXXXXXXXXXXXXX")).value();
    ASSERT_EQ(store.outcome_of(proving(judgement(alice, at(9)), SpendCode{set.id, code.row})), Outcome::accepted);
    const auto summary = store.records().summary(alice, limits, at(10)).value();
    EXPECT_EQ(summary.account, alice);
    EXPECT_EQ(summary.factors, 2U);
    EXPECT_EQ(summary.codes_left, 2U);
    EXPECT_EQ(summary.codes_issued, 3U);
    EXPECT_EQ(summary.last_verified, at(9).wall);
    EXPECT_EQ(summary.standing.failures, 0U);
}

TEST(Summaries, of_an_account_with_nothing_say_that) {
    Store store;
    const auto summary = store.records().summary(bob, limits, at(0)).value();
    EXPECT_EQ(summary.account, bob);
    EXPECT_EQ(summary.factors + summary.codes_issued, 0U);
    EXPECT_FALSE(summary.last_verified);
}

TEST(Summaries, say_until_when_an_account_is_locked) {
    Store store;
    for (int i = 0; i < 10; ++i) (void)store.judge(judgement(alice, at(100.0 * i)));
    const auto locked = store.records().summary(alice, limits, at(1000)).value().standing;
    EXPECT_EQ(locked.failures, 10U);
    EXPECT_TRUE(locked.locked);
    EXPECT_FALSE(locked.for_good);
    EXPECT_EQ(locked.until, at(900 + 1800).wall);
    EXPECT_FALSE(store.records().summary(alice, limits, at(3000)).value().standing.locked) << "it ends by itself";
    Limits low = limits;
    low.ceiling = 10;
    const auto for_good = store.records().summary(alice, low, at(3000)).value().standing;
    EXPECT_TRUE(for_good.locked && for_good.for_good);
    EXPECT_EQ(for_good.until, Millis(0));
}

TEST(Summaries, list_accounts_with_anything_active_once_each_in_pages) {
    Store store;
    for (uid_t uid = 1000; uid < 1005; ++uid) {
        const AccountKey account{uid, "user" + std::to_string(uid)};
        (void)store.enroll(account);
        (void)store.enroll(account, "second");
    }
    (void)store.enroll({1002, "another with that uid"});
    (void)store.start({1003, "only begun"}, "phone");
    std::vector<AccountKey> seen;
    AccountKey after;
    for (;;) {
        const auto page = store.records()
                              .summaries(
                                  after, 2, [](const AccountKey&) { return limits; }, at(0))
                              .value();
        for (const auto& one : page) {
            EXPECT_EQ(one.factors, one.account.name.starts_with("user") ? 2U : 1U);
            seen.push_back(one.account);
        }
        if (page.size() < 2) break;
        after = page.back().account;
    }
    ASSERT_EQ(seen.size(), 6U);
    EXPECT_EQ(seen[2], (AccountKey{1002, "another with that uid"}));
    EXPECT_EQ(seen[3], (AccountKey{1002, "user1002"}));
}

}  // namespace
}  // namespace stepup::test
