#include "daemon/core/token_book.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

constexpr Instant start{Seconds(100), Seconds(100)};

struct TokenBookTest : ::testing::Test {
    CountingRandom random;
    TokenBook book{random};
    Peer alice = [] {
        Peer peer;
        peer.uid = 1000;
        peer.session.audit_session = 7;
        return peer;
    }();
};

}  // namespace

TEST_F(TokenBookTest, brings_back_the_session_it_was_issued_to) {
    const auto token = book.issue(alice, start).value();
    EXPECT_EQ(token.size(), 64U);
    EXPECT_EQ(book.redeem(token, 1000, start)->audit_session, 7U);
}

TEST_F(TokenBookTest, a_token_is_good_once) {
    const auto token = book.issue(alice, start).value();
    EXPECT_TRUE(book.redeem(token, 1000, start));
    EXPECT_FALSE(book.redeem(token, 1000, start));
}

TEST_F(TokenBookTest, another_user_gets_nothing_and_spends_it) {
    const auto token = book.issue(alice, start).value();
    EXPECT_FALSE(book.redeem(token, 1001, start));
    EXPECT_FALSE(book.redeem(token, 1000, start));
}

TEST_F(TokenBookTest, a_token_lasts_ten_seconds_whatever_the_wall_clock_says) {
    const auto token = book.issue(alice, start).value();
    EXPECT_FALSE(book.redeem(token, 1000, {Seconds(0), start.boot + Seconds(10)}));
    const auto other = book.issue(alice, start).value();
    EXPECT_TRUE(book.redeem(other, 1000, {Seconds(0), start.boot + Millis(9999)}));
}

TEST_F(TokenBookTest, unknown_and_empty_tokens_are_nobodys) {
    EXPECT_FALSE(book.redeem("", 1000, start));
    EXPECT_FALSE(book.redeem(std::string(64, 'a'), 1000, start));
}

TEST_F(TokenBookTest, hoarding_costs_the_hoarder_alone_and_ends_with_time) {
    KernelRandom many;
    TokenBook shared(many);
    for (std::size_t i = 0; i < TokenBook::most; ++i) ASSERT_TRUE(shared.issue(alice, start));
    EXPECT_FALSE(shared.issue(alice, start));
    Peer bob;
    bob.uid = 1001;
    EXPECT_TRUE(shared.issue(bob, start));
    EXPECT_TRUE(shared.issue(alice, {start.wall, start.boot + TokenBook::lifetime}));
}
