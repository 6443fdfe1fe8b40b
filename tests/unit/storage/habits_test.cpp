#include "support.hpp"

namespace stepup::test {
namespace {

const Sighting laptop{Sighting::Kind::key, "SHA256:laptop"};
const Sighting home{Sighting::Kind::network, "192.0.2.0/24"};

Judgement seen(Judgement judgement, std::vector<Sighting> sightings) {
    judgement.sightings = std::move(sightings);
    return judgement;
}
Habits habits(Store& store, const AccountKey& account = alice) {
    return store.records().habits(account, {laptop, home}).value();
}
Result<Millis> first_sight(Store& store, const AccountKey& account, Instant now) {
    return wait_for<Millis>([&](Done<Millis> done) {
        store.writer().first_sight({account, now.wall}, std::move(done));
    });
}
void change_password(Store& store, const AccountKey& account, Instant now) {
    ASSERT_TRUE(wait_for<void>([&](Done<> done) {
        store.writer().password_changed({account, entry(Event::password_changed, account, now)}, std::move(done));
    }));
}

TEST(Habits, what_was_verified_with_is_remembered_and_what_was_refused_is_not) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_EQ(store.outcome_of(seen(judgement(alice, at(1)), {laptop})), Outcome::refused);
    EXPECT_EQ(store.outcome_of(seen(counter(alice, phone, 1, at(2)), {laptop})), Outcome::replayed);
    EXPECT_TRUE(habits(store).seen.empty());
    EXPECT_EQ(store.outcome_of(seen(counter(alice, phone, 100, at(40)), {laptop, home})), Outcome::accepted);
    EXPECT_EQ(habits(store).seen, (std::vector{laptop, home}));
    EXPECT_TRUE(habits(store, bob).seen.empty());
    EXPECT_TRUE(habits(store, {alice.uid, "mallory"}).seen.empty()) << "a recycled uid inherits nothing";
    store.reopen("boot-2");
    EXPECT_EQ(habits(store).seen, (std::vector{laptop, home})) << "a restart forgets nothing";
}

TEST(Habits, are_forgotten_with_a_factor_because_who_stole_it_was_seen_too) {
    Store store;
    const auto phone = store.enroll(alice);
    const auto other = store.enroll(alice, "other");
    ASSERT_EQ(store.outcome_of(seen(counter(alice, phone, 100, at(1)), {laptop})), Outcome::accepted);
    ASSERT_TRUE(store.remove(alice, other));
    EXPECT_TRUE(habits(store).seen.empty());
}

TEST(Habits, of_a_kind_are_kept_for_the_last_hundred) {
    Store store;
    const auto phone = store.enroll(alice);
    ASSERT_EQ(store.outcome_of(seen(counter(alice, phone, 100, at(1)), {laptop, home})), Outcome::accepted);
    for (unsigned i = 0; i < most_seen; ++i) {
        const Sighting other{Sighting::Kind::key, "SHA256:" + std::to_string(i)};
        ASSERT_EQ(store.outcome_of(seen(counter(alice, phone, 101 + i, at(2 + i)), {other})), Outcome::accepted);
    }
    EXPECT_EQ(habits(store).seen, std::vector{home}) << "the key seen first is gone, networks are counted apart";
    EXPECT_EQ(store.number("SELECT count(*) FROM seen WHERE kind = 0"), most_seen);
}

TEST(Habits, a_changed_password_is_a_signal_until_the_next_verification) {
    Store store;
    const auto phone = store.enroll(alice);
    EXPECT_FALSE(habits(store).password_changed);
    change_password(store, alice, at(1));
    EXPECT_TRUE(habits(store).password_changed);
    EXPECT_FALSE(habits(store, bob).password_changed);
    EXPECT_EQ(store.outcome_of(judgement(alice, at(2))), Outcome::refused);
    EXPECT_TRUE(habits(store).password_changed) << "a wrong answer proves nothing";
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 100, at(40))), Outcome::accepted);
    EXPECT_FALSE(habits(store).password_changed);
}

TEST(Habits, a_first_login_that_a_clock_which_ran_ahead_noted_is_brought_back_once) {
    Store store;
    EXPECT_EQ(first_sight(store, alice, at(5000)).value(), at(5000).wall);
    EXPECT_EQ(first_sight(store, alice, at(5)).value(), at(5).wall);
    EXPECT_EQ(first_sight(store, alice, at(6)).value(), at(5).wall);
    EXPECT_EQ(habits(store).first_required, at(5).wall);
}

TEST(Habits, the_first_login_that_could_have_been_refused_stays_the_first) {
    Store store;
    EXPECT_EQ(habits(store).first_required, std::nullopt);
    EXPECT_EQ(first_sight(store, alice, at(5)).value(), at(5).wall);
    EXPECT_EQ(first_sight(store, alice, at(9)).value(), at(5).wall);
    change_password(store, alice, at(10));
    EXPECT_EQ(habits(store).first_required, at(5).wall);
    ASSERT_TRUE(store.remove(alice, store.enroll(alice)));
    EXPECT_EQ(first_sight(store, alice, at(9)).value(), at(5).wall) << "nor does a factor that came and went";
    change_password(store, bob, at(10));
    EXPECT_EQ(first_sight(store, bob, at(11)).value(), at(11).wall);
}

}  // namespace
}  // namespace stepup::test
