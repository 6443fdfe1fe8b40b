#include "../storage/support.hpp"

#include "daemon/audit/events.hpp"
#include "daemon/maintenance/audit_verify.hpp"

namespace stepup::test {
namespace {

/// A trail, what the journal was told of it in its order, and stores that were put back.
class Comparing : public testing::Test {
protected:
    Comparing() { store_.close(); }

    /// Writes a record, of which the journal hears as well.
    void write(Event event, std::string made = {}) {
        auto database = Database::join(store_.path()).value();
        AuditChain chain("boot-1", [](Event one) { return id_of(one); });
        ASSERT_TRUE(chain.load(database));
        auto what = entry(event, alice, at(++seconds_));
        if (!made.empty()) what.fields = {{"made", std::move(made)}, {"login_uid", "1000"}};
        ASSERT_TRUE(chain.append(database, what));
        const auto mark = chain.mark();
        const bool of_root = event == Event::store_restored;
        journal_.push_back({{mark.seq, mark.hash}, std::string(id_of(event)), !of_root, of_root});
    }
    void write_some(int count) {
        for (int i = 0; i < count; ++i) write(Event::factor_accepted);
    }
    /// What a restore does to the trail.
    void put_back(std::int64_t head) {
        store_.execute("DROP TRIGGER IF EXISTS audit_is_never_shortened; DELETE FROM audit WHERE seq > "
                       + std::to_string(head));
    }
    [[nodiscard]] Verified verified() {
        auto database = Database::open(store_.path(), Database::Access::read).value();
        Verified verified;
        verified.chain = verify_chain(database).value();
        Comparison comparison(database, verified);
        for (const auto& known : journal_) EXPECT_TRUE(comparison.with(known, false));
        comparison.conclude();
        return verified;
    }
    int seconds_ = 0;  // no two records are the same
    Store store_;
    std::vector<JournalEntry> journal_;
};

TEST_F(Comparing, a_restore_explains_what_was_written_since_its_backup) {
    write_some(10);
    put_back(6);
    write(Event::store_restored, "2026-11-20T10:00:00Z");
    write_some(2);
    const auto found = verified();
    EXPECT_TRUE(found.chain.whole);
    ASSERT_EQ(found.restored.size(), 1U);
    EXPECT_EQ(found.restored[0].record, 7);
    EXPECT_EQ(found.restored[0].known_to, 10);
    EXPECT_EQ(found.restored[0].backup_of, "2026-11-20T10:00:00Z");
    EXPECT_EQ(found.restored[0].login_uid, "1000");
    EXPECT_EQ(found.compared, 8) << "six of before, two of after";
}

TEST_F(Comparing, a_restore_after_which_the_trail_is_shorter_explains_its_end) {
    write_some(10);
    put_back(6);
    write(Event::store_restored, "then");
    EXPECT_TRUE(verified().chain.whole);
    EXPECT_EQ(verified().restored.at(0).known_to, 10);
}

TEST_F(Comparing, a_trail_that_was_put_back_without_one_is_rewritten_or_cut) {
    write_some(10);
    put_back(6);
    EXPECT_EQ(verified().chain.fault, ChainFault::cut);
    write_some(1);
    EXPECT_EQ(verified().chain.fault, ChainFault::rewritten);
    EXPECT_EQ(verified().chain.at, 7);
}

TEST_F(Comparing, a_restore_that_root_did_not_tell_the_journal_of_explains_nothing) {
    write_some(10);
    put_back(6);
    write(Event::store_restored, "then");
    journal_.back().of_daemon = true;
    journal_.back().of_root = false;
    EXPECT_EQ(verified().chain.at, 7);
    EXPECT_TRUE(verified().restored.empty());
    journal_.pop_back();
    EXPECT_EQ(verified().chain.at, 7) << "nor one that only the trail tells of";
}

TEST_F(Comparing, a_restore_that_did_not_come_about_explains_nothing) {
    write_some(10);
    put_back(6);
    write(Event::store_restored, "then");
    put_back(6);
    write(Event::store_restored, "forged");
    journal_.pop_back();
    EXPECT_EQ(verified().chain.at, 7);
    EXPECT_TRUE(verified().restored.empty());
}

TEST_F(Comparing, a_restore_explains_neither_what_stands_before_it_nor_what_came_after) {
    write_some(10);
    put_back(6);
    write(Event::store_restored, "then");
    write_some(3);
    put_back(8);
    EXPECT_EQ(verified().chain.fault, ChainFault::cut) << "record 9 of after is gone";
    EXPECT_EQ(verified().chain.at, 9);
    journal_[3].anchor.hash[0] ^= 1;
    EXPECT_EQ(verified().chain.at, 4) << "before";
}

TEST_F(Comparing, what_root_tells_of_other_stores_is_not_compared) {
    write_some(5);
    journal_.push_back({{3, {}}, "MFA-1001", false, true});
    EXPECT_TRUE(verified().chain.whole);
}

TEST_F(Comparing, of_two_restores_each_explains_its_own) {
    write_some(10);
    put_back(6);
    write(Event::store_restored, "first");
    write_some(5);
    put_back(9);
    write(Event::store_restored, "second");
    const auto found = verified();
    EXPECT_TRUE(found.chain.whole) << found.chain.at;
    ASSERT_EQ(found.restored.size(), 2U);
    EXPECT_EQ(found.restored[0].known_to, 10);
    EXPECT_EQ(found.restored[1].known_to, 12);
}

TEST_F(Comparing, what_an_administrator_kept_is_never_explained_away) {
    write_some(10);
    const auto kept = journal_.back().anchor;
    put_back(6);
    write(Event::store_restored, "then");
    auto database = Database::open(store_.path(), Database::Access::read).value();
    Verified verified;
    verified.chain = verify_chain(database).value();
    Comparison comparison(database, verified);
    ASSERT_TRUE(comparison.with_kept(kept));
    for (const auto& known : journal_) EXPECT_TRUE(comparison.with(known, false));
    comparison.conclude();
    EXPECT_EQ(verified.chain.fault, ChainFault::cut);
}

}  // namespace
}  // namespace stepup::test
