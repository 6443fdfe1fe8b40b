#include "daemon/core/plan.hpp"

#include <algorithm>
#include <array>

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
                at.requirement.by_risk = true;
                EXPECT_EQ(plan(at), kind == ServiceKind::sshd ? Plan::pass_by_security_key : Plan::not_required)
                    << "sudo may ask for it";
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

namespace {

/// What the design says of auth and account; the first sentence that holds decides.
struct Sentence {
    const char* says;
    bool (*holds)(const Situation& at);
    Plan plan;
};
using S = Situation;
constexpr std::array design{
    Sentence{"a phase that is no gate lets nobody in",
             [](const S& at) { return at.phase != Phase::auth && at.phase != Phase::account; }, Plan::refuse},
    Sentence{"who cannot converse is never asked", [](const S& at) { return at.service == ServiceKind::silent; },
             Plan::not_required},
    Sentence{"a reserved uid is asked in vain where anybody is asked",
             [](const S& at) { return at.account_reserved && at.phase == Phase::auth; }, Plan::ask_in_vain},
    Sentence{"and refused behind that", [](const S& at) { return at.account_reserved; }, Plan::refuse},
    Sentence{"a security key that logs in where nothing is asked for want of risk is a proof, once",
             [](const S& at) {
                 return at.requirement.level == Level::disabled && at.requirement.by_risk && at.account_known
                     && at.service == ServiceKind::sshd && at.key_proved && !at.requirement.two_different
                     && (at.phase == Phase::auth || !at.proved_here);
             },
             Plan::pass_by_security_key},
    Sentence{"disabled asks nobody", [](const S& at) { return at.requirement.level == Level::disabled; },
             Plan::not_required},
    Sentence{"who does not exist is asked in vain where anybody is asked",
             [](const S& at) { return !at.account_known && at.phase == Phase::auth; }, Plan::ask_in_vain},
    Sentence{"and refused behind that", [](const S& at) { return !at.account_known; }, Plan::refuse},
    Sentence{"what auth proved satisfies account of the same transaction",
             [](const S& at) { return at.phase == Phase::account && at.proved_here; }, Plan::pass_proved},
    Sentence{
        "a security key that sshd accepted is a proof where one is enough",
        [](const S& at) { return at.service == ServiceKind::sshd && at.key_proved && !at.requirement.two_different; },
        Plan::pass_by_security_key},
    Sentence{"who proved what is wanted a while ago passes, but not a locker",
             [](const S& at) { return at.proved_recently && at.service != ServiceKind::locker; }, Plan::pass_by_window},
    Sentence{"a trusted key spares the code of sshd",
             [](const S& at) { return at.key_trusted && at.service == ServiceKind::sshd; }, Plan::pass_by_trusted_key},
    Sentence{"who has not enrolled passes while there is time",
             [](const S& at) { return !at.enrolled && at.may_still_enroll; }, Plan::pass_for_now},
    Sentence{"and for ever where it is optional",
             [](const S& at) { return !at.enrolled && at.requirement.level == Level::optional; }, Plan::not_required},
    Sentence{"a key alone passes sshd where policy lets it",
             [](const S& at) {
                 return at.phase == Phase::account && at.service == ServiceKind::sshd
                     && at.requirement.key_only_allowed;
             },
             Plan::pass_key_only},
    Sentence{"and else not", [](const S& at) { return at.phase == Phase::account && at.service == ServiceKind::sshd; },
             Plan::refuse_key_only},
    Sentence{"nor does whoever comes to the account phase of a login or locker without a proof",
             [](const S& at) {
                 return at.phase == Phase::account
                     && (at.service == ServiceKind::console_login || at.service == ServiceKind::locker);
             },
             Plan::refuse},
    Sentence{"who has a factor or a code that will do is asked for it", [](const S& at) { return at.usable; },
             Plan::ask},
    Sentence{"who has only others is refused", [](const S& at) { return at.enrolled; }, Plan::refuse_unusable},
    Sentence{"and so is who has none", [](const S&) { return true; }, Plan::refuse_unenrolled},
};

std::size_t sentence_about(const Situation& at) {
    const auto* const found
        = std::find_if(design.begin(), design.end(), [&](const Sentence& one) { return one.holds(at); });
    return static_cast<std::size_t>(found - design.begin());
}

/// Every situation there is, by a function that takes each.
template <class Take> void for_each_situation(Take take) {
    for (const auto phase :
         {Phase::auth, Phase::account, Phase::open_session, Phase::close_session, Phase::password_changed})
        for (const auto service : all_kinds)
            for (const auto level : {Level::disabled, Level::optional, Level::required})
                for (unsigned bits = 0; bits < 8192; ++bits) {
                    const auto bit = [bits](unsigned which) { return (bits >> which & 1U) != 0; };
                    Situation at;
                    at.phase = phase;
                    at.service = service;
                    at.requirement.level = level;
                    at.requirement.two_different = bit(0);
                    at.requirement.key_only_allowed = bit(1);
                    if (bit(2)) at.requirement.signals = all_signals;
                    at.account_known = bit(3);
                    at.account_reserved = bit(4);
                    at.enrolled = bit(5);
                    at.usable = bit(6);
                    at.may_still_enroll = bit(7);
                    at.proved_here = bit(8);
                    at.proved_recently = bit(9);
                    at.key_proved = bit(10);
                    at.key_trusted = bit(11);
                    at.requirement.by_risk = bit(12);
                    take(at, bits);
                }
}

}  // namespace

TEST(Plan, is_what_the_design_says_in_every_situation_there_is) {
    std::array<unsigned, design.size()> decided{};
    for_each_situation([&](const Situation& at, unsigned bits) {
        const auto sentence = sentence_about(at);
        ++decided.at(sentence);
        if (plan(at) != design.at(sentence).plan)
            ADD_FAILURE() << design.at(sentence).says << ": phase " << static_cast<int>(at.phase) << ", service "
                          << static_cast<int>(at.service) << ", level " << name_of(at.requirement.level) << ", bits "
                          << bits << ": plan " << static_cast<int>(plan(at));
    });
    for (std::size_t i = 0; i < design.size(); ++i) EXPECT_GT(decided.at(i), 0U) << design.at(i).says;
}

TEST(Plan, no_combination_lets_anybody_in_for_nothing) {
    for_each_situation([&](const Situation& at, unsigned bits) {
        if (!lets_in(plan(at)) || at.requirement.level != Level::required) return;
        const bool is_sshd = at.service == ServiceKind::sshd;
        const bool in_account = at.phase == Phase::account;
        const bool by_key = (at.key_proved && !at.requirement.two_different) || at.key_trusted
            || (at.requirement.key_only_allowed && in_account);
        const bool proved = (at.proved_here && in_account) || at.proved_recently || (by_key && is_sshd);
        const bool is_somebody = at.account_known && !at.account_reserved;
        const bool earned
            = at.service == ServiceKind::silent || (is_somebody && (proved || (at.may_still_enroll && !at.enrolled)));
        EXPECT_TRUE(earned) << static_cast<int>(at.service) << ' ' << bits;
    });
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
