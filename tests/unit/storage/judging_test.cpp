#include "support.hpp"

#include <thread>

namespace stepup::test {
namespace {

using Events = std::vector<std::string>;

std::vector<HashedCode> two_codes() { return {{"AAAA", "$hash of A"}, {"BBBB", "$hash of B"}}; }

TEST(Judging, accepts_a_counter_once_and_only_larger_ones_after) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, at(1))), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, at(2))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 99, at(3))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 101, at(4))), Outcome::accepted);
}

TEST(Judging, refuses_the_counter_that_confirmed_the_enrollment) {
    Store store;
    EXPECT_EQ(store.outcome_of(counter(alice, store.enroll(alice), 1, at(1))), Outcome::replayed);
}

TEST(Judging, spends_nothing_of_another_account_or_of_a_pending_enrollment) {
    Store store;
    const auto of_bob = store.enroll(bob);
    const auto pending = store.start(alice, "new").value();
    EXPECT_EQ(store.outcome_of(counter(alice, of_bob, 50, at(1))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(counter(alice, pending, 50, at(2))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(counter(bob, of_bob, 50, at(3))), Outcome::accepted);
}

TEST(Judging, a_recycled_uid_inherits_no_factor) {
    Store store;
    const auto phone = store.enroll(alice);
    const AccountKey mallory{alice.uid, "mallory"};
    EXPECT_EQ(store.outcome_of(counter(mallory, phone, 50, at(1))), Outcome::refused);
    EXPECT_TRUE(store.records().enrollments(mallory, at(1)).value().empty());
}

TEST(Judging, a_recovery_code_is_accepted_once_and_the_set_counts_down) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    ASSERT_TRUE(store.confirm(alice, phone, two_codes()));
    const auto set = store.recovery_set(alice);
    const auto code = store.records().material(set, secret_of("AAAAXXXXXXXXXXXXXXXX")).value();
    const auto judged = proving(judgement(alice, at(1)), SpendCode{set.id, code.row});
    EXPECT_EQ(store.outcome_of(judged), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(judged), Outcome::replayed);
    EXPECT_EQ(store.recovery_set(alice).left, 1u);
    EXPECT_EQ(store.recovery_set(alice).last_used, at(1).wall);
    EXPECT_EQ(store.events(), (Events{"started", "confirmed", "codes-issued", "accepted", "code-used", "replayed"}));
}

TEST(Judging, notes_that_a_factor_is_weaker_than_another_that_the_user_has) {
    Store store;
    const auto phone = store.enroll(alice);
    const auto of_bob = store.enroll(bob);
    ASSERT_TRUE(store.start(alice, "begun", at(0), FactorKind::security_key));
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 10, at(1))), Outcome::accepted);
    EXPECT_EQ(store.events().back(), "accepted") << "what was only begun is none";
    const auto of_logins = store.start(alice, "yubikey", at(0), FactorKind::ssh_security_key).value();
    ASSERT_TRUE(store.confirm(alice, of_logins, two_codes()));
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 11, at(1))), Outcome::accepted);
    EXPECT_EQ(store.events().back(), "accepted") << "what nobody can type is none";
    auto in_sshd = counter(alice, phone, 12, at(1));
    in_sshd.proof->opens.service = "sshd";
    EXPECT_EQ(store.outcome_of(in_sshd), Outcome::accepted);
    EXPECT_EQ(store.events().back(), "weaker-factor-used") << "but he could have logged in with it";
    auto second = counter(alice, phone, 13, at(1));
    second.proof->opens.service = "sshd";
    auto first = counter(alice, phone, 14, at(1));
    first.proof->opens.service = "sshd";
    first.clears_failures = false;
    second.proved_before = {FactorKind::ssh_security_key};
    for (const auto& of_two : {second, first}) {
        EXPECT_EQ(store.outcome_of(of_two), Outcome::accepted);
        EXPECT_EQ(store.events().back(), "accepted") << "who proves two may have proved it, or may yet";
    }
    const auto browser = store.start(alice, "browser", at(0), FactorKind::webauthn).value();
    ASSERT_TRUE(store.confirm(alice, browser, two_codes()));
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 15, at(2))), Outcome::accepted);
    EXPECT_EQ(store.events().back(), "weaker-factor-used");
    EXPECT_EQ(store.outcome_of(counter(bob, of_bob, 11, at(3))), Outcome::accepted);
    EXPECT_EQ(store.events().back(), "accepted") << "of another user";
    const auto set = store.recovery_set(alice);
    const auto code = store.records().material(set, secret_of("AAAAXXXXXXXXXXXXXXXX")).value();
    auto judged = proving(judgement(alice, at(4)), SpendCode{set.id, code.row});
    judged.proof->opens.factor = FactorKind::recovery_code;
    EXPECT_EQ(store.outcome_of(judged), Outcome::accepted);
    EXPECT_EQ(store.events().back(), "code-used") << "that says it";
}

TEST(Judging, a_spent_recovery_code_is_compared_with_a_decoy) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), two_codes()));
    const auto set = store.recovery_set(alice);
    const auto code = store.records().material(set, secret_of("AAAAXXXXXXXXXXXXXXXX")).value();
    ASSERT_EQ(store.outcome_of(proving(judgement(alice, at(1)), SpendCode{set.id, code.row})), Outcome::accepted);
    EXPECT_EQ(store.records().material(set, secret_of("AAAAXXXXXXXXXXXXXXXX")).value().row, 0);
}

TEST(Judging, the_decoys_row_can_never_be_spent) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), two_codes()));
    const auto set = store.recovery_set(alice);
    EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(1)), SpendCode{set.id, 0})), Outcome::replayed);
}

TEST(Judging, a_proof_that_spends_another_enrollment_is_an_error_and_counts_nothing) {
    Store store;
    const auto phone = store.enroll(alice);
    auto crossed = counter(alice, phone, 50, at(1));
    crossed.proof->enrollment = phone + 1;
    EXPECT_FALSE(store.judge(crossed));
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(2))), Outcome::accepted);
}

// --- a security key, which uses nothing up ---

/// An active one.
std::int64_t enroll_key(Store& store, const AccountKey& account) {
    const auto id = wait_for<std::int64_t>([&](auto done) {
        store.writer().start_enrollment({.account = account,
                                         .kind = FactorKind::ssh_security_key,
                                         .label = "yubikey",
                                         .oath = {},
                                         .seed = secret_of("SHA256:key"),
                                         .audit = entry(Event::enrollment_started, account, at(0))},
                                        done);
    });
    EXPECT_TRUE(store.confirm(account, id.value(), two_codes()));
    return id.value();
}

TEST(Judging, a_security_key_counts_at_each_login_and_only_while_it_is_there) {
    Store store;
    const auto key = enroll_key(store, alice);
    const auto enrolled = store.records().enrollments(alice, at(0)).value().at(0);
    EXPECT_EQ(store.records().material(enrolled, {}).value().secret.reveal(), "SHA256:key");
    for (const int second : {1, 2}) {
        EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(second)), SpendNothing{key})), Outcome::accepted);
        EXPECT_EQ(store.records().enrollments(alice, at(3)).value().at(0).last_used, at(second).wall);
    }
    EXPECT_EQ(store.outcome_of(proving(judgement(bob, at(3)), SpendNothing{key})), Outcome::refused);
    ASSERT_TRUE(store.remove(alice, key));
    EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(4)), SpendNothing{key})), Outcome::refused);
}

TEST(Judging, a_security_key_that_is_not_confirmed_counts_for_nothing) {
    Store store;
    const auto pending = store.start(alice, "yubikey").value();
    EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(1)), SpendNothing{pending})), Outcome::refused);
}

TEST(Judging, a_security_key_does_not_open_a_lock_and_clears_failures_where_there_is_none) {
    Store store;
    const auto key = enroll_key(store, alice);
    for (int i = 1; i <= 9; ++i) (void)store.judge(judgement(alice, at(i * 600)));
    EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(6'000)), SpendNothing{key})), Outcome::accepted);
    EXPECT_EQ(store.number("SELECT count(*) FROM failure"), 0);
    for (int i = 1; i <= 10; ++i) (void)store.judge(judgement(alice, at(6'000 + i * 600)));
    EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(12'001)), SpendNothing{key})), Outcome::locked);
}

// --- a counter that is pressed, not clocked ---

/// An active HOTP factor whose next counter is 500, and the store it is in.
struct TokenStore : Store {
    std::int64_t id = 0;

    TokenStore() {
        id = wait_for<std::int64_t>([&](auto done) {
                 writer().start_enrollment({.account = alice,
                                            .kind = FactorKind::hotp,
                                            .label = "token",
                                            .oath = {},
                                            .seed = secret_of("seed"),
                                            .audit = entry(Event::enrollment_started, alice, at(0)),
                                            .counter = 499},
                                           done);
             }).value();
        EXPECT_EQ(material().counter, 499U) << "as the enrollment says";
        const auto confirmed = wait_for<void>([&](auto done) {
            writer().confirm({alice, id, 500, {}, at(0), entry(Event::enrollment_confirmed, alice, at(0))}, done);
        });
        EXPECT_TRUE(confirmed);
    }
    [[nodiscard]] Material material() {
        return records().material(records().enrollments(alice, at(0)).value().at(0), {}).value();
    }
    /// A wrong answer that leaves behind what the next one may be.
    [[nodiscard]] Judgement far(std::optional<std::uint64_t> awaited, Instant now) const {
        auto made = judgement(alice, now);
        made.awaits = {Await{id, awaited}};
        return made;
    }
    [[nodiscard]] Judgement second(std::uint64_t of_pair, Instant now) const {
        return proving(judgement(alice, now), SpendCounter{id, of_pair + 1, of_pair});
    }
};

TEST(Resynchronizing, takes_two_codes_in_a_row_and_then_counts_on_from_there) {
    TokenStore store;
    EXPECT_EQ(store.outcome_of(store.far(560, at(1))), Outcome::refused);
    EXPECT_EQ(store.material().awaited, 560U);
    EXPECT_EQ(store.number("SELECT count FROM failure"), 1) << "the first of them counts as a failure";
    EXPECT_EQ(store.outcome_of(store.second(560, at(2))), Outcome::accepted);
    EXPECT_EQ(store.material().counter, 561U);
    EXPECT_FALSE(store.material().awaited);
    EXPECT_EQ(store.outcome_of(store.second(560, at(3))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, store.id, 561, at(4))), Outcome::replayed);
}

TEST(Resynchronizing, what_is_awaited_survives_a_restart_and_a_reboot) {
    TokenStore store;
    EXPECT_EQ(store.outcome_of(store.far(560, at(1))), Outcome::refused);
    store.reopen("boot-2");
    EXPECT_EQ(store.outcome_of(store.second(560, at(2))), Outcome::accepted);
}

TEST(Resynchronizing, a_wrong_answer_in_between_ends_it) {
    TokenStore store;
    EXPECT_EQ(store.outcome_of(store.far(560, at(1))), Outcome::refused);
    const auto compared_before = store.second(560, at(3));
    EXPECT_EQ(store.outcome_of(store.far(std::nullopt, at(2))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(compared_before), Outcome::refused) << "though it was right when it was compared";
    EXPECT_EQ(store.material().counter, 500U);
}

TEST(Resynchronizing, a_right_code_in_between_ends_it) {
    TokenStore store;
    EXPECT_EQ(store.outcome_of(store.far(560, at(1))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(counter(alice, store.id, 503, at(2))), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(store.second(560, at(3))), Outcome::refused);
    EXPECT_EQ(store.material().counter, 503U);
}

TEST(Resynchronizing, an_answer_that_is_not_judged_changes_nothing) {
    TokenStore store;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(store.outcome_of(judgement(alice, at(1))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(store.far(560, at(1))), Outcome::later);
    EXPECT_FALSE(store.material().awaited);
}

TEST(Resynchronizing, nobody_notes_anything_at_another_s_factor) {
    TokenStore store;
    auto of_bob = store.far(560, at(1));
    of_bob.audit.account = bob;
    of_bob.account_limit = "uid:1001";
    EXPECT_EQ(store.outcome_of(of_bob), Outcome::refused);
    EXPECT_FALSE(store.material().awaited);
}

// --- a counter that nobody knows after a step back in time ---

/// The token's store, put back to before its codes up to 509 were used.
struct PutBack : TokenStore {
    PutBack() {
        const TempFolder copy;
        close();
        std::filesystem::copy(path(), copy.file("stepup.db"));
        open();
        EXPECT_EQ(outcome_of(token(510, at(1))), Outcome::accepted);
        close();
        std::filesystem::remove(path());
        std::filesystem::remove(path() + "-wal");
        std::filesystem::remove(path() + "-shm");
        std::filesystem::copy(copy.file("stepup.db"), path());
        open();
        EXPECT_TRUE(writer().was_behind());
    }
    [[nodiscard]] Judgement token(std::uint64_t next, Instant now, const std::string& session = "audit:7") const {
        auto made = counter(alice, id, next, now);
        made.proof->opens.factor = FactorKind::hotp;
        made.proof->opens.session = session;
        return made;
    }
    /// Another factor, proved in `session`.
    void prove_another(const AccountKey& account, const std::string& session, Instant now) {
        auto made = counter(account, enroll(account, "another"), 50, now);
        made.proof->opens.session = session;
        EXPECT_EQ(outcome_of(made), Outcome::accepted);
    }
};

TEST(PutBackToken, takes_neither_the_codes_that_were_used_nor_those_that_were_not) {
    PutBack store;
    EXPECT_TRUE(store.records().enrollments(alice, at(2)).value().at(0).unsure);
    EXPECT_EQ(store.outcome_of(store.token(501, at(60))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(store.token(502, at(120))), Outcome::refused) << "two in a row, both used";
    EXPECT_EQ(store.outcome_of(store.token(511, at(180))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(store.far(560, at(240))), Outcome::refused);
    auto second = store.second(560, at(300));
    second.proof->opens.factor = FactorKind::hotp;
    EXPECT_EQ(store.outcome_of(second), Outcome::refused);
    EXPECT_EQ(store.material().counter, 500U);
    EXPECT_EQ(store.number("SELECT count FROM failure"), 5);
    EXPECT_EQ(store.number("SELECT count(*) FROM audit WHERE event = 'refused' AND fields LIKE "
                           "'%\"why\":\"nobody knows which of its codes were used\"%'"),
              4);
}

TEST(PutBackToken, counts_again_behind_another_factor_in_the_same_session) {
    PutBack store;
    store.prove_another(alice, "audit:7", at(60));
    EXPECT_EQ(store.outcome_of(store.token(511, at(120))), Outcome::accepted);
    EXPECT_FALSE(store.records().enrollments(alice, at(2)).value().at(0).unsure);
    EXPECT_EQ(store.outcome_of(store.token(509, at(180))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(store.token(512, at(240), "")), Outcome::accepted) << "anywhere";
}

TEST(PutBackToken, counts_for_no_other_session_and_for_none_that_has_no_name) {
    PutBack store;
    store.prove_another(alice, "audit:7", at(60));
    EXPECT_EQ(store.outcome_of(store.token(511, at(120), "audit:8")), Outcome::refused);
    PutBack nameless;
    nameless.prove_another(alice, "", at(60));
    EXPECT_EQ(nameless.outcome_of(nameless.token(511, at(120), "")), Outcome::refused);
}

TEST(PutBackToken, is_not_believed_because_of_somebody_else) {
    PutBack store;
    store.prove_another(bob, "audit:7", at(60));
    EXPECT_EQ(store.outcome_of(store.token(511, at(120))), Outcome::refused);
}

// --- a wall clock that is set forward ---

/// A moment at which the wall clock runs an hour ahead.
Instant ahead(double seconds) {
    auto now = at(seconds);
    now.wall += std::chrono::hours(1);
    return now;
}

TEST(ClockAhead, voids_the_step_that_was_spent_and_none_before_it) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 220, ahead(1))), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 220, ahead(2))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, at(3))), Outcome::accepted) << "the clock is right again";
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 99, at(4))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 220, at(3600))), Outcome::replayed) << "its time has come";
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 221, at(3660))), Outcome::accepted);
}

TEST(ClockAhead, does_not_bring_back_what_was_spent_before) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, at(1))), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, ahead(2))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 99, ahead(3))), Outcome::replayed);
}

TEST(ClockAhead, remembers_what_was_spent_across_a_restart) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 220, ahead(1))), Outcome::accepted);
    store.reopen("boot-2");
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 220, at(2))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, at(3))), Outcome::accepted);
}

TEST(ClockAhead, lets_an_enrollment_be_confirmed_and_its_code_be_used_once) {
    Store store;
    const auto phone = store.start(alice, "phone", ahead(0)).value();
    ASSERT_TRUE(store.confirm(alice, phone, {}, ahead(1)));
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 1, ahead(2))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 2, at(3))), Outcome::accepted);
}

TEST(ClockAhead, never_concerns_a_counter_that_is_pressed) {
    TokenStore store;
    auto pressed = counter(alice, store.id, 510, ahead(1));
    pressed.proof->opens.factor = FactorKind::hotp;
    EXPECT_EQ(store.outcome_of(pressed), Outcome::accepted);
    EXPECT_EQ(store.material().counter, 510U);
    EXPECT_EQ(store.outcome_of(counter(alice, store.id, 505, at(60))), Outcome::replayed);
}

TEST(ClockGuardTest, believes_corrections_steps_back_and_what_nobody_repairs_for_a_day) {
    ClockGuard guard(at(0));
    const auto shifted = [](double seconds, int by) {
        auto now = at(seconds);
        now.wall += Seconds(by);
        return now;
    };
    EXPECT_FALSE(guard.runs_ahead(shifted(1, 90)));
    EXPECT_FALSE(guard.runs_ahead(shifted(2, 180))) << "one correction after the other";
    EXPECT_TRUE(guard.runs_ahead(shifted(3, 271)));
    EXPECT_FALSE(guard.runs_ahead(shifted(4, -7200)));
    EXPECT_TRUE(guard.runs_ahead(shifted(5, 0))) << "from there, two hours ahead";
    EXPECT_TRUE(guard.runs_ahead(shifted(24 * 3600 + 4, 0)));
    EXPECT_FALSE(guard.runs_ahead(shifted(24 * 3600 + 5, 0)));
}

TEST(Limits, the_third_failure_delays_the_next_answer_without_counting_or_spending_it) {
    Store store;
    const auto phone = store.enroll(alice);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(store.outcome_of(judgement(alice, at(1))), Outcome::refused);
    const auto early = store.judge(counter(alice, phone, 50, at(2))).value();
    EXPECT_EQ(early.outcome, Outcome::later);
    EXPECT_EQ(early.later, at(3).boot);
    EXPECT_EQ(store.number("SELECT count FROM failure"), 3);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(3))), Outcome::accepted);
}

TEST(Limits, the_tenth_failure_locks_and_a_right_answer_is_refused_unspent) {
    Store store;
    const auto phone = store.enroll(alice);
    double now = 0;
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(store.judge(judgement(alice, at(now += 60))).value().locks_now);
    EXPECT_TRUE(store.judge(judgement(alice, at(now += 60))).value().locks_now);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(now + 1799))), Outcome::locked);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(now + 1800))), Outcome::accepted);
    const auto events = store.events();
    EXPECT_EQ(Events(events.end() - 4, events.end()),
              (Events{"refused", "locked", "refused-while-locked", "accepted"}));
}

TEST(Limits, the_ceiling_locks_for_good) {
    Store store;
    const auto phone = store.enroll(alice);
    double now = 0;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(store.outcome_of(judgement(alice, at(now += 3600))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(now + 1e6))), Outcome::locked);
}

unsigned unlock(Store& store, const std::string& whose, double when) {
    return wait_for<unsigned>([&](auto done) {
               store.writer().unlock({whose, entry(Event::unlocked, alice, at(when))}, done);
           })
        .value();
}

TEST(Unlocking, opens_an_account_at_the_ceiling_at_once) {
    Store store;
    const auto phone = store.enroll(alice);
    double now = 0;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(store.outcome_of(judgement(alice, at(now += 3600))), Outcome::refused);
    ASSERT_EQ(store.outcome_of(counter(alice, phone, 50, at(now + 1))), Outcome::locked);
    EXPECT_EQ(unlock(store, "uid:1000", now + 2), 100U);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(now + 3))), Outcome::accepted);
    EXPECT_EQ(store.number("SELECT fields LIKE '%\"failures\":\"100\"%' FROM audit WHERE event = 'unlocked'"), 1);
}

TEST(Unlocking, of_one_leaves_all_others_as_they_are) {
    Store store;
    auto wrong = judgement(alice, at(1));
    wrong.source_limit = "source:192.0.2.7";
    EXPECT_EQ(store.outcome_of(wrong), Outcome::refused);
    EXPECT_EQ(store.outcome_of(judgement(bob, at(1))), Outcome::refused);
    EXPECT_EQ(unlock(store, "uid:1000", 2), 1U);
    EXPECT_EQ(store.number("SELECT count(*) FROM failure"), 2) << "bob's and the source's";
    EXPECT_EQ(unlock(store, "source:192.0.2.7", 3), 1U);
    EXPECT_EQ(store.number("SELECT count(*) FROM failure"), 1) << "bob's";
}

TEST(Unlocking, of_who_has_no_failures_is_written_down_all_the_same) {
    Store store;
    EXPECT_EQ(unlock(store, "uid:1000", 1), 0U);
    EXPECT_EQ(store.events(), Events{"unlocked"});
}

TEST(Limits, hold_for_the_first_code_of_an_enrollment_too) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(store.outcome_of(judgement(alice, at(1))), Outcome::refused);
    const auto delayed = store.confirm(alice, phone, {}, at(2));
    ASSERT_FALSE(delayed);
    EXPECT_EQ(delayed.error().code, Errc::limited);
    EXPECT_EQ(store.number("SELECT active FROM enrollment"), 0);
    EXPECT_TRUE(store.confirm(alice, phone, {}, at(3)));
    EXPECT_EQ(store.number("SELECT count FROM failure"), 3) << "it proves nothing about the account's other factors";
}

TEST(Limits, hold_for_the_first_code_of_an_enrollment_at_the_ceiling) {
    Store store;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(store.outcome_of(judgement(alice, at(3600 * i))), Outcome::refused);
    const double later = 3600.0 * 200;
    const auto phone = store.start(alice, "phone", at(later)).value();
    EXPECT_EQ(store.confirm(alice, phone, {}, at(later + 1)).error().code, Errc::limited);
}

TEST(Limits, the_ceiling_survives_a_restart_and_a_reboot) {
    Store store;
    const auto phone = store.enroll(alice);
    for (int i = 0; i < 99; ++i) ASSERT_EQ(store.outcome_of(judgement(alice, at(3600 * i))), Outcome::refused);
    store.reopen();
    EXPECT_EQ(store.outcome_of(judgement(alice, at(3600 * 99))), Outcome::refused) << "the hundredth";
    store.reopen("boot-2");
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, {at(1e8).wall, at(1e8).boot})), Outcome::locked);
}

TEST(Limits, failures_add_up_over_a_reboot) {
    Store store;
    for (int i = 0; i < 9; ++i) ASSERT_EQ(store.outcome_of(judgement(alice, at(60 * i))), Outcome::refused);
    store.reopen("boot-2");
    EXPECT_TRUE(store.judge(judgement(alice, {at(600).wall, Millis(5000)})).value().locks_now) << "the tenth";
    EXPECT_EQ(store.outcome_of(judgement(alice, {at(601).wall, Millis(6000)})), Outcome::locked);
}

TEST(Limits, those_of_a_source_survive_a_restart_and_a_reboot) {
    Store store;
    const auto from_there = [](unsigned user, Instant now) {
        auto made = judgement({2000 + user, "user"}, now);
        made.source_limit = "source:192.0.2.7";
        return made;
    };
    for (unsigned i = 0; i < 15; ++i) ASSERT_EQ(store.outcome_of(from_there(i, at(31.0 * i))), Outcome::refused);
    store.reopen();
    for (unsigned i = 15; i < 30; ++i) ASSERT_EQ(store.outcome_of(from_there(i, at(31.0 * i))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(from_there(50, at(931))), Outcome::locked);
    store.reopen("boot-2");
    EXPECT_EQ(store.outcome_of(from_there(51, {at(932).wall, Millis(5000)})), Outcome::locked);
}

TEST(Limits, failures_survive_a_restart_and_a_lock_survives_a_reboot) {
    Store store;
    for (int i = 0; i < 10; ++i) (void)store.judge(judgement(alice, at(60 * i)));
    store.reopen();
    EXPECT_EQ(store.outcome_of(judgement(alice, at(541))), Outcome::locked);
    store.reopen("boot-2");
    EXPECT_EQ(store.outcome_of(judgement(alice, {at(541).wall, Millis(5000)})), Outcome::locked);
}

TEST(Limits, a_success_clears_the_account_but_not_the_source) {
    Store store;
    const auto phone = store.enroll(alice);
    auto wrong = judgement(alice, at(1));
    wrong.source_limit = "source:192.0.2.7";
    EXPECT_EQ(store.outcome_of(wrong), Outcome::refused);
    auto right = counter(alice, phone, 50, at(2));
    right.source_limit = wrong.source_limit;
    EXPECT_EQ(store.outcome_of(right), Outcome::accepted);
    EXPECT_EQ(store.number("SELECT count(*) FROM failure WHERE whose = 'uid:1000'"), 0);
    EXPECT_EQ(store.number("SELECT count FROM failure WHERE whose = 'source:192.0.2.7'"), 1);
}

TEST(Limits, the_first_of_two_proofs_clears_nothing) {
    Store store;
    const auto phone = store.enroll(alice);
    for (int i = 1; i <= 9; ++i) EXPECT_EQ(store.outcome_of(judgement(alice, at(i * 100))), Outcome::refused);
    auto first = counter(alice, phone, 50, at(1000));
    first.clears_failures = false;
    EXPECT_EQ(store.outcome_of(first), Outcome::accepted);
    EXPECT_TRUE(store.judge(judgement(alice, at(1100)))->locks_now) << "the tenth";
}

TEST(Limits, a_source_is_locked_across_accounts_and_forgotten_half_an_hour_after_its_last_failure) {
    Store store;
    auto from_there = [](const AccountKey& account, double seconds) {
        auto made = judgement(account, at(seconds));
        made.source_limit = "source:192.0.2.7";
        return made;
    };
    for (unsigned i = 0; i < 30; ++i)
        ASSERT_EQ(store.outcome_of(from_there({2000 + i, "user"}, 31.0 * i)), Outcome::refused);
    const double last = 31.0 * 29;
    EXPECT_EQ(store.outcome_of(from_there(bob, last + 1)), Outcome::locked);
    EXPECT_EQ(store.outcome_of(judgement(bob, at(last + 1))), Outcome::refused);
    EXPECT_EQ(store.outcome_of(from_there(bob, last + 3600)), Outcome::refused);
    EXPECT_EQ(store.number("SELECT count FROM failure WHERE whose = 'source:192.0.2.7'"), 1);
}

TEST(Limits, a_source_that_many_share_waits_later_than_an_account_and_is_forgiven_a_failure_a_minute) {
    Store store;
    auto from_there = [](unsigned user, double seconds) {
        auto made = judgement({2000 + user, "user"}, at(seconds));
        made.source_limit = "source:192.0.2.7";
        return made;
    };
    for (unsigned i = 0; i < 10; ++i) ASSERT_EQ(store.outcome_of(from_there(i, 1)), Outcome::refused) << i;
    EXPECT_EQ(store.outcome_of(from_there(20, 2)), Outcome::later) << "the tenth";
    EXPECT_EQ(store.outcome_of(from_there(20, 3 + 5 * 60)), Outcome::refused);
    EXPECT_EQ(store.number("SELECT count FROM failure WHERE whose = 'source:192.0.2.7'"), 10 - 5 + 1);
}

TEST(Limits, what_a_user_s_own_programs_guess_locks_for_a_while_but_never_for_good) {
    Store store;
    auto own = judgement(alice, at(0));
    own.may_lock_for_good = false;
    for (int i = 0; i < 120; ++i) {
        own.now = at(1801.0 * i);
        ASSERT_EQ(store.outcome_of(own), Outcome::refused) << i;
    }
    EXPECT_EQ(store.number("SELECT count FROM failure WHERE whose = 'uid:1000'"), 99);
    EXPECT_EQ(store.outcome_of(judgement(alice, at(1801.0 * 121))), Outcome::refused) << "a login's hundredth";
    EXPECT_EQ(store.outcome_of(judgement(alice, at(1801.0 * 122))), Outcome::locked);
}

TEST(Limits, setting_the_wall_clock_neither_ends_a_lock_nor_forgets_a_source) {
    Store store;
    auto wrong = judgement(alice, at(0));
    wrong.source_limit = "source:192.0.2.7";
    for (int i = 0; i < 10; ++i) {
        wrong.now = at(31 * i);
        (void)store.judge(wrong);
    }
    wrong.now = {at(1e8).wall, at(280).boot};
    EXPECT_EQ(store.outcome_of(wrong), Outcome::locked);
    auto other = judgement(bob, wrong.now);
    other.source_limit = wrong.source_limit;
    EXPECT_EQ(store.outcome_of(other), Outcome::later);
}

TEST(Limits, a_success_of_a_stranger_name_cannot_happen_and_its_failures_are_counted_in_a_bucket) {
    Store store;
    auto stranger = judgement({static_cast<uid_t>(-1), "nobody-here"}, at(1));
    stranger.account_limit = store.records().unknown_user_key("nobody-here");
    EXPECT_EQ(stranger.account_limit.substr(0, 5), "name:");
    EXPECT_EQ(stranger.account_limit.size(), 9u);
    EXPECT_EQ(store.outcome_of(stranger), Outcome::refused);
    EXPECT_EQ(store.number("SELECT uid FROM audit ORDER BY seq DESC LIMIT 1"), -1);
}

// One round: `sessions` threads hand in the same answer at the same moment.
unsigned accepted_of(Store& store, const Judgement& answer, unsigned sessions) {
    std::promise<void> start;
    const auto started = start.get_future().share();
    std::atomic<unsigned> accepted = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < sessions; ++i)
        threads.emplace_back([&] {
            started.wait();
            if (store.judge(answer).value().outcome == Outcome::accepted) ++accepted;
        });
    start.set_value();
    for (auto& thread : threads) thread.join();
    return accepted;
}

TEST(Race, sixty_four_sessions_with_one_counter_are_granted_once_in_every_round) {
    Store store;
    const auto phone = store.enroll(alice);
    for (unsigned round = 2; round < 52; ++round) {
        auto answer = counter(alice, phone, round, at(1e5 * round));
        answer.limits = {.delay_from = 1000, .lock_after = 1000, .ceiling = 1000};
        ASSERT_EQ(accepted_of(store, answer, 64), 1u) << "round " << round;
        store.execute("DELETE FROM failure");
    }
    EXPECT_TRUE(store.chain().whole);
}

TEST(Race, of_sixty_four_second_codes_of_a_pair_one_is_granted) {
    TokenStore store;
    for (std::uint64_t round = 1; round < 20; ++round) {
        const auto awaited = 500 + 60 * round;
        ASSERT_EQ(store.outcome_of(store.far(awaited, at(1e5 * static_cast<double>(round)))), Outcome::refused);
        auto answer = store.second(awaited, at(1e5 * static_cast<double>(round) + 1));
        answer.limits = {.delay_from = 1000, .lock_after = 1000, .ceiling = 1000};
        ASSERT_EQ(accepted_of(store, answer, 64), 1u) << "round " << round;
        store.execute("DELETE FROM failure");
    }
    EXPECT_TRUE(store.chain().whole);
}

TEST(Race, sixty_four_sessions_with_one_recovery_code_are_granted_once_in_every_round) {
    Store store;
    std::vector<HashedCode> codes;
    for (char letter = 'A'; letter < 'A' + 20; ++letter) codes.push_back({std::string(4, letter), "hash"});
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), codes));
    const auto set = store.recovery_set(alice);
    for (const auto& code : codes) {
        const auto row = store.records().material(set, secret_of(code.index + "XXXXXXXXXXXXXXXX")).value().row;
        auto answer = proving(judgement(alice, at(1)), SpendCode{set.id, row});
        answer.limits = {.delay_from = 1000, .lock_after = 1000, .ceiling = 1000};
        ASSERT_EQ(accepted_of(store, answer, 64), 1u) << "code " << code.index;
        store.execute("DELETE FROM failure");
    }
    EXPECT_EQ(store.recovery_set(alice).left, 0u);
}

TEST(Race, parallel_wrong_answers_are_never_told_more_often_than_the_limit_allows) {
    Store store;
    std::atomic<unsigned> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 64; ++i)
        threads.emplace_back([&] {
            auto guess = judgement(alice, at(1));
            guess.limits = {.delay_from = 1000, .lock_after = 5, .ceiling = 100};
            if (store.judge(guess).value().outcome == Outcome::refused) ++refused;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(refused, 5u);
}

}  // namespace
}  // namespace stepup::test
