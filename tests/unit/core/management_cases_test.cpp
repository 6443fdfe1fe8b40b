#include <gtest/gtest.h>

#include "daemon/core/administration.hpp"
#include "tests/unit/bus_door/management_fakes.hpp"

// Cases beside the usual ones: management_test.cpp has those.

namespace stepup::testing {
namespace {

TEST(RecoveryCount, is_that_of_the_set_in_force_whatever_stands_before_it) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(8, FactorKind::recovery_code);
    bench.records.all.back().active = false;
    EXPECT_EQ(bench.management.recovery_codes_left(bench.alice)->left, 0U);
    bench.enroll(9, FactorKind::recovery_code);
    EXPECT_EQ(bench.management.recovery_codes_left(bench.alice)->left, 10U);
}

TEST(Report, names_how_far_a_window_reaches) {
    Bench bench;
    bench.enroll(1);
    auto& proved = bench.prove();
    EXPECT_EQ(bench.management.report(bench.alice, "sudo")->scope, "terminal");
    proved.binding = Binding::session;
    proved.terminal = 0;
    EXPECT_EQ(bench.management.report(bench.alice, "sudo")->scope, "session");
    bench.policy->defaults.window_scope = WindowScope::user;
    EXPECT_EQ(bench.management.report(bench.alice, "sudo")->scope, "user");
}

TEST(Confirm, with_a_code_that_was_used_already_is_a_wrong_one) {
    Bench bench;
    bench.recorder.outcome = Outcome::replayed;
    EXPECT_EQ(confirm(bench, bench.begin(), "222222").error(), "InvalidCode");
}

TEST(Confirm, remembers_the_wrong_codes_of_a_thousand_enrollments_at_most) {
    Bench bench;
    const auto wrong_code_of = [&](std::int64_t id) {
        bench.records.all.clear();
        bench.records.all.push_back(enrollment(id, FactorKind::totp));
        bench.records.all.back().active = false;
        bench.records.all.back().created = bench.clock.at.wall;
        return confirm(bench, id, "222222").error();
    };
    for (unsigned i = 0; i < Management::most_wrong_codes; ++i) EXPECT_EQ(wrong_code_of(1), "InvalidCode");
    for (std::int64_t id = 2; id <= 1001; ++id) EXPECT_EQ(wrong_code_of(id), "InvalidCode");
    EXPECT_EQ(wrong_code_of(1), "ExpiredChallenge") << "still remembered";
    EXPECT_EQ(wrong_code_of(1002), "InvalidCode");
    EXPECT_EQ(wrong_code_of(1), "InvalidCode") << "the oldest makes room";
}

TEST(StepUp, does_not_name_recovery_codes_that_are_used_up) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(9, FactorKind::recovery_code);
    bench.records.all.back().left = 0;
    Heard<void> heard;
    bench.management.remove(bench.alice, 1, heard.listen());
    EXPECT_EQ(heard.error(), "StepUpRequired");
    EXPECT_EQ(heard.message().find("recovery-code"), std::string::npos) << heard.message();
}

TEST(Turns, whoever_leaves_without_having_entered_wakes_nobody) {
    Turns<int> turns;
    std::string order;
    turns.leave(1);
    turns.enter(1, [&] { order += 'a'; });
    turns.enter(1, [&] { order += 'b'; });
    turns.leave(2);
    EXPECT_EQ(order, "a");
}

/// Knows alice.
TEST(Unlock, by_a_session_that_has_no_login_names_only_what_there_is) {
    Bench bench;
    AliceAlone accounts;
    Administration administration{administration_parts(bench, accounts)};
    Caller root{{{0, "root"}, std::vector<std::string>{}}, Session{}};
    Heard<unsigned> heard;
    administration.unlock(root, "alice", heard.listen());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(bench.recorder.unlocked.at(0).audit.fields.size(), 1U) << "by whom";
}

}  // namespace
}  // namespace stepup::testing
