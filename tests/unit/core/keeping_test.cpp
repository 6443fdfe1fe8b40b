#include <gtest/gtest.h>

#include "tests/unit/bus_door/management_fakes.hpp"

// Another label, another primary, no factor at all.

namespace stepup::testing {
namespace {

/// Alice has a phone and a tablet, the phone first, and recovery codes.
struct Home : Bench {
    Home() {
        enroll(1);
        enroll(2, FactorKind::totp, "tablet");
        enroll(9, FactorKind::recovery_code, "recovery codes");
        records.all[0].primary = true;
    }
    std::string rename_to(const std::string& label, std::int64_t id = 2) {
        Heard<void> heard;
        management.rename(alice, id, label, heard.listen());
        return heard.error();
    }
    std::string make_primary(std::int64_t id) {
        Heard<void> heard;
        management.set_primary(alice, id, heard.listen());
        return heard.error();
    }
    Heard<unsigned> disable() {
        Heard<unsigned> heard;
        management.disable(alice, heard.listen());
        return heard;
    }
    [[nodiscard]] std::string field(std::size_t place) const { return recorder.audit.back().fields.at(place).second; }
};

TEST(Rename, gives_a_factor_another_label_and_is_audited_with_both) {
    Home home;
    home.prove();
    EXPECT_EQ(home.rename_to("watch"), "");
    EXPECT_EQ(home.recorder.find(2)->label, "watch");
    EXPECT_EQ(home.recorder.audit.back().event, Event::factor_renamed);
    EXPECT_EQ(home.field(0) + ' ' + home.field(1) + ' ' + home.field(2), "totp watch tablet");
}

TEST(Rename, refuses_a_label_that_is_taken_by_another) {
    Home home;
    home.prove();
    EXPECT_EQ(home.rename_to("phone"), "AlreadyEnrolled");
    EXPECT_EQ(home.rename_to("recovery codes"), "AlreadyEnrolled");
    (void)home.begin("new");
    EXPECT_EQ(home.rename_to("new"), "AlreadyEnrolled");
    EXPECT_EQ(home.rename_to("tablet"), "") << "its own";
    EXPECT_EQ(home.recorder.find(2)->label, "tablet");
}

TEST(Rename, refuses_labels_as_an_enrollment_does_and_none) {
    Home home;
    home.prove();
    for (const std::string label : {"", "a\033[2J", "two\nlines", "\xff"})
        EXPECT_EQ(home.rename_to(label), "InvalidArgument") << label;
    EXPECT_EQ(home.rename_to(std::string(65, 'x')), "InvalidArgument");
    EXPECT_EQ(home.rename_to(std::string(64, 'x')), "");
}

TEST(Rename, is_told_of_a_label_that_the_store_keeps_for_itself) {
    Home home;
    home.prove();
    home.recorder.keeps_labels = true;
    EXPECT_EQ(home.rename_to("bypass-code"), "AlreadyEnrolled");
}

TEST(Keeping, concerns_ones_own_active_factors) {
    Home home;
    home.prove();
    const auto pending = home.begin("new");
    for (const std::int64_t id : {pending, std::int64_t{9}, std::int64_t{77}}) {
        EXPECT_EQ(home.rename_to("x", id), "NoSuchFactor") << id;
        EXPECT_EQ(home.make_primary(id), "NoSuchFactor") << id;
    }
    home.alice.account.key = {1001, "bob"};
    EXPECT_EQ(home.rename_to("x"), "NoSuchFactor");
    EXPECT_EQ(home.make_primary(2), "NoSuchFactor");
    EXPECT_EQ(home.disable().error(), "NotEnrolled");
    EXPECT_TRUE(home.recorder.audit.empty());
}

TEST(Keeping, is_refused_without_a_recent_verification) {
    Home home;
    EXPECT_EQ(home.rename_to("x"), "StepUpRequired");
    EXPECT_EQ(home.make_primary(2), "StepUpRequired");
    EXPECT_EQ(home.disable().error(), "StepUpRequired");
    EXPECT_EQ(home.records.all.size(), 3U);
    EXPECT_EQ(home.recorder.find(2)->label, "tablet");
    EXPECT_TRUE(home.recorder.find(1)->primary);
}

TEST(Keeping, a_store_that_fails_is_told_as_unavailable) {
    Home home;
    home.prove();
    home.recorder.is_broken = true;
    EXPECT_EQ(home.rename_to("x"), "Unavailable");
    EXPECT_EQ(home.make_primary(2), "Unavailable");
    EXPECT_EQ(home.disable().error(), "Unavailable");
}

TEST(Primary, is_the_one_that_was_chosen_and_no_other) {
    Home home;
    home.prove();
    EXPECT_EQ(home.make_primary(2), "");
    EXPECT_FALSE(home.recorder.find(1)->primary);
    EXPECT_TRUE(home.recorder.find(2)->primary);
    EXPECT_EQ(home.recorder.audit.back().event, Event::primary_chosen);
    EXPECT_EQ(home.field(0) + ' ' + home.field(1), "totp tablet");
}

TEST(Disable, removes_everything_and_is_audited) {
    Home home;
    home.prove();
    const auto heard = home.disable();
    EXPECT_EQ(heard.error(), "");
    EXPECT_TRUE(home.records.all.empty());
    EXPECT_EQ(home.recorder.audit.back().event, Event::factors_disabled);
}

TEST(Disable, is_refused_where_policy_requires_a_factor_of_the_caller_anywhere) {
    Home home;
    home.prove();
    Rule rule;
    rule.match.services = std::vector<std::string>{"sshd"};
    rule.terms.level = Level::required;
    home.policy->rules.push_back(rule);
    EXPECT_EQ(home.disable().error(), "PolicyForbids");
    EXPECT_EQ(home.records.all.size(), 3U);
}

TEST(Disable, takes_a_verification_as_strong_as_the_strongest_factor) {
    Home home;
    (void)home.begin("not confirmed");
    home.prove(FactorKind::recovery_code);
    EXPECT_EQ(home.rename_to("x"), "") << "a recovery code will do up to a one-time password's strength";
    home.enroll(3, FactorKind::security_key, "key");
    EXPECT_EQ(home.disable().error(), "StepUpRequired");
    home.prove(FactorKind::totp);
    EXPECT_EQ(home.disable().error(), "StepUpRequired");
    home.prove(FactorKind::security_key);
    EXPECT_EQ(home.disable().error(), "");
}

TEST(Disable, without_a_factor_there_is_nothing_to_disable) {
    Bench bench;
    (void)bench.begin();
    Heard<unsigned> heard;
    bench.management.disable(bench.alice, heard.listen());
    EXPECT_EQ(heard.error(), "NotEnrolled");
    EXPECT_EQ(bench.records.all.size(), 1U);
}

}  // namespace
}  // namespace stepup::testing
