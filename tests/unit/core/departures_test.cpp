#include "daemon/core/departures.hpp"

#include <gtest/gtest.h>

#include "tests/unit/bus_door/management_fakes.hpp"

namespace stepup::testing {
namespace {

/// Knows alice as 1000; "slow" hangs.
class Host final : public Accounts {
public:
    uid_t alice = 1000;
    bool has_alice = true;
    void find(const std::string& name, Done<Account> done) override {
        if (name == "slow") return done(fail(Errc::timed_out, "slow"));
        if (name != "alice" || !has_alice) return done(fail(Errc::not_found, "none"));
        done(Account{{alice, "alice"}, std::vector<std::string>{}});
    }
    void find(uid_t, Done<Account>) override { }
};

struct DeparturesTest : ::testing::Test {
    Bench bench;
    Host host;
    Departures departures{bench.clock, host, bench.records, bench.recorder};
};

TEST_F(DeparturesTest, end_the_windows_of_a_session_by_both_its_names) {
    departures.session_left("7", "screen lock");
    ASSERT_EQ(bench.recorder.departed.size(), 1U);
    const auto& gone = bench.recorder.departed[0];
    EXPECT_EQ(gone.sessions, (std::vector<std::string>{"audit:7", "scope:session-7.scope"}));
    EXPECT_EQ(gone.audit.event, Event::windows_ended);
    EXPECT_EQ(gone.audit.fields.at(0).second, "screen lock");
}

TEST_F(DeparturesTest, end_every_window_when_the_host_sleeps) {
    departures.host_sleeps();
    EXPECT_FALSE(bench.recorder.departed.at(0).sessions);
}

TEST_F(DeparturesTest, end_the_windows_of_an_account_that_is_gone_or_another_uid_now) {
    bench.prove();
    departures.accounts_changed();
    EXPECT_TRUE(bench.recorder.ended.empty()) << "she is there";
    host.alice = 1001;
    departures.accounts_changed();
    host.has_alice = false;
    departures.accounts_changed();
    ASSERT_EQ(bench.recorder.ended.size(), 2U);
    EXPECT_EQ(bench.recorder.ended[0].account, (AccountKey{1000, "alice"}));
    EXPECT_FALSE(bench.recorder.ended[1].only_in) << "all of them";
}

TEST_F(DeparturesTest, take_the_trusted_keys_of_an_account_with_them) {
    bench.prove();
    host.has_alice = false;
    departures.accounts_changed();
    ASSERT_EQ(bench.recorder.forgotten.size(), 1U);
    EXPECT_EQ(bench.recorder.forgotten[0].account, (AccountKey{1000, "alice"}));
    EXPECT_FALSE(bench.recorder.forgotten[0].key) << "all of them";
    EXPECT_EQ(bench.recorder.forgotten[0].audit.event, Event::trusted_keys_forgotten);
}

TEST_F(DeparturesTest, leave_an_account_alone_that_cannot_be_looked_up) {
    bench.prove().account = {1003, "slow"};
    departures.accounts_changed();
    EXPECT_TRUE(bench.recorder.ended.empty());
}

}  // namespace
}  // namespace stepup::testing
