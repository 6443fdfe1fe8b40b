#include "support.hpp"

namespace stepup::test {
namespace {

/// Factors that another program kept.
struct BroughtInFactors : ::testing::Test {
    Store store;

    NewEnrollment factor(const std::string& label, FactorKind kind = FactorKind::totp, std::uint64_t counter = 5) {
        return {alice,  kind, label, {}, secret_of("seed of " + label), entry(Event::factor_imported, alice, at(0)),
                counter};
    }
    template <class... More> Result<> bring(More... labels) {
        BroughtIn brought{alice, {}, at(0)};
        (brought.factors.push_back(factor(labels)), ...);
        return bring_in(std::move(brought));
    }
    Result<> bring_in(BroughtIn brought) {
        return wait_for<void>([&](auto done) { store.writer().bring_in(std::move(brought), done); });
    }
    std::vector<Enrollment> all() { return store.records().enrollments(alice, at(1)).value(); }
};

TEST_F(BroughtInFactors, are_active_with_their_seeds_and_the_oldest_is_asked_for_first) {
    ASSERT_TRUE(bring("phone", "tablet"));
    ASSERT_EQ(all().size(), 2U);
    EXPECT_TRUE(all()[0].active && all()[0].primary && all()[1].active);
    EXPECT_EQ(all()[0].label, "phone");
    EXPECT_EQ(store.records().material(all()[1], Secret())->secret.reveal(), "seed of tablet");
    EXPECT_EQ(store.events().size(), 2U);
}

TEST_F(BroughtInFactors, accept_no_step_that_was_used_elsewhere) {
    ASSERT_TRUE(bring("phone"));
    const auto id = all().at(0).id;
    EXPECT_EQ(store.outcome_of(counter(alice, id, 5, at(1))), Outcome::replayed);
    EXPECT_EQ(store.outcome_of(counter(alice, id, 6, at(2))), Outcome::accepted);
}

TEST_F(BroughtInFactors, come_all_or_none) {
    EXPECT_EQ(bring("phone", "phone").error().code, Errc::conflict);
    EXPECT_EQ(bring("phone", "recovery codes").error().code, Errc::conflict);
    EXPECT_TRUE(all().empty());
    EXPECT_TRUE(store.events().empty());
}

TEST_F(BroughtInFactors, come_into_no_account_that_has_one) {
    (void)store.enroll(alice);
    EXPECT_EQ(bring("other").error().code, Errc::conflict);
    EXPECT_EQ(all().size(), 1U);
}

TEST_F(BroughtInFactors, leave_no_invite_behind) {
    ASSERT_TRUE(wait_for<void>([&](auto done) {
        store.writer().hand_out({alice,
                                 FactorKind::invite,
                                 {"AAAA", "$hash"},
                                 at(0),
                                 at(0).wall + Seconds(3600),
                                 entry(Event::invite_issued, alice, at(0))},
                                done);
    }));
    ASSERT_EQ(all().size(), 1U);
    ASSERT_TRUE(bring("phone"));
    ASSERT_EQ(all().size(), 1U);
    EXPECT_EQ(all()[0].kind, FactorKind::totp);
}

TEST_F(BroughtInFactors, count_again_once_a_clock_that_ran_ahead_is_right) {
    BroughtIn brought{alice, {}, at(0)};
    brought.now.wall += Seconds(3600);
    brought.factors.push_back(factor("phone", FactorKind::totp, 220));
    ASSERT_TRUE(bring_in(std::move(brought)));
    const auto id = all().at(0).id;
    auto late = counter(alice, id, 220, at(1));
    late.now.wall += Seconds(3600);
    EXPECT_EQ(store.outcome_of(late), Outcome::replayed) << "used by that clock";
    EXPECT_EQ(store.outcome_of(counter(alice, id, 100, at(60))), Outcome::accepted);
}

}  // namespace
}  // namespace stepup::test
