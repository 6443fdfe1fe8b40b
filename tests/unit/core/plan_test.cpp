#include "daemon/core/plan.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

Situation situation(Phase phase, ServiceKind service, Level level, bool enrolled) {
    Situation at;
    at.phase = phase;
    at.service = service;
    at.requirement.level = level;
    at.account_known = true;
    at.enrolled = enrolled;
    at.usable = enrolled;
    return at;
}

bool lets_in(Plan plan) {
    return plan == Plan::pass_proved || plan == Plan::pass_by_window || plan == Plan::pass_key_only
        || plan == Plan::pass_by_trusted_key || plan == Plan::pass_by_security_key || plan == Plan::not_required
        || plan == Plan::pass_for_now;
}

constexpr std::array all_kinds{ServiceKind::sshd,   ServiceKind::console_login, ServiceKind::sudo, ServiceKind::su,
                               ServiceKind::locker, ServiceKind::silent,        ServiceKind::other};

}  // namespace

TEST(Plan, auth_asks_whoever_is_enrolled) {
    for (const auto kind : {ServiceKind::sshd, ServiceKind::console_login, ServiceKind::sudo, ServiceKind::su,
                            ServiceKind::locker, ServiceKind::other})
        for (const auto level : {Level::optional, Level::required})
            EXPECT_EQ(plan(situation(Phase::auth, kind, level, true)), Plan::ask);
}

TEST(Plan, who_is_not_enrolled_passes_where_it_is_optional_and_is_refused_where_it_is_required) {
    EXPECT_EQ(plan(situation(Phase::auth, ServiceKind::sshd, Level::optional, false)), Plan::not_required);
    EXPECT_EQ(plan(situation(Phase::auth, ServiceKind::sshd, Level::required, false)), Plan::refuse_unenrolled);
    EXPECT_EQ(plan(situation(Phase::account, ServiceKind::sudo, Level::optional, false)), Plan::not_required);
    EXPECT_EQ(plan(situation(Phase::account, ServiceKind::sudo, Level::required, false)), Plan::refuse_unenrolled);
}

TEST(Plan, who_has_no_factor_but_a_code_that_was_handed_out_is_asked_for_it_behind_a_closed_door) {
    for (const auto service : {ServiceKind::sshd, ServiceKind::sudo}) {
        auto at = situation(Phase::auth, service, Level::required, false);
        at.usable = true;
        EXPECT_EQ(plan(at), Plan::ask);
        at.requirement.level = Level::optional;
        EXPECT_EQ(plan(at), Plan::not_required) << "an invite shuts no door that was open";
    }
}

TEST(Plan, who_is_enrolled_but_with_nothing_that_is_allowed_here_is_refused_also_where_it_is_optional) {
    for (const auto level : {Level::optional, Level::required}) {
        auto at = situation(Phase::auth, ServiceKind::sudo, level, true);
        at.usable = false;
        EXPECT_EQ(plan(at), Plan::refuse_unusable);
        at.phase = Phase::account;
        EXPECT_EQ(plan(at), Plan::refuse_unusable);
    }
}

TEST(Plan, disabled_asks_nobody) {
    for (const auto kind : all_kinds)
        for (const auto phase : {Phase::auth, Phase::account})
            EXPECT_EQ(plan(situation(phase, kind, Level::disabled, true)), Plan::not_required);
}

TEST(Plan, a_reserved_uid_is_asked_in_vain_and_never_let_in_whatever_policy_says) {
    for (const auto kind : all_kinds) {
        if (kind == ServiceKind::silent) continue;
        for (const auto level : {Level::disabled, Level::optional, Level::required}) {
            auto at = situation(Phase::auth, kind, level, false);
            at.account_known = false;
            at.account_reserved = true;
            EXPECT_EQ(plan(at), Plan::ask_in_vain);
            at.phase = Phase::account;
            EXPECT_EQ(plan(at), Plan::refuse);
        }
    }
}

TEST(Plan, account_is_the_gate_of_sudo_and_su_and_asks_there) {
    for (const auto kind : {ServiceKind::sudo, ServiceKind::su, ServiceKind::other})
        EXPECT_EQ(plan(situation(Phase::account, kind, Level::required, true)), Plan::ask);
}

TEST(Plan, what_auth_proved_satisfies_account_of_the_same_transaction_whatever_the_window) {
    for (const auto kind : all_kinds) {
        if (kind == ServiceKind::silent) continue;
        auto at = situation(Phase::account, kind, Level::required, true);
        at.proved_here = true;
        EXPECT_EQ(plan(at), Plan::pass_proved);
    }
}

TEST(Plan, a_window_passes_both_phases_but_never_a_locker) {
    for (const auto phase : {Phase::auth, Phase::account}) {
        auto at = situation(phase, ServiceKind::sudo, Level::required, true);
        at.proved_recently = true;
        EXPECT_EQ(plan(at), Plan::pass_by_window);
        at.service = ServiceKind::locker;
        EXPECT_FALSE(lets_in(plan(at)));
    }
}

TEST(Plan, a_trusted_key_takes_the_place_of_a_factor_in_both_phases_of_sshd_and_nowhere_else) {
    for (const auto kind : all_kinds)
        for (const auto phase : {Phase::auth, Phase::account})
            for (const auto level : {Level::optional, Level::required}) {
                auto at = situation(phase, kind, level, true);
                const auto without = plan(at);
                at.key_trusted = true;
                EXPECT_EQ(plan(at), kind == ServiceKind::sshd ? Plan::pass_by_trusted_key : without);
            }
    auto stranger = situation(Phase::auth, ServiceKind::sshd, Level::required, false);
    stranger.account_known = false;
    stranger.key_trusted = true;
    EXPECT_EQ(plan(stranger), Plan::ask_in_vain);
}

TEST(Plan, a_login_by_security_key_is_a_proof_in_both_phases_of_sshd_and_nowhere_else) {
    for (const auto kind : all_kinds)
        for (const auto phase : {Phase::auth, Phase::account})
            for (const auto level : {Level::optional, Level::required}) {
                auto at = situation(phase, kind, level, true);
                const auto without = plan(at);
                at.key_proved = true;
                EXPECT_EQ(plan(at), kind == ServiceKind::sshd ? Plan::pass_by_security_key : without);
                at.requirement.level = Level::disabled;
                EXPECT_EQ(plan(at), Plan::not_required);
            }
    auto stranger = situation(Phase::auth, ServiceKind::sshd, Level::required, false);
    stranger.account_known = false;
    stranger.key_proved = true;
    EXPECT_EQ(plan(stranger), Plan::ask_in_vain);
}

TEST(Plan, a_security_key_is_proved_anew_rather_than_passed_by_a_window_or_by_trust) {
    auto at = situation(Phase::auth, ServiceKind::sshd, Level::required, true);
    at.key_proved = at.proved_recently = at.key_trusted = true;
    EXPECT_EQ(plan(at), Plan::pass_by_security_key);
    at.phase = Phase::account;
    at.proved_here = true;
    EXPECT_EQ(plan(at), Plan::pass_proved) << "auth has proved it";
}

TEST(Plan, of_two_different_factors_a_security_key_is_only_the_one) {
    auto at = situation(Phase::auth, ServiceKind::sshd, Level::required, true);
    at.requirement.two_different = true;
    at.key_proved = true;
    EXPECT_EQ(plan(at), Plan::ask);
    at.phase = Phase::account;
    EXPECT_EQ(plan(at), Plan::refuse_key_only);
    at.proved_recently = true;
    EXPECT_EQ(plan(at), Plan::pass_by_window);
}

TEST(Plan, proved_here_says_nothing_in_auth) {
    auto at = situation(Phase::auth, ServiceKind::sudo, Level::required, true);
    at.proved_here = true;
    EXPECT_EQ(plan(at), Plan::ask);
}

TEST(Plan, a_key_alone_passes_sshd_only_where_policy_lets_it) {
    auto at = situation(Phase::account, ServiceKind::sshd, Level::required, true);
    EXPECT_EQ(plan(at), Plan::refuse_key_only);
    at.requirement.key_only_allowed = true;
    EXPECT_EQ(plan(at), Plan::pass_key_only);
    at.service = ServiceKind::console_login;
    EXPECT_EQ(plan(at), Plan::refuse) << "key_only is about sshd";
}

TEST(Plan, account_of_a_login_passes_whoever_is_not_enrolled_where_it_is_optional_and_else_refuses) {
    for (const auto kind : {ServiceKind::sshd, ServiceKind::console_login, ServiceKind::locker}) {
        EXPECT_EQ(plan(situation(Phase::account, kind, Level::optional, false)), Plan::not_required);
        EXPECT_FALSE(lets_in(plan(situation(Phase::account, kind, Level::required, false))));
        EXPECT_FALSE(lets_in(plan(situation(Phase::account, kind, Level::optional, true))));
    }
}

TEST(Plan, an_unknown_user_is_asked_in_vain_and_never_let_in) {
    for (const auto kind : {ServiceKind::sshd, ServiceKind::console_login, ServiceKind::other})
        for (const auto level : {Level::optional, Level::required}) {
            auto at = situation(Phase::auth, kind, level, false);
            at.account_known = false;
            EXPECT_EQ(plan(at), Plan::ask_in_vain);
            at.phase = Phase::account;
            EXPECT_EQ(plan(at), Plan::refuse);
        }
}

TEST(Plan, services_that_cannot_converse_are_never_asked) {
    for (const auto phase : {Phase::auth, Phase::account})
        EXPECT_EQ(plan(situation(phase, ServiceKind::silent, Level::required, true)), Plan::not_required);
}

TEST(Plan, phases_that_are_no_gate_let_nobody_in) {
    for (const auto phase : {Phase::open_session, Phase::close_session, Phase::password_changed})
        EXPECT_EQ(plan(situation(phase, ServiceKind::sshd, Level::disabled, false)), Plan::refuse);
}

// Every combination, against the sentence of the design: nobody passes a required gate without a proof, a window, or
// the policy's word.
TEST(Plan, no_combination_lets_anybody_in_for_nothing) {
    for (const auto phase : {Phase::auth, Phase::account})
        for (const auto kind : all_kinds)
            for (int bits = 0; bits < 512; ++bits) {
                auto at = situation(phase, kind, Level::required, (bits & 1) != 0);
                at.account_known = (bits & 2) != 0;
                at.proved_here = (bits & 4) != 0;
                at.proved_recently = (bits & 8) != 0;
                at.requirement.key_only_allowed = (bits & 16) != 0;
                at.usable = (bits & 32) != 0;
                at.key_trusted = (bits & 64) != 0;
                at.key_proved = (bits & 128) != 0;
                at.requirement.two_different = (bits & 256) != 0;
                const bool earned = kind == ServiceKind::silent
                    || (at.account_known
                        && (at.proved_recently || (at.key_trusted && kind == ServiceKind::sshd)
                            || (at.key_proved && !at.requirement.two_different && kind == ServiceKind::sshd)
                            || (at.proved_here && phase == Phase::account)
                            || (at.requirement.key_only_allowed && kind == ServiceKind::sshd
                                && phase == Phase::account)));
                if (lets_in(plan(at))) {
                    EXPECT_TRUE(earned) << static_cast<int>(kind) << ' ' << bits;
                }
            }
}

TEST(Plan, who_has_not_enrolled_passes_for_now_while_there_is_time_and_who_has_is_asked) {
    for (const auto kind : {ServiceKind::sshd, ServiceKind::console_login, ServiceKind::sudo, ServiceKind::other})
        for (const auto phase : {Phase::auth, Phase::account}) {
            auto at = situation(phase, kind, Level::required, false);
            at.may_still_enroll = true;
            EXPECT_EQ(plan(at), Plan::pass_for_now);
            at.requirement.level = Level::optional;
            EXPECT_EQ(plan(at), Plan::pass_for_now);
            at.requirement.level = Level::disabled;
            EXPECT_EQ(plan(at), Plan::not_required);
        }
    auto at = situation(Phase::auth, ServiceKind::sshd, Level::required, true);
    at.may_still_enroll = true;
    EXPECT_EQ(plan(at), Plan::ask);
    at.account_known = false;
    EXPECT_EQ(plan(at), Plan::ask_in_vain) << "nobody who does not exist has time to enroll";
}
