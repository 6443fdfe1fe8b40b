#include <gtest/gtest.h>

#include "tests/unit/bus_door/management_fakes.hpp"

namespace stepup::testing {
namespace {

Heard<Started> enroll(Bench& bench, const std::string& label = "phone", FactorKind kind = FactorKind::totp) {
    Heard<Started> heard;
    EnrollmentWish wish;
    wish.label = label;
    bench.management.enroll(bench.alice, kind, wish, heard.listen());
    return heard;
}
Heard<void> remove(Bench& bench, std::int64_t id) {
    Heard<void> heard;
    bench.management.remove(bench.alice, id, heard.listen());
    return heard;
}
Heard<Codes> regenerate(Bench& bench) {
    Heard<Codes> heard;
    bench.management.regenerate_recovery_codes(bench.alice, heard.listen());
    return heard;
}

TEST(List, names_what_the_caller_has_and_nobody_elses) {
    Bench bench;
    bench.enroll(9, FactorKind::totp, "phone");
    const auto mine = bench.management.list(bench.alice);
    ASSERT_TRUE(mine);
    ASSERT_EQ(mine->size(), 1U);
    EXPECT_EQ(mine->front().label, "phone");
    auto other = bench.alice;
    other.account.key = {1001, "bob"};
    EXPECT_TRUE(bench.management.list(other).value().empty());
}

// --- the first factor ---

TEST(FirstEnrollment, starts_at_a_terminal_of_ones_own_session) {
    Bench bench;
    const auto heard = enroll(bench);
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    EXPECT_EQ(heard.answer()->uri, "otpauth://totp/alice");
    EXPECT_FALSE(bench.records.all.at(0).active);
    EXPECT_EQ(bench.recorder.audit.at(0).event, Event::enrollment_started);
}

TEST(FirstEnrollment, starts_where_no_login_uid_was_set) {
    Bench bench;
    bench.alice.session->login_uid.reset();
    EXPECT_EQ(enroll(bench).error(), "");
}

TEST(FirstEnrollment, is_refused_without_a_token) {
    Bench bench;
    bench.alice.session.reset();
    EXPECT_EQ(enroll(bench).error(), "NotAuthorized");
    EXPECT_TRUE(bench.records.all.empty());
}

TEST(FirstEnrollment, is_refused_without_a_terminal) {
    Bench bench;
    bench.alice.session->terminal = 0;
    EXPECT_EQ(enroll(bench).error(), "NotAuthorized");
}

TEST(FirstEnrollment, is_refused_in_somebody_elses_login) {
    Bench bench;
    bench.alice.session->login_uid = 1001;
    EXPECT_EQ(enroll(bench).error(), "NotAuthorized");
}

TEST(FirstEnrollment, is_refused_to_a_setuid_program_of_another_user) {
    Bench bench;
    bench.alice.session->real_uid = 1001;
    EXPECT_EQ(enroll(bench).error(), "NotAuthorized");
}

TEST(FirstEnrollment, a_set_of_recovery_codes_alone_is_no_factor) {
    Bench bench;
    bench.enroll(9, FactorKind::recovery_code, "recovery codes");
    EXPECT_EQ(enroll(bench).error(), "");
}

// --- what is wished for ---

TEST(Enrollment, is_of_the_type_that_is_wished_for_and_takes_its_parameters_from_that_factor) {
    Bench bench;
    Heard<Started> heard;
    EnrollmentWish wish;
    wish.digits = 8;
    wish.counter = 42;
    bench.management.enroll(bench.alice, FactorKind::hotp, wish, heard.listen());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(bench.records.all.at(0).kind, FactorKind::hotp);
    EXPECT_EQ(bench.records.all.at(0).label, "hotp");
    EXPECT_EQ(bench.records.all.at(0).oath.digits, 8U);
    EXPECT_EQ(bench.recorder.counters, std::vector<std::uint64_t>{42});
    EXPECT_EQ(bench.recorder.audit.at(0).fields.at(0).second, "hotp");
}

TEST(Enrollment, shows_no_secret_that_the_caller_brought) {
    Bench bench;
    Heard<Started> heard;
    EnrollmentWish wish;
    wish.secret = secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    bench.management.enroll(bench.alice, FactorKind::hotp, wish, heard.listen());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->secret + heard.answer()->uri, "");
    EXPECT_NE(heard.answer()->id, 0);
}

TEST(Enrollment, of_a_secret_that_the_account_has_is_refused_for_a_code_would_count_twice) {
    Bench bench;
    bench.enroll(1, FactorKind::hotp, "token");
    bench.records.seeds[1] = "12345678901234567890";
    bench.prove();
    EnrollmentWish wish;
    wish.secret = secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    Heard<Started> heard;
    bench.management.enroll(bench.alice, FactorKind::totp, wish, heard.listen());
    EXPECT_EQ(heard.error(), "AlreadyEnrolled");
    EXPECT_NE(heard.message().find("\"token\""), std::string::npos) << heard.message();
    EXPECT_EQ(bench.records.all.size(), 1U);
}

TEST(Enrollment, of_a_secret_that_waits_for_its_first_code_takes_the_place_of_that_one) {
    Bench bench;
    bench.records.seeds[bench.begin("old")] = "12345678901234567890";
    EnrollmentWish wish;
    wish.label = "new";
    wish.secret = secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    Heard<Started> heard;
    bench.management.enroll(bench.alice, FactorKind::totp, wish, heard.listen());
    ASSERT_EQ(heard.error(), "");
    ASSERT_EQ(bench.records.all.size(), 1U);
    EXPECT_EQ(bench.records.all.front().label, "new");
}

TEST(Enrollment, of_a_factor_that_this_build_has_not_is_refused) {
    Bench bench;
    EXPECT_EQ(enroll(bench, "key", FactorKind::security_key).error(), "PolicyForbids");
    EXPECT_TRUE(bench.records.all.empty());
}

TEST(Enrollment, refuses_labels_that_would_spoil_a_terminal) {
    Bench bench;
    for (const std::string label : {"a\033[2J", "two\nlines", "\xff", "\u202e"})
        EXPECT_EQ(enroll(bench, label).error(), "InvalidArgument") << label;
    EXPECT_EQ(enroll(bench, std::string(65, 'x')).error(), "InvalidArgument");
    EXPECT_EQ(enroll(bench, std::string(64, 'x')).error(), "");
}

TEST(Enrollment, finds_a_free_label_where_none_is_given) {
    Bench bench;
    bench.enroll(1, FactorKind::totp, "totp");
    bench.enroll(2, FactorKind::totp, "totp 2");
    bench.prove();
    EXPECT_EQ(enroll(bench, "").error(), "");
    EXPECT_EQ(bench.records.all.back().label, "totp 3");
}

TEST(Enrollment, refuses_a_label_that_is_taken) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    EXPECT_EQ(enroll(bench, "phone").error(), "AlreadyEnrolled");
}

TEST(Enrollment, begun_again_under_the_same_label_replaces_the_one_that_waits) {
    Bench bench;
    const auto first = bench.begin("phone");
    EXPECT_EQ(enroll(bench, "phone").error(), "");
    EXPECT_EQ(bench.recorder.find(first), nullptr);
    EXPECT_EQ(bench.records.all.size(), 1U);
}

TEST(Enrollment, is_refused_where_no_rule_would_accept_the_factor) {
    Bench bench;
    bench.policy->defaults.allowed = FactorSet{FactorKind::security_key};
    EXPECT_EQ(enroll(bench).error(), "PolicyForbids");
    Rule rule;
    rule.terms.allowed = FactorSet{FactorKind::totp};
    bench.policy->rules.push_back(rule);
    EXPECT_EQ(enroll(bench).error(), "");
}

TEST(Enrollment, stops_at_twenty_factors) {
    Bench bench;
    for (int i = 0; i < 20; ++i) bench.enroll(i + 1, FactorKind::totp, "phone " + std::to_string(i));
    bench.prove();
    EXPECT_EQ(enroll(bench, "one more").error(), "PolicyForbids");
}

TEST(Enrollment, a_store_that_fails_is_told_as_unavailable) {
    Bench bench;
    bench.recorder.is_broken = true;
    EXPECT_EQ(enroll(bench).error(), "Unavailable");
}

// --- a security key, by the login that it made ---

struct KeyBench : Bench {
    explicit KeyBench(const std::string& key = "SHA256:key") {
        policy->defaults.security_key_login = SecurityKeyLogin::verified;
        open_by(key);
    }
    void open_by(const std::string& key) {
        const SshKey shown{"sk-ssh-ed25519@openssh.com", key, !key.empty(), false};
        origins.opened(*alice.session, {From::remote, {}}, alice.account.key, {shown});
    }
    [[nodiscard]] Heard<Started> enroll_key(const std::string& label = "") {
        Heard<Started> heard;
        management.enroll_login_key(alice, label, heard.listen());
        return heard;
    }
};

TEST(SecurityKey, is_enrolled_from_the_login_that_it_made_and_confirmed_there_without_a_code) {
    KeyBench bench;
    const auto started = bench.enroll_key("yubikey");
    ASSERT_EQ(started.error(), "");
    EXPECT_EQ(started.answer()->secret + started.answer()->uri, "");
    EXPECT_FALSE(bench.records.all.at(0).active);
    const auto confirmed = confirm(bench, started.answer()->id, "");
    ASSERT_EQ(confirmed.error(), "");
    EXPECT_FALSE(confirmed.answer()->empty()) << "the first factor brings recovery codes";
    EXPECT_TRUE(bench.records.all.at(0).active);
    EXPECT_EQ(bench.records.all.at(0).kind, FactorKind::ssh_security_key);
    EXPECT_EQ(bench.records.seeds.at(started.answer()->id), "SHA256:key");
    EXPECT_EQ(bench.recorder.audit.back().event, Event::enrollment_confirmed);
}

TEST(SecurityKey, is_not_enrolled_in_a_session_that_was_opened_otherwise_or_by_somebody_else) {
    KeyBench bench("");
    EXPECT_EQ(bench.enroll_key().error(), "NotAuthorized");
    EXPECT_NE(bench.enroll_key().message().find("publickey,keyboard-interactive"), std::string::npos);
    bench.open_by("SHA256:key");
    bench.alice.account.key = {1001, "bob"};
    EXPECT_EQ(bench.enroll_key().error(), "NotAuthorized");
    bench.alice.account.key = {1000, "alice"};
    bench.alice.session->audit_session = 4;
    EXPECT_EQ(bench.enroll_key().error(), "NotAuthorized");
    bench.alice.session.reset();
    EXPECT_EQ(bench.enroll_key().error(), "NotAuthorized");
    EXPECT_TRUE(bench.records.all.empty());
}

TEST(SecurityKey, is_not_brought_by_whoever_names_one) {
    KeyBench bench;
    EnrollmentWish wish;
    wish.secret = secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    Heard<Started> heard;
    bench.management.enroll(bench.alice, FactorKind::ssh_security_key, wish, heard.listen());
    EXPECT_EQ(heard.error(), "InvalidArgument");
}

TEST(SecurityKey, is_confirmed_in_no_other_session_whatever_code_is_given_and_no_guess_is_counted) {
    KeyBench bench;
    const auto id = bench.enroll_key().answer()->id;
    bench.open_by("SHA256:other");
    for (const char* code : {"", "SHA256:key", "111111"}) EXPECT_EQ(confirm(bench, id, code).error(), "NotAuthorized");
    EXPECT_TRUE(bench.recorder.judged.empty());
    bench.open_by("SHA256:key");
    EXPECT_EQ(confirm(bench, id, "").error(), "");
    EXPECT_EQ(confirm(bench, id, "").error(), "AlreadyEnrolled");
}

TEST(SecurityKey, is_enrolled_once) {
    KeyBench bench;
    bench.enroll(1, FactorKind::ssh_security_key, "yubikey");
    bench.records.seeds[1] = "SHA256:key";
    bench.prove(FactorKind::ssh_security_key);
    const auto again = bench.enroll_key("another");
    EXPECT_EQ(again.error(), "AlreadyEnrolled");
    EXPECT_NE(again.message().find("that key already: \"yubikey\""), std::string::npos) << again.message();
}

TEST(SecurityKey, beside_another_factor_takes_a_code_of_it_and_no_less) {
    KeyBench bench;
    bench.enroll(1);
    bench.enroll(9, FactorKind::recovery_code, "recovery codes");
    const auto refused = bench.enroll_key();
    EXPECT_EQ(refused.error(), "StepUpRequired");
    EXPECT_NE(refused.message().find("by totp."), std::string::npos) << refused.message();
    bench.prove(FactorKind::recovery_code);
    EXPECT_EQ(bench.enroll_key().error(), "StepUpRequired");
    bench.prove(FactorKind::totp);
    EXPECT_EQ(bench.enroll_key().error(), "");
}

TEST(SecurityKey, is_never_named_as_something_that_could_be_answered_with) {
    KeyBench bench;
    bench.enroll(1, FactorKind::ssh_security_key, "yubikey");
    bench.enroll(2);
    EXPECT_NE(enroll(bench, "tablet").message().find("by totp."), std::string::npos) << enroll(bench).message();
    EXPECT_EQ(remove(bench, 1).error(), "PolicyForbids") << "nothing that can be asked for is as strong";
    bench.prove(FactorKind::ssh_security_key);
    EXPECT_EQ(remove(bench, 1).error(), "") << "a login by it is";
}

TEST(SecurityKey, is_not_enrolled_where_no_login_counts_by_it) {
    KeyBench bench;
    bench.policy->defaults.security_key_login.reset();
    EXPECT_EQ(bench.enroll_key().error(), "PolicyForbids");
    Rule rule;
    rule.match.services = {"sshd"};
    rule.terms.security_key_login = SecurityKeyLogin::verified;
    bench.policy->rules.push_back(rule);
    EXPECT_EQ(bench.enroll_key().error(), "");
}

// --- step-up ---

TEST(StepUp, every_later_change_is_refused_without_a_recent_verification) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(2, FactorKind::totp, "tablet");
    bench.enroll(9, FactorKind::recovery_code);
    const auto pending = bench.begin("new");
    EXPECT_EQ(enroll(bench, "watch").error(), "StepUpRequired");
    EXPECT_EQ(confirm(bench, pending).error(), "StepUpRequired");
    EXPECT_EQ(remove(bench, 2).error(), "StepUpRequired");
    EXPECT_EQ(regenerate(bench).error(), "StepUpRequired");
    EXPECT_EQ(bench.records.all.size(), 4U);
    EXPECT_FALSE(bench.recorder.find(pending)->active);
}

TEST(StepUp, names_the_factors_that_would_do_and_is_audited) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(9, FactorKind::recovery_code);
    const auto heard = remove(bench, 1);
    EXPECT_NE(heard.message().find("by totp or recovery-code"), std::string::npos) << heard.message();
    ASSERT_EQ(bench.recorder.audit.size(), 1U);
    EXPECT_EQ(bench.recorder.audit.at(0).event, Event::step_up_demanded);
    EXPECT_EQ(bench.journal.shown.size(), 1U);
}

TEST(StepUp, is_satisfied_by_a_recent_verification_in_the_same_place) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    EXPECT_EQ(enroll(bench, "tablet").error(), "");
}

TEST(StepUp, is_not_satisfied_from_another_terminal) {
    Bench bench;
    bench.enroll(1);
    bench.prove().terminal = 0x8802;
    EXPECT_EQ(enroll(bench, "tablet").error(), "StepUpRequired");
}

TEST(StepUp, is_not_satisfied_without_a_token) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    bench.alice.session.reset();
    EXPECT_EQ(enroll(bench, "tablet").error(), "StepUpRequired");
}

TEST(StepUp, without_a_token_no_session_is_taken_for_one_that_has_no_name) {
    Bench bench;
    bench.policy->defaults.window_without_tty = WithoutTty::session;
    bench.enroll(1);
    bench.prove().session.clear();
    bench.alice.session.reset();
    EXPECT_EQ(enroll(bench, "tablet").error(), "StepUpRequired");
}

TEST(StepUp, is_satisfied_by_what_was_proved_to_any_service) {
    Bench bench;
    bench.enroll(1);
    bench.prove().service = "sshd";
    EXPECT_EQ(enroll(bench, "tablet").error(), "");
}

TEST(StepUp, without_a_token_windows_of_scope_user_count) {
    Bench bench;
    bench.policy->defaults.window_scope = WindowScope::user;
    bench.enroll(1);
    bench.prove();
    bench.alice.session.reset();
    EXPECT_EQ(enroll(bench, "tablet").error(), "");
}

TEST(StepUp, is_not_satisfied_once_the_window_is_over) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    bench.clock.pass(Seconds(600));
    EXPECT_EQ(enroll(bench, "tablet").error(), "StepUpRequired");
}

TEST(StepUp, latches_the_terminal_of_a_login_or_is_refused) {
    for (const bool latches : {true, false}) {
        Bench bench;
        bench.enroll(1);
        auto& login = bench.prove();
        login.binding = Binding::session;
        login.terminal = 0;
        bench.recorder.latches = latches;
        EXPECT_EQ(enroll(bench, "tablet").error(), latches ? "" : "StepUpRequired");
    }
}

TEST(StepUp, a_recovery_code_replaces_a_totp_but_not_a_security_key) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(2, FactorKind::security_key, "key");
    bench.enroll(9, FactorKind::recovery_code);
    bench.prove(FactorKind::recovery_code);
    const auto heard = remove(bench, 2);
    EXPECT_EQ(heard.error(), "StepUpRequired");
    EXPECT_EQ(heard.message().find("totp"), std::string::npos) << heard.message();
    EXPECT_EQ(remove(bench, 1).error(), "");
}

TEST(StepUp, a_mailed_code_does_not_replace_a_totp) {
    Bench bench;
    bench.policy->defaults.allowed = FactorSet{FactorKind::totp, FactorKind::email};
    bench.enroll(1);
    bench.enroll(2, FactorKind::totp, "tablet");
    bench.prove(FactorKind::email);
    EXPECT_EQ(remove(bench, 2).error(), "StepUpRequired");
}

TEST(StepUp, is_no_use_where_no_factor_is_strong_enough) {
    Bench bench;
    bench.policy->defaults.min_strength = Strength::security_key;
    bench.enroll(1);
    EXPECT_EQ(remove(bench, 1).error(), "PolicyForbids");
}

TEST(StepUp, where_policy_asks_every_time_an_answer_to_stepup_itself_counts_for_a_minute) {
    Bench bench;
    bench.policy->defaults.window = Seconds(0);
    bench.enroll(1);
    auto& proved = bench.prove();
    EXPECT_EQ(enroll(bench, "tablet").error(), "");
    proved.service = "sudo";
    EXPECT_EQ(enroll(bench, "watch").error(), "StepUpRequired");
    proved.service = "stepup";
    bench.clock.pass(Seconds(60));
    EXPECT_EQ(enroll(bench, "watch").error(), "StepUpRequired");
}

// --- confirming ---

TEST(Confirm, of_the_first_factor_shows_recovery_codes) {
    Bench bench;
    const auto heard = confirm(bench, bench.begin());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->size(), 10U);
    EXPECT_EQ(bench.recorder.codes.size(), 10U);
    EXPECT_EQ(bench.workshop_uses, 1);
    EXPECT_EQ(bench.recorder.audit.back().event, Event::enrollment_confirmed);
}

TEST(Confirm, of_a_later_factor_shows_none) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    const auto heard = confirm(bench, bench.begin("tablet"));
    ASSERT_EQ(heard.error(), "");
    EXPECT_TRUE(heard.answer()->empty());
    EXPECT_EQ(bench.workshop_uses, 0);
}

TEST(Confirm, shows_none_where_policy_issues_none) {
    Bench bench;
    bench.policy->defaults.recovery_codes = 0;
    const auto heard = confirm(bench, bench.begin());
    ASSERT_EQ(heard.error(), "");
    EXPECT_TRUE(heard.answer()->empty());
}

TEST(Confirm, shows_as_many_as_the_rule_for_the_account_says) {
    Bench bench;
    bench.policy->rules.push_back({"few", {.users = {"alice"}}, {.recovery_codes = 3}, "p", 1});
    bench.policy->rules.push_back({"other", {.users = {"bob"}}, {.recovery_codes = 0}, "p", 2});
    const auto heard = confirm(bench, bench.begin());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->size(), 3U);
}

TEST(Confirm, a_second_time_is_refused) {
    Bench bench;
    const auto id = bench.begin();
    EXPECT_EQ(confirm(bench, id).error(), "");
    EXPECT_EQ(confirm(bench, id).error(), "AlreadyEnrolled");
}

TEST(Confirm, twice_at_once_is_granted_once) {
    Bench bench;
    const auto id = bench.begin();
    bench.recorder.holds = true;
    const auto first = confirm(bench, id);
    const auto second = confirm(bench, id);
    EXPECT_EQ(first.error() + second.error(), "--");
    bench.recorder.holds = false;
    bench.recorder.held_back.at(0)();
    EXPECT_EQ(first.error(), "");
    EXPECT_EQ(second.error(), "AlreadyEnrolled");
    EXPECT_EQ(bench.workshop_uses, 1);
}

TEST(Confirm, with_a_code_too_far_ahead_leaves_behind_what_the_next_may_be) {
    Bench bench;
    const auto id = bench.begin();
    EXPECT_EQ(confirm(bench, id, "777777").error(), "InvalidCode");
    ASSERT_EQ(bench.recorder.judged.at(0).awaits.size(), 1U);
    EXPECT_EQ(bench.recorder.judged.at(0).awaits.at(0).enrollment, id);
    EXPECT_EQ(bench.recorder.judged.at(0).awaits.at(0).counter, 8U);
}

TEST(Confirm, is_refused_to_an_account_that_is_delayed_or_locked_though_the_code_is_right) {
    Bench bench;
    const auto id = bench.begin();
    bench.policy->limits.lock_after = 5;
    bench.recorder.is_limited = true;
    EXPECT_EQ(confirm(bench, id).error(), "RateLimited");
    EXPECT_FALSE(bench.recorder.find(id)->active);
    ASSERT_EQ(bench.recorder.judged.size(), 1U) << "for the trail, as any answer to such an account";
    EXPECT_FALSE(bench.recorder.judged.at(0).proof);
    EXPECT_EQ(bench.recorder.judged.at(0).audit.fields.back().second, "confirm");
    bench.recorder.judges = false;
    EXPECT_EQ(confirm(bench, id).error(), "RateLimited") << "and if the trail cannot be told";
    bench.recorder.judges = true;
    bench.recorder.is_limited = false;
    EXPECT_EQ(confirm(bench, id).error(), "");
    EXPECT_EQ(bench.recorder.confirmed.at(0).limits.lock_after, 5U) << "by the limits of policy";
}

TEST(Confirm, with_wrong_codes_never_locks_the_account_for_good) {
    Bench bench;
    EXPECT_EQ(confirm(bench, bench.begin(), "222222").error(), "InvalidCode");
    EXPECT_FALSE(bench.recorder.judged.at(0).may_lock_for_good) << "any program of the user's can do it";
}

TEST(Confirm, with_a_wrong_code_counts_as_a_failure) {
    Bench bench;
    const auto id = bench.begin();
    EXPECT_EQ(confirm(bench, id, "222222").error(), "InvalidCode");
    ASSERT_EQ(bench.recorder.judged.size(), 1U);
    EXPECT_EQ(bench.recorder.judged.at(0).account_limit, "uid:1000");
    EXPECT_FALSE(bench.recorder.judged.at(0).proof);
    EXPECT_FALSE(bench.recorder.find(id)->active);
}

TEST(Confirm, is_told_apart_when_the_account_is_locked_or_too_early) {
    for (const auto outcome : {Outcome::later, Outcome::locked}) {
        Bench bench;
        bench.recorder.outcome = outcome;
        const auto wanted = outcome == Outcome::locked ? "Locked" : "RateLimited";
        EXPECT_EQ(confirm(bench, bench.begin(), "222222").error(), wanted);
    }
}

TEST(Confirm, of_a_limited_account_says_how_long_to_wait_whatever_the_code_is) {
    for (const auto* code : {"111111", "222222"}) {
        Bench bench;
        const auto id = bench.begin();
        bench.recorder.is_limited = true;
        bench.recorder.outcome = Outcome::later;
        bench.recorder.later = bench.clock.at.boot + Seconds(90);
        EXPECT_EQ(confirm(bench, id, code).message(), "Too many wrong codes. Wait 90 s, then try again.");
        bench.recorder.outcome = Outcome::locked;
        bench.recorder.later = bench.clock.at.boot + Seconds(601);
        EXPECT_EQ(confirm(bench, id, code).message(),
                  "This account is locked after too many wrong codes. Wait 11 min, or ask an administrator to unlock "
                  "it.");
    }
}

TEST(Confirm, ends_after_five_wrong_codes_even_with_the_right_one) {
    Bench bench;
    const auto id = bench.begin();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(confirm(bench, id, "222222").error(), "InvalidCode");
    EXPECT_EQ(confirm(bench, id, "111111").error(), "ExpiredChallenge");
    EXPECT_EQ(bench.recorder.judged.size(), 5U);
}

TEST(Confirm, comes_too_late_after_fifteen_minutes) {
    Bench bench;
    const auto id = bench.begin();
    bench.clock.pass(confirm_within - Millis(1));
    EXPECT_EQ(confirm(bench, id, "222222").error(), "InvalidCode");
    bench.clock.pass(Millis(1));
    EXPECT_EQ(confirm(bench, id).error(), "ExpiredChallenge");
}

TEST(Confirm, knows_no_factor_of_others_and_no_recovery_set) {
    Bench bench;
    bench.enroll(1);
    bench.records.all.back().account = {1001, "bob"};
    bench.enroll(9, FactorKind::recovery_code);
    for (const std::int64_t id : {1, 9, 77}) EXPECT_EQ(confirm(bench, id).error(), "NoSuchFactor");
}

TEST(Confirm, may_follow_a_verification_that_was_recent_when_the_enrollment_began) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    bench.clock.pass(Seconds(590));
    const auto id = bench.begin("tablet");
    bench.clock.pass(Seconds(300));
    EXPECT_EQ(confirm(bench, id).error(), "");
}

TEST(Confirm, of_what_began_before_the_first_factor_needs_that_factor_now) {
    Bench bench;
    const auto id = bench.begin("planted by somebody at an open terminal");
    bench.enroll(1);
    EXPECT_EQ(confirm(bench, id).error(), "StepUpRequired");
}

TEST(Confirm, stores_nothing_where_no_codes_can_be_made) {
    Bench bench;
    auto kit = fake_kit();
    kit.make_recovery_codes = [](unsigned) { return Result<FreshCodes>(fail(Errc::internal, "no bcrypt")); };
    Management management{{bench.clock, bench.proc, bench.records, bench.recorder, bench.factors, bench.journal,
                           [&] { return bench.policy; }, [](const auto& work, const auto& then) { work(), then(); },
                           kit, bench.origins}};
    const auto id = bench.begin();
    Heard<Codes> heard;
    management.confirm(bench.alice, id, secret("111111"), heard.listen());
    EXPECT_EQ(heard.error(), "Unavailable");
    EXPECT_FALSE(bench.recorder.find(id)->active);
}

// --- removing ---

TEST(Remove, takes_the_factor_away) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    EXPECT_EQ(remove(bench, 1).error(), "");
    EXPECT_EQ(bench.recorder.find(1), nullptr);
    EXPECT_EQ(bench.recorder.audit.back().event, Event::factor_removed);
}

TEST(Remove, of_the_last_factor_is_refused_while_any_rule_requires_one) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(9, FactorKind::recovery_code);
    bench.prove();
    Rule rule;
    rule.terms.level = Level::required;
    bench.policy->rules.push_back(rule);
    EXPECT_EQ(remove(bench, 1).error(), "LastFactor");
    bench.enroll(2, FactorKind::totp, "tablet");
    EXPECT_EQ(remove(bench, 1).error(), "");
}

TEST(Remove, of_the_last_factor_is_allowed_whom_no_rule_requires_one_of) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    Rule rule{.match = {.users = {"somebody-else"}}};
    rule.terms.level = Level::required;
    bench.policy->rules.push_back(rule);
    EXPECT_EQ(remove(bench, 1).error(), "");
}

TEST(Remove, of_the_last_factor_is_refused_while_the_defaults_require_one) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    bench.policy->defaults.level = Level::required;
    EXPECT_EQ(remove(bench, 1).error(), "LastFactor");
}

TEST(Remove, of_an_enrollment_that_waits_needs_no_other_factor) {
    Bench bench;
    bench.policy->defaults.level = Level::required;
    EXPECT_EQ(remove(bench, bench.begin()).error(), "");
    EXPECT_TRUE(bench.records.all.empty());
}

TEST(Remove, knows_no_factor_of_others_and_no_recovery_set) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(2);
    bench.records.all.back().account = {1001, "bob"};
    bench.enroll(9, FactorKind::recovery_code);
    bench.prove();
    for (const std::int64_t id : {2, 9, 77}) EXPECT_EQ(remove(bench, id).error(), "NoSuchFactor");
    EXPECT_EQ(bench.records.all.size(), 3U);
}

// --- recovery codes ---

TEST(RecoveryCodes, are_replaced_after_step_up) {
    Bench bench;
    bench.enroll(1);
    bench.enroll(9, FactorKind::recovery_code);
    bench.prove(FactorKind::recovery_code);
    const auto heard = regenerate(bench);
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->size(), 10U);
    EXPECT_EQ(bench.recorder.find(9), nullptr);
    EXPECT_EQ(bench.recorder.audit.back().event, Event::recovery_codes_issued);
}

TEST(RecoveryCodes, belong_to_an_account_with_a_factor) {
    Bench bench;
    EXPECT_EQ(regenerate(bench).error(), "NotEnrolled");
    bench.enroll(1);
    bench.prove();
    bench.policy->defaults.recovery_codes = 0;
    EXPECT_EQ(regenerate(bench).error(), "PolicyForbids");
}

TEST(RecoveryCodes, are_counted) {
    Bench bench;
    EXPECT_EQ(bench.management.recovery_codes_left(bench.alice)->issued, 0U);
    bench.enroll(9, FactorKind::recovery_code);
    bench.records.all.back().left = 7;
    bench.records.all.back().issued = 10;
    const auto count = bench.management.recovery_codes_left(bench.alice);
    EXPECT_EQ(count->left, 7U);
    EXPECT_EQ(count->issued, 10U);
}

// --- looking and locking ---

TEST(Report, tells_what_is_recent_and_for_how_long) {
    Bench bench;
    bench.enroll(1);
    bench.prove();
    bench.clock.pass(Seconds(100));
    const auto report = bench.management.report(bench.alice, "sudo");
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->enrolled && report->recent);
    EXPECT_EQ(report->level, Level::optional);
    EXPECT_EQ(report->remaining, Seconds(500));
    EXPECT_EQ(report->factor, "totp");
    EXPECT_EQ(report->strength, "otp");
    EXPECT_EQ(report->scope, "terminal");
}

TEST(Report, of_a_user_who_proved_nothing_is_empty) {
    Bench bench;
    const auto report = bench.management.report(bench.alice, "");
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->enrolled || report->recent);
    EXPECT_EQ(report->factor, "");
}

TEST(Report, goes_by_from_where_the_session_was_opened) {
    Bench bench;
    bench.policy->rules.push_back({"afar", {.from = From::remote}, {.level = Level::required}, "p", 1});
    bench.origins.opened(*bench.alice.session, {From::local, {}});
    EXPECT_EQ(bench.management.report(bench.alice, "sudo")->level, Level::optional);
    bench.origins.opened(*bench.alice.session, {From::remote, {}});
    EXPECT_EQ(bench.management.report(bench.alice, "sudo")->level, Level::required);
    bench.origins.opened(*bench.alice.session, {From::local, {}});
    bench.alice.session.reset();
    EXPECT_EQ(bench.management.report(bench.alice, "sudo")->level, Level::required) << "nobody knows where he stands";
}

TEST(Report, refuses_a_service_name_that_is_none) {
    Bench bench;
    EXPECT_EQ(bench.management.report(bench.alice, "su\ndo").error().error, ManagementError::invalid_argument);
}

TEST(Lock, ends_the_windows_of_this_session_or_all) {
    Bench bench;
    for (const bool all : {false, true}) {
        Heard<unsigned> heard;
        bench.management.lock(bench.alice, all, heard.listen());
        ASSERT_EQ(heard.error(), "");
        EXPECT_EQ(*heard.answer(), 2U);
        EXPECT_EQ(bench.recorder.ended.back().only_in.has_value(), !all);
    }
}

TEST(Lock, of_one_session_needs_a_token) {
    Bench bench;
    bench.alice.session.reset();
    Heard<unsigned> heard;
    bench.management.lock(bench.alice, false, heard.listen());
    EXPECT_EQ(heard.error(), "NotAuthorized");
    EXPECT_TRUE(bench.recorder.ended.empty());
}

TEST(Turns, changes_of_one_account_wait_for_each_other_and_others_do_not) {
    Turns<int> turns;
    std::string order;
    turns.enter(1, [&] { order += 'a'; });
    turns.enter(1, [&] { order += 'b'; });
    turns.enter(2, [&] { order += 'c'; });
    EXPECT_EQ(order, "ac");
    turns.leave(1);
    EXPECT_EQ(order, "acb");
    turns.leave(1);
    turns.leave(2);
    turns.enter(1, [&] { order += 'd'; });
    EXPECT_EQ(order, "acbd");
}

// --- codes that an administrator handed out ---

struct HandedOutTest : ::testing::Test {
    Bench bench;
    std::string enrolls(const std::string& label = "new") {
        Heard<Started> heard;
        EnrollmentWish wish;
        wish.label = label;
        bench.management.enroll(bench.alice, FactorKind::totp, wish, heard.listen());
        return heard.error();
    }
    void invite_only() { bench.policy->defaults.first_enrollment = FirstEnrollment::invite; }
    void hand_out(FactorKind kind, unsigned left = 1) {
        auto code = enrollment(77, kind, std::string(name_of(kind)));
        code.left = left;
        code.issued = 1;
        bench.records.all.push_back(code);
    }
};

TEST_F(HandedOutTest, where_policy_wants_an_invite_a_terminal_of_ones_own_is_not_enough) {
    invite_only();
    EXPECT_EQ(enrolls(), "PolicyForbids");
    hand_out(FactorKind::invite);
    EXPECT_EQ(enrolls(), "StepUpRequired") << "it names what would do";
    bench.prove(FactorKind::invite);
    EXPECT_EQ(enrolls(), "");
}

TEST_F(HandedOutTest, is_wanted_of_those_alone_whom_a_rule_wants_it_of) {
    const auto invite = [&](const char* user) {
        bench.policy->rules = {{"by invite", {.users = {user}}, {.first_enrollment = FirstEnrollment::invite}, "p", 1}};
    };
    invite("alice");
    EXPECT_EQ(enrolls("one"), "PolicyForbids");
    invite("bob");
    EXPECT_EQ(enrolls("two"), "");
}

TEST_F(HandedOutTest, that_was_used_up_is_not_asked_for) {
    invite_only();
    hand_out(FactorKind::invite, 0);
    EXPECT_EQ(enrolls(), "PolicyForbids");
}

TEST_F(HandedOutTest, counts_for_an_hour_where_it_was_typed) {
    invite_only();
    bench.prove(FactorKind::invite);
    bench.clock.pass(Seconds(3599));
    EXPECT_EQ(enrolls("a"), "");
    bench.clock.pass(Seconds(1));
    EXPECT_EQ(enrolls("b"), "PolicyForbids");
    bench.prove(FactorKind::invite).leader = {4001, 6};
    EXPECT_EQ(enrolls("c"), "PolicyForbids") << "another session's";
}

TEST_F(HandedOutTest, permits_adding_a_factor_beside_those_there_are_and_nothing_else) {
    bench.enroll(1);
    hand_out(FactorKind::bypass_code);
    Heard<Started> asked;
    bench.management.enroll(bench.alice, FactorKind::totp, {}, asked.listen());
    EXPECT_EQ(asked.message(),
              "This needs a recent verification by totp or bypass-code. Run `stepup verify`, then try again.");
    bench.prove(FactorKind::bypass_code);
    EXPECT_EQ(enrolls(), "");
    Heard<void> removed;
    bench.management.remove(bench.alice, 1, removed.listen());
    EXPECT_EQ(removed.error(), "StepUpRequired");
    Heard<Codes> codes;
    bench.management.regenerate_recovery_codes(bench.alice, codes.listen());
    EXPECT_EQ(codes.error(), "StepUpRequired");
    EXPECT_FALSE(bench.management.report(bench.alice, "sudo")->recent);
}

TEST_F(HandedOutTest, finishes_what_it_began) {
    invite_only();
    bench.prove(FactorKind::invite);
    const auto id = bench.begin();
    Heard<Codes> confirmed;
    bench.management.confirm(bench.alice, id, secret("111111"), confirmed.listen());
    EXPECT_EQ(confirmed.error(), "");
}

TEST_F(HandedOutTest, cannot_be_removed_by_its_user) {
    hand_out(FactorKind::bypass_code);
    Heard<void> removed;
    bench.management.remove(bench.alice, 77, removed.listen());
    EXPECT_EQ(removed.error(), "NoSuchFactor");
}

}  // namespace
}  // namespace stepup::testing
