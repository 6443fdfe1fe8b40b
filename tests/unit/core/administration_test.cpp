#include "daemon/core/administration.hpp"

#include <gtest/gtest.h>

#include "tests/unit/bus_door/management_fakes.hpp"

namespace stepup::testing {
namespace {

class TwoAccounts final : public Accounts {
public:
    void find(const std::string& name, Done<Account> done) override {
        if (name == "slow") return done(fail(Errc::timed_out, "slow"));
        if (name != "alice") return done(fail(Errc::not_found, "none"));
        done(Account{{1000, "alice"}, std::vector<std::string>{}});
    }
    void find(uid_t, Done<Account>) override { }
};

struct AdministrationTest : ::testing::Test {
    Bench bench;
    TwoAccounts accounts;
    Administration administration{bench.clock, accounts, bench.recorder};
    Caller root{{{0, "root"}, std::vector<std::string>{}}, std::nullopt};

    Heard<unsigned> unlock(const std::string& user) {
        Heard<unsigned> heard;
        administration.unlock(root, user, heard.listen());
        return heard;
    }
    Heard<unsigned> unlock_source(const std::string& address) {
        Heard<unsigned> heard;
        administration.unlock_source(root, address, heard.listen());
        return heard;
    }
};

TEST_F(AdministrationTest, has_the_failures_of_an_account_forgotten_and_says_how_many_there_were) {
    const auto heard = unlock("alice");
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(*heard.answer(), 7U);
    const auto& asked = bench.recorder.unlocked.at(0);
    EXPECT_EQ(asked.whose, "uid:1000");
    EXPECT_EQ(asked.audit.event, Event::unlocked);
    EXPECT_EQ(asked.audit.account, (AccountKey{1000, "alice"}));
}

TEST_F(AdministrationTest, writes_down_who_did_it_and_from_which_login) {
    (void)unlock("alice");
    EXPECT_EQ(bench.recorder.unlocked.at(0).audit.fields.size(), 1U);
    EXPECT_EQ(bench.recorder.unlocked.at(0).audit.fields.at(0).second, "root");
    root.session = Bench::own_terminal();
    root.session->login_uid = 1007;
    (void)unlock("alice");
    const auto& fields = bench.recorder.unlocked.at(1).audit.fields;
    ASSERT_EQ(fields.size(), 3U);
    EXPECT_EQ(fields[1].second, "1007") << "whoever became root";
}

TEST_F(AdministrationTest, knows_no_user_whom_the_host_does_not_know) {
    EXPECT_EQ(unlock("mallory").error(), "NoSuchUser");
    EXPECT_EQ(unlock("slow").error(), "Unavailable");
    EXPECT_TRUE(bench.recorder.unlocked.empty());
}

TEST_F(AdministrationTest, goes_by_the_network_of_an_ipv6_address) {
    EXPECT_EQ(unlock_source("192.0.2.7").error(), "");
    EXPECT_EQ(unlock_source("2001:db8:1:2:3:4:5:6").error(), "");
    EXPECT_EQ(bench.recorder.unlocked.at(0).whose, "source:192.0.2.7");
    EXPECT_EQ(bench.recorder.unlocked.at(1).whose, "source:2001:db8:1:2::/64");
    EXPECT_EQ(bench.recorder.unlocked.at(1).audit.fields.at(1).second, "2001:db8:1:2::/64");
    for (const auto* odd : {"", "alice", "192.0.2", "uid:1000", "source:192.0.2.7"})
        EXPECT_EQ(unlock_source(odd).error(), "InvalidArgument") << odd;
}

TEST_F(AdministrationTest, promises_nothing_that_was_not_written) {
    bench.recorder.is_broken = true;
    EXPECT_EQ(unlock("alice").error(), "Unavailable");
}

}  // namespace
}  // namespace stepup::testing
