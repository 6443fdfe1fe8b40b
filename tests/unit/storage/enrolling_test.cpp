#include "support.hpp"

namespace stepup::test {
namespace {

using Events = std::vector<std::string>;

std::vector<HashedCode> codes(const std::string& first) { return {{first + "AAA", "hash"}, {first + "BBB", "hash"}}; }

std::vector<Enrollment> of(Store& store, const AccountKey& account, Instant now = at(0)) {
    return store.records().enrollments(account, now).value();
}

Verification window_of(const AccountKey& account) {
    Verification opens;
    opens.account = account;
    opens.binding = Binding::terminal;
    return opens;
}

void open_window(Store& store, const AccountKey& account, std::int64_t enrollment, std::uint64_t step) {
    auto answer = counter(account, enrollment, step, at(1));
    answer.proof->opens = window_of(account);
    ASSERT_EQ(store.outcome_of(answer), Outcome::accepted);
    ASSERT_FALSE(store.records().verifications(account, at(1))->empty());
}

TEST(Enrolling, is_pending_until_its_first_code_and_active_after) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    auto all = of(store, alice);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].id, phone);
    EXPECT_EQ(all[0].label, "phone");
    EXPECT_EQ(all[0].kind, FactorKind::totp);
    EXPECT_EQ(all[0].account, alice);
    EXPECT_EQ(all[0].created, at(0).wall);
    EXPECT_FALSE(all[0].active);
    ASSERT_TRUE(store.confirm(alice, phone, codes("A")));
    all = of(store, alice);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_TRUE(all[0].active);
    EXPECT_TRUE(all[0].primary);
    EXPECT_EQ(store.records().material(all[0], {}).value().counter, 1u);
    EXPECT_FALSE(all[0].last_used);
    EXPECT_EQ(all[1].kind, FactorKind::recovery_code);
    EXPECT_FALSE(all[1].primary);
    EXPECT_EQ(all[1].left, 2u);
    EXPECT_EQ(all[1].issued, 2u);
    EXPECT_EQ(store.events(), (Events{"started", "confirmed", "codes-issued"}));
}

TEST(Enrolling, keeps_the_oath_parameters) {
    Store store;
    const OathParameters oath{OathHash::sha512, 8, 60};
    const auto id = wait_for<std::int64_t>([&](auto done) {
        store.writer().start_enrollment(
            {alice, FactorKind::totp, "phone", oath, secret_of("seed"), entry(Event::enrollment_started, alice, at(0))},
            done);
    });
    ASSERT_TRUE(id);
    EXPECT_EQ(of(store, alice)[0].oath, oath);
}

TEST(Enrolling, runs_out_after_fifteen_minutes) {
    Store store;
    const auto phone = store.start(alice, "phone", at(0)).value();
    EXPECT_EQ(of(store, alice, at(900)).size(), 1u);
    EXPECT_TRUE(of(store, alice, at(901)).empty());
    EXPECT_EQ(store.confirm(alice, phone, {}, at(901)).error().code, Errc::not_found);
    EXPECT_TRUE(store.start(alice, "phone", at(901)));
}

TEST(Enrolling, is_confirmed_once) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    ASSERT_TRUE(store.confirm(alice, phone));
    EXPECT_EQ(store.confirm(alice, phone).error().code, Errc::conflict);
    EXPECT_EQ(store.confirm(alice, 4711).error().code, Errc::not_found);
    EXPECT_EQ(store.confirm(bob, phone).error().code, Errc::not_found);
}

TEST(Enrolling, a_label_is_taken_by_active_and_pending_ones_of_the_account_only) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    EXPECT_EQ(store.start(alice, "phone").error().code, Errc::conflict);
    ASSERT_TRUE(store.confirm(alice, phone));
    EXPECT_EQ(store.start(alice, "phone", at(2000)).error().code, Errc::conflict);
    EXPECT_TRUE(store.start(bob, "phone"));
    EXPECT_EQ(store.start(alice, "recovery codes").error().code, Errc::conflict);
    EXPECT_EQ(store.events(), (Events{"started", "confirmed", "started"}));
}

TEST(Enrolling, of_more_than_five_started_ones_the_oldest_goes) {
    Store store;
    const auto active = store.enroll(alice, "active");
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(store.start(alice, "started " + std::to_string(i)));
    const auto all = of(store, alice);
    ASSERT_EQ(all.size(), 6u);
    EXPECT_EQ(all[0].id, active);
    EXPECT_EQ(all[1].label, "started 2");
    EXPECT_EQ(all[5].label, "started 6");
}

TEST(Enrolling, the_first_factor_is_primary_and_listed_first) {
    Store store;
    const auto phone = store.enroll(alice, "phone");
    const auto tablet = store.enroll(alice, "tablet");
    const auto all = of(store, alice);
    EXPECT_EQ(all[0].id, phone);
    EXPECT_TRUE(all[0].primary);
    EXPECT_EQ(all[1].id, tablet);
    EXPECT_FALSE(all[1].primary);
}

TEST(Removing, makes_the_oldest_remaining_factor_primary_and_keeps_the_recovery_codes) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    ASSERT_TRUE(store.confirm(alice, phone, codes("A")));
    const auto tablet = store.enroll(alice, "tablet");
    ASSERT_TRUE(store.remove(alice, phone));
    const auto all = of(store, alice);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].id, tablet);
    EXPECT_TRUE(all[0].primary);
    EXPECT_EQ(all[1].left, 2u);
}

TEST(Removing, the_last_factor_takes_the_recovery_codes_with_it) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    ASSERT_TRUE(store.confirm(alice, phone, codes("A")));
    (void)store.start(alice, "tablet");
    ASSERT_TRUE(store.remove(alice, phone));
    ASSERT_EQ(of(store, alice).size(), 1u);
    EXPECT_FALSE(of(store, alice)[0].active);
    EXPECT_EQ(store.number("SELECT count(*) FROM recovery_code"), 0);
}

TEST(Removing, is_for_ones_own_and_for_good) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_EQ(store.remove(bob, phone).error().code, Errc::not_found);
    ASSERT_TRUE(store.remove(alice, phone));
    EXPECT_EQ(store.remove(alice, phone).error().code, Errc::not_found);
    store.reopen();
    EXPECT_TRUE(of(store, alice).empty());
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(1))), Outcome::refused);
    EXPECT_GT(store.start(alice, "phone").value(), phone);
}

TEST(Removing, one_that_was_never_confirmed_ends_no_window) {
    Store store;
    const auto phone = store.enroll(alice, "phone");
    open_window(store, alice, phone, 50);
    ASSERT_TRUE(store.remove(alice, store.start(alice, "tablet").value()));
    EXPECT_EQ(store.records().verifications(alice, at(1))->size(), 1u);
}

TEST(Renewing, voids_the_old_set) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), codes("A")));
    const auto old = store.recovery_set(alice);
    const auto old_row = store.records().material(old, secret_of("AAAAXXXXXXXXXXXXXXXX")).value().row;
    ASSERT_TRUE(wait_for<void>([&](auto done) {
        store.writer().replace_recovery_codes(
            {alice, codes("N"), at(1), entry(Event::recovery_codes_issued, alice, at(1))}, done);
    }));
    const auto renewed = store.recovery_set(alice);
    EXPECT_NE(renewed.id, old.id);
    EXPECT_EQ(renewed.left, 2u);
    EXPECT_EQ(store.records().material(renewed, secret_of("AAAAXXXXXXXXXXXXXXXX")).value().row, 0);
    EXPECT_EQ(store.outcome_of(proving(judgement(alice, at(1)), SpendCode{old.id, old_row})), Outcome::refused);
}

TEST(Renewing, is_for_accounts_with_a_factor) {
    Store store;
    (void)store.start(alice, "phone");
    const auto renewed = wait_for<void>([&](auto done) {
        store.writer().replace_recovery_codes(
            {alice, codes("N"), at(1), entry(Event::recovery_codes_issued, alice, at(1))}, done);
    });
    EXPECT_EQ(renewed.error().code, Errc::not_found);
}

TEST(FactorChange, ends_every_window_of_the_account_and_of_no_other) {
    Store store;
    const auto phone = store.enroll(alice, "phone");
    const auto of_bob = store.enroll(bob, "phone");
    open_window(store, bob, of_bob, 50);

    open_window(store, alice, phone, 50);
    const auto tablet = store.enroll(alice, "tablet");
    EXPECT_TRUE(store.records().verifications(alice, at(1))->empty());

    open_window(store, alice, phone, 51);
    ASSERT_TRUE(wait_for<void>([&](auto done) {
        store.writer().replace_recovery_codes({alice, codes("N"), at(1), entry(Event::locked, alice, at(1))}, done);
    }));
    EXPECT_TRUE(store.records().verifications(alice, at(1))->empty());

    open_window(store, alice, phone, 52);
    ASSERT_TRUE(store.remove(alice, tablet));
    EXPECT_TRUE(store.records().verifications(alice, at(1))->empty());
    EXPECT_EQ(store.records().verifications(bob, at(1))->size(), 1u);
}

Result<> rename(Store& store, const AccountKey& account, std::int64_t id, const std::string& label,
                Instant now = at(0)) {
    return wait_for<void>([&](auto done) {
        store.writer().rename({account, id, label, entry(Event::factor_renamed, account, now)}, done);
    });
}
Result<> make_primary(Store& store, const AccountKey& account, std::int64_t id) {
    return wait_for<void>([&](auto done) {
        store.writer().set_primary({account, id, entry(Event::primary_chosen, account, at(0))}, done);
    });
}
Result<unsigned> disable(Store& store, const AccountKey& account) {
    return wait_for<unsigned>([&](auto done) {
        store.writer().disable({account, entry(Event::factors_disabled, account, at(0))}, done);
    });
}

TEST(Keeping, a_new_label_and_the_primary_stay_over_a_restart) {
    Store store;
    const auto phone = store.enroll(alice, "phone");
    const auto tablet = store.enroll(alice, "tablet");
    ASSERT_TRUE(rename(store, alice, phone, "old phone"));
    ASSERT_TRUE(make_primary(store, alice, tablet));
    store.reopen();
    const auto all = of(store, alice);
    EXPECT_EQ(all[0].id, tablet);
    EXPECT_TRUE(all[0].primary);
    EXPECT_EQ(all[1].label, "old phone");
    EXPECT_FALSE(all[1].primary);
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 50, at(1))), Outcome::accepted) << "its seed opens as before";
}

TEST(Keeping, a_label_is_taken_by_the_account_s_others_until_they_run_out) {
    Store store;
    const auto phone = store.enroll(alice, "phone");
    (void)store.enroll(alice, "tablet");
    (void)store.start(alice, "started", at(0));
    (void)store.enroll(bob, "watch");
    EXPECT_EQ(rename(store, alice, phone, "tablet").error().code, Errc::conflict);
    EXPECT_EQ(rename(store, alice, phone, "recovery codes").error().code, Errc::conflict);
    EXPECT_EQ(rename(store, alice, phone, "started").error().code, Errc::conflict);
    EXPECT_EQ(of(store, alice)[0].label, "phone");
    EXPECT_TRUE(rename(store, alice, phone, "started", at(901)));
    EXPECT_TRUE(rename(store, alice, phone, "watch"));
}

TEST(Keeping, concerns_ones_own_active_factors) {
    Store store;
    const auto phone = store.start(alice, "phone").value();
    ASSERT_TRUE(store.confirm(alice, phone, codes("A")));
    const auto pending = store.start(alice, "pending").value();
    for (const auto id : {pending, store.recovery_set(alice).id, std::int64_t{4711}}) {
        EXPECT_EQ(rename(store, alice, id, "x").error().code, Errc::not_found) << id;
        EXPECT_EQ(make_primary(store, alice, id).error().code, Errc::not_found) << id;
    }
    EXPECT_EQ(rename(store, bob, phone, "x").error().code, Errc::not_found);
    EXPECT_EQ(make_primary(store, bob, phone).error().code, Errc::not_found);
    EXPECT_EQ(disable(store, bob).error().code, Errc::not_found);
    EXPECT_TRUE(of(store, alice)[0].primary);
    EXPECT_EQ(store.events(), (Events{"started", "confirmed", "codes-issued", "started"}));
}

TEST(Keeping, another_label_or_primary_ends_no_window) {
    Store store;
    const auto phone = store.enroll(alice, "phone");
    open_window(store, alice, phone, 50);
    ASSERT_TRUE(rename(store, alice, phone, "x"));
    ASSERT_TRUE(make_primary(store, alice, phone));
    EXPECT_EQ(store.records().verifications(alice, at(1))->size(), 1u);
}

TEST(Disabling, removes_all_of_the_account_with_its_windows_and_nothing_of_others) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), codes("A")));
    const auto tablet = store.enroll(alice, "tablet");
    (void)store.start(alice, "started");
    const auto of_bob = store.enroll(bob, "phone");
    open_window(store, alice, tablet, 50);
    open_window(store, bob, of_bob, 50);
    EXPECT_EQ(disable(store, alice).value(), 2u);
    EXPECT_TRUE(of(store, alice).empty());
    EXPECT_EQ(store.number("SELECT count(*) FROM recovery_code"), 0);
    EXPECT_TRUE(store.records().verifications(alice, at(1))->empty());
    EXPECT_EQ(of(store, bob).size(), 1u);
    EXPECT_EQ(store.records().verifications(bob, at(1))->size(), 1u);
    EXPECT_EQ(disable(store, alice).error().code, Errc::not_found);
}

TEST(Disabling, a_factor_set_up_again_is_the_primary) {
    Store store;
    (void)store.enroll(alice, "phone");
    ASSERT_TRUE(disable(store, alice));
    const auto again = store.enroll(alice, "phone");
    EXPECT_EQ(of(store, alice)[0].id, again);
    EXPECT_TRUE(of(store, alice)[0].primary);
}

}  // namespace
}  // namespace stepup::test
