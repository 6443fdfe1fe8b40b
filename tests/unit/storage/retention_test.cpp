#include "daemon/storage/retention.hpp"

#include <thread>

#include "support.hpp"

namespace stepup::test {
namespace {

constexpr Millis day = std::chrono::hours(24);

/// A trail of six old records and two young ones.
class Retention : public testing::Test {
protected:
    Retention() {
        note(now_.wall - 500 * day, 6);
        note(now_.wall - 10 * day, 2);
        store_.close();
    }
    void note(Millis wall, int count) {
        for (int i = 0; i < count; ++i)
            store_.writer().note(entry(Event::passed_by_window, alice, Instant{wall + Millis(i), now_.boot}));
        (void)wait_for<bool>([&](auto done) { store_.writer().latch(0, {}, done); });
    }
    void open_and_keep(Millis keep) {
        store_.audit_keep = keep;
        store_.open();
    }
    void wait_for_start_behind(std::int64_t seq) {
        while (store_.number("SELECT seq FROM audit_start") != seq) std::this_thread::yield();
    }
    void tamper(const std::string& sql) {
        store_.close();
        store_.execute("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened;" + sql);
    }

    Instant now_ = SystemClock().now();
    Store store_;
};

TEST_F(Retention, removes_old_records_and_the_rest_verifies) {
    open_and_keep(400 * day);
    wait_for_start_behind(6);
    EXPECT_EQ(store_.number("SELECT min(seq) FROM audit"), 7);
    (void)store_.outcome_of(judgement(alice, at(1)));
    const auto chain = store_.chain();
    EXPECT_TRUE(chain.whole);
    EXPECT_EQ(chain.first, 7);
    EXPECT_EQ(chain.length, 10) << "two young ones, the record of the removal, and a new one";
    store_.reopen();
    EXPECT_EQ(store_.chain().length, 10);
}

TEST_F(Retention, keeps_everything_if_told_so) {
    open_and_keep(Millis(0));
    (void)store_.outcome_of(judgement(alice, at(1)));
    store_.close();
    EXPECT_EQ(store_.number("SELECT count(*) FROM audit"), 9);
}

TEST_F(Retention, removes_nothing_behind_a_young_record) {
    store_.open();
    note(now_.wall - 500 * day, 3);
    note(now_.wall, 1);
    store_.close();
    open_and_keep(400 * day);
    wait_for_start_behind(6);
    EXPECT_EQ(store_.number("SELECT count(*) FROM audit WHERE event = 'passed'"), 6);
}

TEST_F(Retention, believes_the_records_rather_than_a_clock_that_is_ahead_of_them) {
    tamper("UPDATE audit SET at_wall = at_wall - 450 * 86400000");  // seen from them, the clock is 460 days ahead
    open_and_keep(400 * day);
    wait_for_start_behind(6);
    EXPECT_EQ(store_.number("SELECT count(*) FROM audit WHERE event = 'passed'"), 2);
}

TEST_F(Retention, removes_many_in_slices) {
    store_.open();
    for (int i = 0; i < 5; ++i) note(now_.wall - 500 * day, 2000);
    tamper("UPDATE audit SET at_wall = at_wall - 500 * 86400000 WHERE seq IN (7, 8)");
    store_.open();
    note(now_.wall, 1);
    store_.close();
    open_and_keep(400 * day);
    wait_for_start_behind(10'008);
    EXPECT_EQ(store_.number("SELECT count(*) FROM audit"), 4) << "a young one and three records of removals";
}

TEST_F(Retention, does_not_cover_whoever_removes_the_first_records_himself) {
    tamper("UPDATE audit_start SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3), recorded = 5;"
           "DELETE FROM audit WHERE seq <= 3");
    const auto chain = store_.chain();
    EXPECT_FALSE(chain.whole);
    EXPECT_EQ(chain.fault, ChainFault::missing);
    EXPECT_EQ(chain.at, 1);
    EXPECT_EQ(chain.other, 3);
}

TEST_F(Retention, does_not_cover_whoever_removes_more_than_it_did) {
    open_and_keep(400 * day);
    wait_for_start_behind(6);
    tamper("DELETE FROM audit WHERE seq = 7");
    EXPECT_EQ(store_.chain().fault, ChainFault::missing);
    EXPECT_EQ(store_.chain().at, 7);
    store_.execute("UPDATE audit_start SET seq = 7");
    EXPECT_EQ(store_.chain().fault, ChainFault::missing);
}

TEST_F(Retention, lets_nobody_delete_what_it_did_not_remove) {
    open_and_keep(400 * day);
    wait_for_start_behind(6);
    const auto database = store_.raw();
    EXPECT_NE(sqlite3_exec(database.get(), "DELETE FROM audit", nullptr, nullptr, nullptr), SQLITE_OK);
}

}  // namespace
}  // namespace stepup::test
