#include "support.hpp"

#include <thread>

namespace stepup::test {
namespace {

using Events = std::vector<std::string>;

const Millis hour = Seconds(3600);

struct HandedOutCodes : ::testing::Test {
    Store store;

    Result<> hand_out(FactorKind kind, const std::string& index = "AAAA", const AccountKey& account = alice,
                      Millis lasts = hour) {
        const auto event = kind == FactorKind::invite ? Event::invite_issued : Event::bypass_issued;
        return wait_for<void>([&](auto done) {
            store.writer().hand_out(
                {account, kind, {index, "$hash"}, at(0), at(0).wall + lasts, entry(event, account, at(0))}, done);
        });
    }
    Result<unsigned> reset(const AccountKey& account = alice) {
        return wait_for<unsigned>([&](auto done) {
            store.writer().reset({account, entry(Event::account_reset, account, at(0))}, done);
        });
    }
    /// The account's code of `kind`; id 0 if it has none.
    Enrollment code(FactorKind kind = FactorKind::bypass_code, Instant now = at(1)) {
        const auto all = store.records().enrollments(alice, now).value();
        for (const auto& one : all)
            if (one.kind == kind) return one;
        return {};
    }
    /// A right answer with it.
    Judgement right(const Enrollment& set, Instant now, const std::string& index = "AAAA") {
        const auto row = store.records().material(set, secret_of(index + "XXXXXXXXXXXXXXXX")).value().row;
        auto made = proving(judgement(alice, now), SpendCode{set.id, row});
        made.proof->opens.factor = set.kind;
        return made;
    }
};

TEST_F(HandedOutCodes, are_accepted_once) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    const auto answer = right(code(), at(1));
    EXPECT_EQ(store.outcome_of(answer), Outcome::accepted);
    EXPECT_EQ(code().left, 0U);
    EXPECT_EQ(store.outcome_of(answer), Outcome::replayed);
    EXPECT_EQ(store.events(), (Events{"bypass-issued", "accepted", "handed-out-used", "replayed"}));
}

TEST_F(HandedOutCodes, are_kept_sealed_for_their_account_and_kind) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    const auto set = code();
    EXPECT_EQ(store.records().material(set, secret_of("AAAAXXXXXXXXXXXXXXXX")).value().secret.reveal(), "$hash");
    auto as_recovery_codes = set;
    as_recovery_codes.kind = FactorKind::recovery_code;
    EXPECT_FALSE(store.records().material(as_recovery_codes, secret_of("AAAAXXXXXXXXXXXXXXXX")));
    auto of_bob = set;
    of_bob.account = bob;
    EXPECT_EQ(store.records().material(of_bob, secret_of("AAAAXXXXXXXXXXXXXXXX")).value().row, 0) << "a decoy";
}

TEST_F(HandedOutCodes, open_an_account_that_is_locked_for_good_and_clear_its_failures) {
    Limits low;
    low.lock_after = low.ceiling = 3;
    const auto with_limits = [&](Judgement judgement) {
        judgement.limits = low;
        return judgement;
    };
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), {{"CCCC", "$hash"}}));
    for (int i = 1; i <= 3; ++i) (void)store.judge(with_limits(judgement(alice, at(i * 100))));
    const auto recovery = with_limits(right(store.recovery_set(alice), at(9000), "CCCC"));
    ASSERT_EQ(store.outcome_of(recovery), Outcome::locked) << "a recovery code does not";
    ASSERT_TRUE(hand_out(FactorKind::bypass_code, "AAAA", alice, hour * 10));
    EXPECT_EQ(store.outcome_of(with_limits(right(code(), at(9001)))), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(recovery), Outcome::accepted) << "open again";
}

TEST_F(HandedOutCodes, that_were_used_open_no_lock_and_are_not_judged_while_there_is_one) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    const auto answer = right(code(), at(1));
    ASSERT_EQ(store.outcome_of(answer), Outcome::accepted);
    for (int i = 1; i <= 10; ++i) (void)store.judge(judgement(alice, at(i * 100)));
    auto again = answer;
    again.now = at(1001);
    EXPECT_EQ(store.outcome_of(again), Outcome::locked);
}

TEST_F(HandedOutCodes, expire_at_their_moment_wherever_the_answer_is_by_then) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    const auto set = code();
    auto last = right(set, at(3599.999));
    auto late = right(set, at(3600));
    EXPECT_EQ(store.outcome_of(late), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(last), Outcome::accepted);
    EXPECT_EQ(code(FactorKind::bypass_code, at(3599)).id, set.id);
    EXPECT_EQ(code(FactorKind::bypass_code, at(3600)).id, 0);
}

TEST_F(HandedOutCodes, void_the_one_before_of_their_kind_alone) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code, "AAAA"));
    const auto old = right(code(), at(1));
    ASSERT_TRUE(hand_out(FactorKind::invite, "BBBB"));
    ASSERT_TRUE(hand_out(FactorKind::bypass_code, "CCCC"));
    EXPECT_NE(store.outcome_of(old), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(right(code(FactorKind::invite), at(200), "BBBB")), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(right(code(), at(300), "CCCC")), Outcome::accepted);
}

TEST_F(HandedOutCodes, are_no_factors) {
    ASSERT_TRUE(hand_out(FactorKind::invite));
    EXPECT_EQ(store.records().summary(alice, {}, at(1)).value().factors, 0U);
    const auto fresh = wait_for<void>([&](auto done) {
        store.writer().replace_recovery_codes(
            {alice, {{"DDDD", "$hash"}}, at(1), entry(Event::recovery_codes_issued, alice, at(1))}, done);
    });
    EXPECT_FALSE(fresh) << "recovery codes go with a factor";
    const auto phone = store.enroll(alice);
    EXPECT_TRUE(store.records().enrollments(alice, at(1)).value().front().primary);
    EXPECT_EQ(store.records().enrollments(alice, at(1)).value().front().id, phone);
}

TEST_F(HandedOutCodes, invite_nobody_who_has_a_factor) {
    (void)store.enroll(alice);
    EXPECT_EQ(hand_out(FactorKind::invite).error().code, Errc::conflict);
    EXPECT_TRUE(hand_out(FactorKind::bypass_code));
    EXPECT_TRUE(hand_out(FactorKind::invite, "AAAA", bob));
}

TEST_F(HandedOutCodes, that_invite_and_were_not_needed_are_void_once_there_is_a_factor) {
    ASSERT_TRUE(hand_out(FactorKind::invite, "AAAA"));
    ASSERT_TRUE(hand_out(FactorKind::invite, "AAAA", bob));
    ASSERT_TRUE(hand_out(FactorKind::bypass_code, "BBBB"));
    const auto answer = right(code(FactorKind::invite), at(1));
    EXPECT_FALSE(store.confirm(alice, 999));
    EXPECT_NE(code(FactorKind::invite).id, 0) << "a wrong first code changes nothing";
    (void)store.enroll(alice);
    EXPECT_EQ(code(FactorKind::invite).id, 0);
    EXPECT_NE(store.outcome_of(answer), Outcome::accepted) << "nor if it was being compared";
    EXPECT_EQ(store.outcome_of(right(code(), at(200), "BBBB")), Outcome::accepted) << "that one is for who has factors";
    EXPECT_EQ(store.records().enrollments(bob, at(1)).value().size(), 1U);
}

TEST_F(HandedOutCodes, that_invited_stay_in_the_books_after_they_did) {
    ASSERT_TRUE(hand_out(FactorKind::invite));
    ASSERT_EQ(store.outcome_of(right(code(FactorKind::invite), at(1))), Outcome::accepted);
    (void)store.enroll(alice);
    EXPECT_EQ(store.records().summary(alice, {}, at(2)).value().last_verified, at(1).wall);
}

TEST_F(HandedOutCodes, are_known_to_be_out_until_they_are_used_or_expire) {
    const auto until = [&](double now) { return store.records().summary(alice, {}, at(now)).value().code_until; };
    EXPECT_EQ(until(1), std::nullopt);
    (void)store.enroll(alice);
    EXPECT_EQ(until(1), std::nullopt);
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    EXPECT_EQ(until(1), at(3600).wall);
    EXPECT_EQ(until(3600), std::nullopt);
    const auto page = store.records()
                          .summaries(
                              {}, 10, [](const AccountKey&) { return Limits{}; }, at(1))
                          .value();
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].code_until, at(3600).wall);
    ASSERT_EQ(store.outcome_of(right(code(), at(1))), Outcome::accepted);
    EXPECT_EQ(until(2), std::nullopt);
}

TEST_F(HandedOutCodes, have_labels_that_nobody_else_gets) {
    EXPECT_EQ(store.start(alice, "bypass-code").error().code, Errc::conflict);
    EXPECT_EQ(store.start(alice, "invite").error().code, Errc::conflict);
}

TEST_F(HandedOutCodes, are_gone_from_the_store_some_time_after_they_expired) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    store.execute("UPDATE enrollment SET expires = " + std::to_string(SystemClock().now().wall.count() - 1));
    store.reopen();
    EXPECT_EQ(store.number("SELECT count(*) FROM enrollment"), 0);
    EXPECT_EQ(store.number("SELECT count(*) FROM recovery_code"), 0);
}

TEST_F(HandedOutCodes, let_one_of_many_in) {
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    const auto answer = right(code(), at(1));
    std::atomic<int> accepted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([&] { accepted += store.outcome_of(answer) == Outcome::accepted ? 1 : 0; });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(accepted, 1);
}

// --- reset ---

TEST_F(HandedOutCodes, go_with_all_else_in_a_reset_and_nobody_elses_do) {
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), {{"CCCC", "$hash"}}));
    (void)store.start(alice, "pending");
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    (void)store.enroll(bob);
    const AccountKey namesake{5000, "alice"};
    (void)store.enroll(namesake);
    ASSERT_EQ(store.outcome_of(right(code(), at(1))), Outcome::accepted);
    EXPECT_EQ(reset().value(), 1U);
    EXPECT_TRUE(store.records().enrollments(alice, at(1)).value().empty());
    EXPECT_TRUE(store.records().verifications(alice, at(1)).value().empty());
    EXPECT_EQ(store.number("SELECT count(*) FROM recovery_code"), 0);
    EXPECT_EQ(store.records().enrollments(bob, at(1)).value().size(), 1U);
    EXPECT_EQ(store.records().enrollments(namesake, at(1)).value().size(), 1U);
    EXPECT_EQ(store.events().back(), "reset");
}

TEST_F(HandedOutCodes, and_factors_that_were_compared_before_a_reset_are_refused_after_it) {
    const auto phone = store.enroll(alice);
    ASSERT_TRUE(hand_out(FactorKind::bypass_code));
    const auto by_code = right(code(), at(1));
    ASSERT_TRUE(reset());
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(2))), Outcome::refused);
    EXPECT_NE(store.outcome_of(by_code), Outcome::accepted);
    EXPECT_TRUE(store.records().verifications(alice, at(3)).value().empty());
}

TEST_F(HandedOutCodes, an_enrollment_that_was_under_way_ends_with_a_reset) {
    const auto pending = store.start(alice, "phone").value();
    ASSERT_TRUE(reset());
    EXPECT_EQ(store.confirm(alice, pending).error().code, Errc::not_found);
}

// --- the queue ---

Result<unsigned> unlock(Store& store, const AccountKey& account = alice) {
    return wait_for<unsigned>([&](auto done) {
        store.writer().unlock({"uid:" + std::to_string(account.uid), entry(Event::unlocked, account, at(5))}, done);
    });
}

TEST(EventQueue, gets_what_happened_with_the_record_of_it) {
    Store store;
    (void)store.enroll(alice);
    ASSERT_TRUE(unlock(store));
    ASSERT_TRUE(unlock(store, bob));
    const auto waiting = store.records().queued(0, 10).value();
    ASSERT_EQ(waiting.size(), 2U) << "and nothing that is only for the trail";
    EXPECT_EQ(waiting[0].kind, "unlocked");
    EXPECT_EQ(waiting[0].account, alice);
    EXPECT_EQ(waiting[0].at, at(5).wall);
    EXPECT_EQ(waiting[0].payload, "{\"failures\":\"0\"}");
    EXPECT_EQ(waiting[1].id, waiting[0].id + 1);
    EXPECT_EQ(store.records().queued(waiting[0].id, 10).value().size(), 1U);
    EXPECT_EQ(store.records().queued(0, 1).value().size(), 1U);
}

TEST(EventQueue, keeps_what_waits_over_a_restart_and_forgets_what_was_carried) {
    Store store;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(unlock(store));
    store.reopen();
    const auto waiting = store.records().queued(0, 10).value();
    ASSERT_EQ(waiting.size(), 3U);
    ASSERT_TRUE(wait_for<void>([&](auto done) { store.writer().acknowledge(waiting[1].id, done); }));
    const auto left = store.records().queued(0, 10).value();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].id, waiting[2].id);
    ASSERT_TRUE(wait_for<void>([&](auto done) { store.writer().acknowledge(left[0].id, done); }));
    ASSERT_TRUE(unlock(store));
    EXPECT_EQ(store.records().queued(0, 10).value().at(0).id, waiting[2].id + 1) << "ids are never used again";
}

TEST(EventQueue, does_not_grow_without_bound) {
    Store store;
    store.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
                  " INSERT INTO event(at_wall, kind, uid, user, payload) SELECT 0, 'old', 1, 'x', '{}' FROM n");
    ASSERT_TRUE(unlock(store));
    EXPECT_EQ(store.number("SELECT count(*) FROM event"), 10'000);
    EXPECT_EQ(store.number("SELECT min(id) FROM event"), 2) << "the oldest went, which the gap shows";
}

TEST(EventQueue, has_nothing_of_what_was_undone) {
    Store store;
    store.execute("CREATE TRIGGER no BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END");
    EXPECT_FALSE(unlock(store));
    EXPECT_TRUE(store.events().empty()) << "nor is there a record without its event";
    EXPECT_TRUE(store.records().queued(0, 10).value().empty());
}

}  // namespace
}  // namespace stepup::test
