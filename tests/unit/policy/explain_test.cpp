#include "policy/explain.hpp"

#include <gtest/gtest.h>

using namespace stepup;
using namespace std::chrono_literals;

namespace {

Facts al(std::string service) { return {std::move(service), "al", {{}}, "root"}; }

Requirement totp(Level level, Seconds window) {
    return {.level = level,
            .allowed = {FactorKind::totp, FactorKind::webauthn, FactorKind::recovery_code},
            .window = window};
}

}  // namespace

TEST(Explain, says_which_rule_asks_for_what) {
    EXPECT_EQ(explain(al("sudo"), {totp(Level::required, 10min), "admins step up"}),
              "rule \"admins step up\" asks al in sudo for totp, recovery-code or webauthn, unless one was proved less "
              "than 10 minutes ago in this session");
}

TEST(Explain, says_that_no_rule_matched_and_whom_optional_spares) {
    EXPECT_EQ(explain(al("su"), {totp(Level::optional, 0s), ""}),
              "no rule matches, so [defaults] ask al in su once enrolled for totp, recovery-code or webauthn, every "
              "time");
}

TEST(Explain, says_that_nothing_is_asked) {
    EXPECT_EQ(explain(al("sshd"), {{.level = Level::disabled}, "robots"}),
              "rule \"robots\" asks al in sshd for nothing");
}

TEST(Explain, tells_sshd_what_becomes_of_a_key_alone) {
    auto requirement = totp(Level::required, 1h);
    requirement.window_scope = WindowScope::user;
    EXPECT_EQ(explain(al("sshd"), {requirement, "r"}),
              "rule \"r\" asks al in sshd for totp, recovery-code or webauthn, unless one was proved less than "
              "1 hour ago in any session on this host; a login by key alone is refused");
    requirement.key_only_allowed = true;
    EXPECT_NE(explain(al("sshd"), {requirement, "r"}).find("; a login by key alone passes"), std::string::npos);
}

TEST(Explain, tells_sshd_alone_that_keys_may_be_trusted) {
    auto requirement = totp(Level::required, 1h);
    requirement.key_trust = {.enabled = true, .duration = std::chrono::hours(24 * 7)};
    const std::string trusted = "; an SSH key that its user trusts takes its place for 7 days";
    EXPECT_TRUE(explain(al("sshd"), {requirement, "r"}).ends_with(trusted));
    EXPECT_EQ(explain(al("sudo"), {requirement, "r"}).find(trusted), std::string::npos);
    requirement.key_trust.same_network = true;
    EXPECT_NE(explain(al("sshd"), {requirement, "r"}).find("trusts, from the same network, takes"), std::string::npos);
}

TEST(Explain, tells_sshd_alone_that_a_login_by_security_key_counts) {
    auto requirement = totp(Level::required, 1h);
    requirement.security_key_login = SecurityKeyLogin::verified;
    const std::string counts = "; a login by an enrolled security key is ";
    EXPECT_EQ(explain(al("sshd"), {requirement, "r"}).find(counts), std::string::npos) << "it is not allowed";
    requirement.allowed.insert(FactorKind::ssh_security_key);
    EXPECT_TRUE(explain(al("sshd"), {requirement, "r"}).ends_with(counts + "such a proof"));
    EXPECT_EQ(explain(al("sudo"), {requirement, "r"}).find(counts), std::string::npos);
    requirement.two_different = true;
    EXPECT_TRUE(explain(al("sshd"), {requirement, "r"}).ends_with(counts + "one of them"));
}

TEST(Explain, says_that_it_takes_two_factors) {
    auto requirement = totp(Level::required, 1h);
    requirement.two_different = true;
    EXPECT_EQ(explain(al("sudo"), {requirement, "r"}),
              "rule \"r\" asks al in sudo for two different ones of totp, recovery-code and webauthn, unless two were "
              "proved less than 1 hour ago in this session");
}

TEST(Explain, names_only_factors_that_are_strong_enough_and_says_why) {
    auto requirement = totp(Level::required, 90s);
    requirement.min_strength = Strength::webauthn;
    EXPECT_EQ(explain(al("sudo"), {requirement, "r"}),
              "rule \"r\" asks al in sudo for webauthn (strength webauthn or more), unless one was proved less than "
              "90 seconds ago in this session");
}

TEST(Explain, admits_a_doubt) {
    EXPECT_EQ(
        explain(al("su"), {{.level = Level::disabled}, "r", true}),
        "rule \"r\" asks al in su for nothing; not every fact was known, so the strictest of the possible outcomes "
        "counts");
}

TEST(Explain, is_safe_to_print_whatever_the_names_hold) {
    const auto text = explain({"su\n", "a\x1b[31ml", {{}}, "root"}, {{.level = Level::disabled}, "r\xff"});
    EXPECT_EQ(text, "rule \"r?\" asks a?[31ml in su? for nothing");
}

TEST(Explain, tells_what_a_background_job_gets_and_how_factors_are_enrolled) {
    auto requirement = totp(Level::optional, 10min);
    requirement.foreground_only = true;
    EXPECT_NE(explain(al("sudo"), {requirement, "r"}).find(" in this session and this is no background job"),
              std::string::npos);
    requirement.foreground_only = false;
    EXPECT_NE(explain(al("stepup"), {requirement, "r"})
                  .find("; the first factor is enrolled without help, with 10 recovery codes"),
              std::string::npos);
    requirement.recovery_codes = 0;
    requirement.first_enrollment = FirstEnrollment::invite;
    EXPECT_NE(explain(al("stepup"), {requirement, "r"}).find("; the first factor takes an invite, without recovery"),
              std::string::npos);
}

TEST(Explain, says_that_a_weaker_factor_will_do) {
    auto requirement = totp(Level::optional, 10min);
    requirement.weaker_factors = true;
    EXPECT_NE(
        explain(al("sudo"), {requirement, "r"}).find(", also a weaker one than the best that he could use, unless"),
        std::string::npos);
}

TEST(Explain, says_how_many_failures_an_account_may_have) {
    EXPECT_EQ(explain("al", AccountLimits{{2, 5, 30min, 15, 30}, "admins"}),
              "rule \"admins\" delays answers of al from failure 2 on, every 5 failures lock for 30 minutes, 15 lock "
              "until an administrator unlocks");
    EXPECT_EQ(explain("al", AccountLimits{{3, 3, 30min, 3, 30}, ""}),
              "[limits] delay answers of al from failure 3 on, 3 lock until an administrator unlocks");
}
