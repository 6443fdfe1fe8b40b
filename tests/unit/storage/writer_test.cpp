#include "faulty_disk.hpp"
#include "support.hpp"

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>

#include "common/bytes.hpp"

namespace stepup::test {
namespace {

/// Keeps what it is shown.
class Shown final : public AuditSink {
public:
    void show(const AuditEntry& entry) override {
        const std::lock_guard lock(mutex);
        entries.push_back(entry);
    }
    std::mutex mutex;
    std::vector<AuditEntry> entries;
};

using Field = std::pair<std::string_view, std::string>;
using Fields = std::vector<Field>;

/// A store on a disk that fails on demand.
class OnFaultyDisk : public testing::Test {
protected:
    OnFaultyDisk() {
        FaultyDisk::install();
        FaultyDisk::repair();
        store_ = std::make_unique<Store>(FaultyDisk::name, &shown_);
        phone_ = store_->enroll(alice);
        settle();
        shown_.entries.clear();
    }
    ~OnFaultyDisk() override { FaultyDisk::repair(); }

    /// Waits until the writer is done with all that follows its last answer.
    void settle() {
        (void)wait_for<bool>([&](auto done) { store_->writer().latch(0, {}, done); });
    }

    Shown shown_;
    std::unique_ptr<Store> store_;
    std::int64_t phone_ = 0;
};

TEST_F(OnFaultyDisk, a_lone_judgement_costs_one_flush) {
    for (std::uint64_t step = 10; step < 15; ++step) {
        const unsigned before = FaultyDisk::syncs;
        ASSERT_EQ(store_->outcome_of(counter(alice, phone_, step, at(1))), Outcome::accepted);
        EXPECT_EQ(FaultyDisk::syncs - before, 1u);
    }
}

TEST_F(OnFaultyDisk, a_judgement_costs_no_more_than_one_flush_when_the_log_is_started_over) {
    unsigned most = 0;
    const unsigned at_first = FaultyDisk::syncs;
    constexpr unsigned answers
        = 300;  // more than the log has room for, also where it is not tidied since somebody waits
    for (std::uint64_t step = 10; step < 10 + answers; ++step) {
        std::promise<unsigned> flushes;
        // The writer is held here, or what it tidies after an earlier answer would be counted as this one's.
        store_->writer().latch(0, {}, [&](const Result<bool>&) {
            store_->writer().judge(counter(alice, phone_, step, at(1)),
                                   [&, before = FaultyDisk::syncs.load()](const Result<Judged>& judged) {
                                       EXPECT_EQ(judged.value().outcome, Outcome::accepted);
                                       flushes.set_value(FaultyDisk::syncs - before);
                                   });
        });
        most = std::max(most, flushes.get_future().get());
    }
    EXPECT_GT(FaultyDisk::syncs - at_first, answers) << "the log was not started over";
    EXPECT_EQ(most, 1u);
}

TEST_F(OnFaultyDisk, many_at_once_share_flushes) {
    std::vector<std::thread> threads;
    const unsigned before = FaultyDisk::syncs;
    std::atomic<unsigned> refused = 0;
    for (unsigned i = 0; i < 32; ++i)
        threads.emplace_back([&, i] {
            for (int turn = 0; turn < 10; ++turn)
                if (store_->outcome_of(judgement({3000 + i, "user"}, at(100 * turn))) == Outcome::refused) ++refused;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(refused, 320u);
    EXPECT_LT(FaultyDisk::syncs - before, 160u);
}

TEST_F(OnFaultyDisk, a_failing_commit_grants_nobody_and_consumes_nothing) {
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
        FaultyDisk::fail_writes = code;
        const auto judged = store_->judge(counter(alice, phone_, 50, at(1)));
        ASSERT_FALSE(judged);
        EXPECT_EQ(judged.error().code, Errc::unavailable);
        FaultyDisk::repair();
    }
    EXPECT_TRUE(shown_.entries.empty());
    EXPECT_EQ(store_->outcome_of(counter(alice, phone_, 50, at(2))), Outcome::accepted);
    EXPECT_TRUE(store_->chain().whole);
}

TEST_F(OnFaultyDisk, a_failing_flush_grants_nobody_and_the_writer_recovers) {
    FaultyDisk::fail_syncs = SQLITE_IOERR_FSYNC;
    EXPECT_FALSE(store_->judge(counter(alice, phone_, 50, at(1))));
    EXPECT_FALSE(store_->judge(judgement(alice, at(1))));
    EXPECT_FALSE(store_->start(alice, "tablet"));
    FaultyDisk::repair();
    EXPECT_EQ(store_->outcome_of(counter(alice, phone_, 50, at(2))), Outcome::accepted);
    EXPECT_EQ(store_->number("SELECT count(*) FROM failure"), 0);
    EXPECT_TRUE(store_->start(alice, "tablet"));
    EXPECT_TRUE(store_->chain().whole);
}

// the disk fails at the first write, at the second, and so on until the judgement gets through.
TEST_F(OnFaultyDisk, a_write_that_fails_anywhere_in_the_commit_grants_nobody) {
    std::uint64_t step = 50;
    unsigned failed = 0;
    for (int good_writes = 0; good_writes < 100; ++good_writes) {
        FaultyDisk::writes_left = good_writes;
        FaultyDisk::fail_writes = SQLITE_FULL;
        const auto judged = store_->judge(counter(alice, phone_, step, at(1)));
        const bool fault_hit = FaultyDisk::writes_left < 0;
        FaultyDisk::repair();
        EXPECT_NE(judged.has_value(), fault_hit);
        if (!fault_hit) break;
        ++failed;
        ASSERT_EQ(store_->outcome_of(counter(alice, phone_, step++, at(1))), Outcome::accepted);
    }
    EXPECT_GT(failed, 3u);
    EXPECT_TRUE(store_->chain().whole);
}

TEST_F(OnFaultyDisk, what_requests_recorded_is_shown_once_after_the_commit_with_its_place_in_the_chain) {
    ASSERT_EQ(store_->outcome_of(counter(alice, phone_, 50, at(1))), Outcome::accepted);
    store_->writer().note(entry(Event::passed_by_window, alice, at(2)));
    store_->close();
    ASSERT_EQ(shown_.entries.size(), 2u) << "the record, and the anchor of the stop";
    const auto& fields = shown_.entries[0].fields;
    ASSERT_EQ(fields.size(), 4u);
    EXPECT_EQ(fields[0], Field("factor", "totp"));
    EXPECT_EQ(fields[1], Field("enrollment", std::to_string(phone_)));
    EXPECT_EQ(fields[2], Field("seq", "3"));
    EXPECT_EQ(fields[3].first, "hash");
    EXPECT_EQ(fields[3].second.size(), 64u);
}

/// The chain's end as the journal was told, and as the database has it.
Fields head_of(const Store& store) {
    const auto chain = store.chain();
    return {{"seq", std::to_string(chain.length)}, {"hash", to_hex(view(chain.head))}};
}

TEST(Anchors, tell_the_journal_where_the_chain_ends_at_the_stop_and_at_the_next_start) {
    Shown shown;
    Store store(nullptr, &shown);
    (void)store.enroll(alice);
    store.writer().note(entry(Event::passed_by_window, alice, at(1)));
    store.close();
    ASSERT_FALSE(shown.entries.empty());
    EXPECT_EQ(shown.entries.back().event, Event::chain_anchored);
    EXPECT_EQ(shown.entries.back().fields, head_of(store)) << "the note, which came last, is in it";
    shown.entries.clear();
    store.open();
    store.close();
    ASSERT_EQ(shown.entries.size(), 1u);
    EXPECT_EQ(shown.entries[0].event, Event::chain_anchored);
    EXPECT_EQ(shown.entries[0].fields, head_of(store));
}

TEST(Anchors, are_told_once_in_so_many_records) {
    Shown shown;
    Store store(nullptr, &shown);
    for (std::int64_t i = 0; i < Writer::rows_between_anchors; i += 256) {
        for (int n = 0; n < 256; ++n) store.writer().note(entry(Event::passed_by_window, alice, at(1)));
        (void)store.outcome_of(judgement(alice, at(2)));
    }
    (void)store.outcome_of(judgement(alice, at(2)));
    const auto anchors = std::count_if(shown.entries.begin(), shown.entries.end(),
                                       [](const auto& each) { return each.event == Event::chain_anchored; });
    EXPECT_EQ(anchors, 1);
}

TEST(Anchors, are_told_in_time_although_nothing_more_happens) {
    Shown shown;
    Store store(nullptr, &shown);
    store.close();
    store.anchor_wait = Millis(20);
    store.open();
    (void)store.enroll(alice);
    const auto is_anchored = [&] {
        const std::lock_guard lock(shown.mutex);
        return !shown.entries.empty() && shown.entries.back().event == Event::chain_anchored;
    };
    while (!is_anchored()) std::this_thread::yield();
    store.close();
    EXPECT_EQ(shown.entries.back().fields, head_of(store));
}

TEST(Writer, a_note_that_nobody_follows_is_committed_after_a_while) {
    Store store;
    store.close();
    store.notes_wait = Millis(20);
    store.open();
    store.writer().note(entry(Event::passed_by_window, alice, at(1)));
    while (store.number("SELECT count(*) FROM audit") == 0) std::this_thread::yield();
    EXPECT_TRUE(store.chain().whole);
}

TEST_F(OnFaultyDisk, a_note_waits_for_the_disk_to_come_back) {
    store_->close();
    store_->notes_wait = Millis(20);
    store_->open();
    FaultyDisk::fail_syncs = SQLITE_IOERR_FSYNC;
    store_->writer().note(entry(Event::passed_by_window, alice, at(1)));
    const unsigned before = FaultyDisk::syncs;
    while (FaultyDisk::syncs < before + 3) std::this_thread::yield();
    FaultyDisk::repair();
    while (store_->events().back() != "passed") std::this_thread::yield();
    EXPECT_TRUE(store_->chain().whole);
}

TEST(Writer, one_failing_request_of_sixty_four_is_refused_alone) {
    Store store;
    for (const char* how : {"ABORT", "FAIL"}) {
        std::vector<std::int64_t> phones;
        for (uid_t i = 0; i < 64; ++i)
            phones.push_back(store.enroll({5000 + i, "user" + std::to_string(i)}, std::string("for ") + how));
        store.execute("CREATE TRIGGER boom BEFORE INSERT ON audit WHEN NEW.user = 'user17' AND NEW.event = 'accepted'"
                      " BEGIN SELECT RAISE("
                      + std::string(how) + ", 'boom'); END");
        std::vector<std::future<Result<Judged>>> answers;
        {
            const auto blocker = store.raw();  // while it holds the lock, requests pile up for one transaction
            ASSERT_EQ(sqlite3_exec(blocker.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
            for (uid_t i = 0; i < 64; ++i) {
                auto promise = std::make_shared<std::promise<Result<Judged>>>();
                answers.push_back(promise->get_future());
                store.writer().judge(counter({5000 + i, "user" + std::to_string(i)}, phones[i], 50, at(1)),
                                     [promise](Result<Judged> judged) { promise->set_value(judged); });
            }
            ASSERT_EQ(sqlite3_exec(blocker.get(), "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
        }
        unsigned granted = 0;
        for (uid_t i = 0; i < 64; ++i) {
            const auto judged = answers[i].get();
            EXPECT_EQ(judged.has_value(), i != 17);
            granted += judged && judged->outcome == Outcome::accepted ? 1 : 0;
        }
        EXPECT_EQ(granted, 63u);
        store.execute("DROP TRIGGER boom");
        EXPECT_EQ(store.outcome_of(counter({5017, "user17"}, phones[17], 50, at(2))), Outcome::accepted);
    }
    EXPECT_TRUE(store.chain().whole);
}

TEST(Writer, an_error_that_ends_the_whole_transaction_grants_nobody) {
    Store store;
    const auto phone = store.enroll(alice);
    const auto other = store.enroll(bob);
    store.execute("CREATE TRIGGER boom BEFORE INSERT ON audit WHEN NEW.user = 'bob'"
                  " BEGIN SELECT RAISE(ROLLBACK, 'boom'); END");
    std::vector<std::future<Result<Judged>>> answers;
    {
        const auto blocker = store.raw();
        ASSERT_EQ(sqlite3_exec(blocker.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        for (const auto& answer : {counter(alice, phone, 50, at(1)), counter(bob, other, 50, at(1))}) {
            auto promise = std::make_shared<std::promise<Result<Judged>>>();
            answers.push_back(promise->get_future());
            store.writer().judge(answer, [promise](Result<Judged> judged) { promise->set_value(judged); });
        }
        ASSERT_EQ(sqlite3_exec(blocker.get(), "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    }
    EXPECT_FALSE(answers[0].get());
    EXPECT_FALSE(answers[1].get());
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(2))), Outcome::accepted);
    EXPECT_TRUE(store.chain().whole);
}

TEST(Writer, notes_reach_the_chain_with_the_next_commit_and_when_it_stops) {
    Store store;
    store.writer().note(entry(Event::passed_by_window, alice, at(1)));
    (void)store.outcome_of(judgement(alice, at(2)));
    EXPECT_EQ(store.events(), (std::vector<std::string>{"passed", "refused"}));
    store.writer().note(entry(Event::passed_by_window, alice, at(3)));
    store.writer().stop();
    EXPECT_EQ(store.events().size(), 3u);
    EXPECT_TRUE(store.chain().whole);
}

TEST(Writer, many_notes_are_committed_without_a_request) {
    Store store;
    for (std::size_t i = 0; i < Writer::notes_commit_at; ++i)
        store.writer().note(entry(Event::passed_by_window, alice, at(1)));
    while (store.number("SELECT count(*) FROM audit") == 0) std::this_thread::yield();
    EXPECT_TRUE(store.chain().whole);
}

TEST(Writer, a_request_after_stop_is_answered_unavailable) {
    Store store;
    store.writer().stop();
    const auto judged = store.judge(judgement(alice, at(1)));
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, Errc::unavailable);
}

TEST(Writer, what_was_asked_before_stop_is_done) {
    Store store;
    std::atomic<unsigned> answered = 0;
    for (uid_t i = 0; i < 100; ++i)
        store.writer().judge(judgement({6000 + i, "user"}, at(1)), [&](const Result<Judged>& judged) {
            if (judged) ++answered;
        });
    store.writer().stop(entry(Event::daemon_stopped, {}, at(2)));
    EXPECT_EQ(answered, 100u);
    EXPECT_EQ(store.number("SELECT count(*) FROM failure"), 100);
    EXPECT_EQ(store.events().back(), event_name(Event::daemon_stopped)) << "the end of the trail";
}

TEST(Writer, hostile_text_stays_one_value_of_one_row) {
    Store store;
    auto wrong = judgement(alice, at(1));
    wrong.audit.service = "ss\nhd";
    wrong.audit.fields.emplace_back("source", "1.2.3.4\", \"forged\": \"\x1b[2J\\");
    EXPECT_EQ(store.outcome_of(wrong), Outcome::refused);
    EXPECT_EQ(store.number("SELECT service = 'ss?hd' AND json_valid(fields)"
                           " AND (SELECT count(*) FROM json_each(fields)) = 1 FROM audit"),
              1);
}

TEST(Chain, a_changed_row_shows) {
    Store store;
    for (int i = 0; i < 5; ++i) (void)store.outcome_of(judgement(bob, at(100 * i)));
    EXPECT_EQ(store.chain().length, 5);
    store.execute("DROP TRIGGER audit_is_never_changed; UPDATE audit SET user = 'alice' WHERE seq = 3");
    const auto report = store.chain();
    EXPECT_FALSE(report.whole);
    EXPECT_EQ(report.length, 2);
}

TEST(Chain, a_missing_row_shows_and_a_cut_tail_changes_the_head) {
    Store store;
    for (int i = 0; i < 5; ++i) (void)store.outcome_of(judgement(bob, at(100 * i)));
    const auto head = store.chain().head;
    store.execute("DROP TRIGGER audit_is_never_shortened; DELETE FROM audit WHERE seq = 5");
    EXPECT_TRUE(store.chain().whole);
    EXPECT_NE(store.chain().head, head);
    store.execute("DELETE FROM audit WHERE seq = 2");
    EXPECT_FALSE(store.chain().whole);
}

TEST(Chain, every_hash_depends_on_all_rows_before) {
    Store one;
    Store other;
    (void)one.outcome_of(judgement(alice, at(1)));
    (void)other.outcome_of(judgement(bob, at(1)));
    const AccountKey carol{1002, "carol"};
    (void)one.outcome_of(judgement(carol, at(2)));
    (void)other.outcome_of(judgement(carol, at(2)));
    EXPECT_EQ(one.chain().length, other.chain().length);
    EXPECT_NE(one.chain().head, other.chain().head);
}

TEST(Chain, rows_can_neither_be_updated_nor_deleted) {
    Store store;
    (void)store.outcome_of(judgement(bob, at(1)));
    const auto database = store.raw();
    EXPECT_NE(sqlite3_exec(database.get(), "UPDATE audit SET user = 'x'", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_NE(sqlite3_exec(database.get(), "DELETE FROM audit", nullptr, nullptr, nullptr), SQLITE_OK);
}

TEST(Chain, goes_on_over_a_restart) {
    Store store;
    (void)store.outcome_of(judgement(bob, at(1)));
    store.reopen("boot-2");
    (void)store.outcome_of(judgement(bob, at(2)));
    EXPECT_TRUE(store.chain().whole);
    EXPECT_EQ(store.chain().length, 2);
}

}  // namespace
}  // namespace stepup::test
