#include "daemon/stepup/ledger.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

constexpr Instant now{Seconds(1'000'000), Seconds(50'000)};
const ProcessRef shell{500, 99};
const ProcessRef sshd{400, 90};

Session on_terminal(std::uint32_t terminal = 0x8801, ProcessRef leader = shell) {
    Session session;
    session.process = {600, 120};
    session.audit_session = 7;
    session.terminal = terminal;
    session.leader = leader;
    return session;
}

Requirement fifteen_minutes() {
    Requirement requirement;
    requirement.window = Seconds(900);
    return requirement;
}

/// A login's verification, attached to its session, its terminal not yet known.
Verification of_login() {
    Verification made;
    made.account = {1000, "alice"};
    made.strength = Strength::otp;
    made.at = now.boot - Seconds(60);
    made.service = "sshd";
    made.binding = Binding::session;
    made.session = "audit:7";
    made.opener = sshd;
    return made;
}

/// One made in that terminal, by sudo.
Verification of_sudo() {
    auto made = of_login();
    made.binding = Binding::terminal;
    made.opener = {};
    made.leader = shell;
    made.terminal = 0x8801;
    return made;
}

Fit fit(const Verification& made, const Session& peer = on_terminal(),
        const Requirement& requirement = fifteen_minutes(), const std::vector<ProcessRef>& lineage = {}) {
    return fits(made, peer, lineage, requirement, now);
}

}  // namespace

TEST(Ledger, a_logins_verification_latches_the_first_terminal_and_then_fits_only_that) {
    auto made = of_login();
    EXPECT_EQ(fit(made), Fit::latch);
    made.terminal = 0x8801;
    made.leader = shell;
    EXPECT_EQ(fit(made), Fit::yes);
    EXPECT_EQ(fit(made, on_terminal(0x8802)), Fit::no) << "another pts of the same login";
    EXPECT_EQ(fit(made, on_terminal(0x8801, {501, 130})), Fit::no) << "the same pts, recycled";
}

TEST(Ledger, a_terminals_verification_fits_there_and_nowhere_else) {
    EXPECT_EQ(fit(of_sudo()), Fit::yes);
    EXPECT_EQ(fit(of_sudo(), on_terminal(0x8802)), Fit::no);
    EXPECT_EQ(fit(of_sudo(), on_terminal(0x8801, {501, 130})), Fit::no);
    auto other_session = on_terminal();
    other_session.audit_session = 8;
    EXPECT_EQ(fit(of_sudo(), other_session), Fit::no);
}

TEST(Ledger, another_login_session_has_nothing_of_it) {
    auto peer = on_terminal();
    peer.audit_session = 8;
    EXPECT_EQ(fit(of_login(), peer), Fit::no);
    peer.audit_session.reset();
    EXPECT_EQ(fit(of_login(), peer), Fit::no) << "no session is not any session";
    peer.scope = "session-7.scope";
    EXPECT_EQ(fit(of_login(), peer), Fit::no);
}

TEST(Ledger, without_a_terminal_there_is_no_window_unless_policy_says_session) {
    const auto peer = on_terminal(0, {});
    EXPECT_EQ(fit(of_login(), peer), Fit::no);
    auto automation = fifteen_minutes();
    automation.window_without_tty = WithoutTty::session;
    EXPECT_EQ(fit(of_login(), peer, automation), Fit::yes);
}

TEST(Ledger, a_window_ends_to_the_millisecond_and_the_future_is_not_recent) {
    auto made = of_login();
    made.at = now.boot - Seconds(900) + Millis(1);
    EXPECT_EQ(fit(made), Fit::latch);
    made.at = now.boot - Seconds(900);
    EXPECT_EQ(fit(made), Fit::no);
    made.at = now.boot + Millis(1);
    EXPECT_EQ(fit(made), Fit::no);
}

TEST(Ledger, a_weaker_or_other_factor_than_is_demanded_does_not_fit) {
    auto stricter = fifteen_minutes();
    stricter.min_strength = Strength::security_key;
    EXPECT_EQ(fit(of_login(), on_terminal(), stricter), Fit::no);
    auto others = fifteen_minutes();
    others.allowed = {FactorKind::webauthn};
    EXPECT_EQ(fit(of_login(), on_terminal(), others), Fit::no);
}

TEST(Ledger, a_verification_that_opens_no_window_never_fits) {
    for (const auto binding : {Binding::none, Binding::pending}) {
        auto made = of_login();
        made.binding = binding;
        EXPECT_EQ(fit(made), Fit::no);
    }
}

TEST(Ledger, scope_user_reaches_every_session_once_the_login_has_opened_its_own) {
    auto wide = fifteen_minutes();
    wide.window_scope = WindowScope::user;
    auto peer = on_terminal(0x9999, {1, 1});
    peer.audit_session = 99;
    for (const auto binding : {Binding::session, Binding::terminal}) {
        auto made = of_login();
        made.binding = binding;
        EXPECT_EQ(fit(made, peer, wide), Fit::yes);
    }
    for (const auto binding : {Binding::none, Binding::pending}) {
        auto made = of_login();
        made.binding = binding;
        EXPECT_EQ(fit(made, peer, wide), Fit::no) << "an abandoned login opens nothing";
    }
}

TEST(Ledger, where_neither_audit_nor_logind_names_sessions_the_openers_descendants_are_the_session) {
    auto made = of_login();
    made.session = lineage_key(sshd);
    auto peer = on_terminal();
    peer.audit_session.reset();
    EXPECT_EQ(fit(made, peer, fifteen_minutes(), {peer.process, shell, sshd, {1, 1}}), Fit::latch);
    EXPECT_EQ(fit(made, peer, fifteen_minutes(), {peer.process, shell, {1, 1}}), Fit::no) << "left the session";
    EXPECT_EQ(fit(made, peer, fifteen_minutes(), {peer.process, {sshd.pid, sshd.start + 1}}), Fit::no) << "pid reused";
}

TEST(Ledger, a_session_key_that_others_share_does_not_replace_descent) {
    auto made = of_login();
    made.session = lineage_key(sshd);
    const auto peer = on_terminal();  // its audit session is set, but is not this login's own
    EXPECT_EQ(fit(made, peer, fifteen_minutes(), {peer.process, shell, sshd}), Fit::latch);
    EXPECT_EQ(fit(made, peer, fifteen_minutes(), {peer.process, shell, {401, 91}}), Fit::no) << "another login";
}

TEST(SameTransaction, is_the_same_process_and_service_for_ninety_seconds) {
    auto made = of_login();
    made.asker = {600, 120};
    made.service = "sudo";
    const auto peer = on_terminal();
    EXPECT_TRUE(same_transaction(made, peer, "sudo", now));
    EXPECT_FALSE(same_transaction(made, peer, "su", now));
    EXPECT_FALSE(same_transaction(made, peer, "sudo", {now.wall, now.boot + Seconds(30)})) << "90 s are over";
    auto reused = peer;
    reused.process.start += 1;
    EXPECT_FALSE(same_transaction(made, reused, "sudo", now));
    made.asker = {};
    Session nobody;
    EXPECT_FALSE(same_transaction(made, nobody, "sudo", now)) << "no process is not any process";
}

TEST(Ledger, where_only_the_foreground_counts_a_background_job_gets_nothing_from_any_window) {
    auto requirement = fifteen_minutes();
    requirement.foreground_only = true;
    auto job = on_terminal();
    EXPECT_EQ(fit(of_sudo(), job, requirement), Fit::no);
    EXPECT_EQ(fit(of_login(), job, requirement), Fit::no) << "nor does it latch its terminal";
    requirement.window_scope = WindowScope::user;
    EXPECT_EQ(fit(of_sudo(), job, requirement), Fit::no);
    job.foreground = true;
    EXPECT_EQ(fit(of_sudo(), job, requirement), Fit::yes);
    requirement.window_scope = WindowScope::session;
    EXPECT_EQ(fit(of_sudo(), job, requirement), Fit::yes);
    EXPECT_EQ(fit(of_login(), job, requirement), Fit::latch);
}

TEST(Ledger, who_has_no_terminal_is_no_background_job_of_one) {
    auto requirement = fifteen_minutes();
    requirement.foreground_only = true;
    requirement.window_without_tty = WithoutTty::session;
    EXPECT_EQ(fit(of_login(), on_terminal(0, {}), requirement), Fit::yes);
    requirement.window_without_tty = WithoutTty::none;
    EXPECT_EQ(fit(of_login(), on_terminal(0, {}), requirement), Fit::no);
}
