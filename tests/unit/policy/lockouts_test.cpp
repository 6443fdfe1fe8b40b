#include "policy/lockouts.hpp"

#include <gtest/gtest.h>

#include "policy/parse.hpp"

// Policies of which every key is right, and which nobody could satisfy.

using namespace stepup;

namespace {

const std::string idle_key
    = ": ssh-security-key counts only with security_key_login = \"verified\" in what decides about "
      "sshd, and elsewhere by the window of such a login";

/// What parsing says to it; "" for nothing.
std::string told(const std::string& text) {
    const auto parsed = parse(text, "p");
    return parsed ? "" : parsed.error().text();
}

const std::string required = "[defaults]\nrequirement = 'required'\n";
const std::string optional = "[defaults]\nrequirement = 'optional'\n";
std::string rule(const std::string& services, const std::string& more) {
    return "[[rule]]\nname = '" + services + "'\nmatch = { services = ['" + services + "'] }\n" + more;
}
const std::string key_alone = "allowed_factors = ['ssh-security-key']\n";
const std::string verified = "security_key_login = 'verified'\n";

constexpr FactorSet ours{FactorKind::totp, FactorKind::recovery_code, FactorKind::ssh_security_key, FactorKind::invite};

/// What is wrong with it where there are no factors but ours.
std::vector<std::string> shut(const std::string& text) {
    const auto policy = parse(text, "p");
    if (!policy) ADD_FAILURE() << policy.error().text();
    std::vector<std::string> all;
    if (policy)
        for (const auto& [rule, why] : lockouts(*policy, ours))
            all.push_back((rule == nullptr ? "[defaults]" : rule->name) + ": " + why);
    return all;
}

}  // namespace

TEST(Lockouts, are_told_where_a_security_key_is_wanted_and_no_login_by_it_counts) {
    EXPECT_EQ(told("\n" + required + key_alone), "p:2:1: nobody could pass" + idle_key);
    EXPECT_EQ(told(optional + "min_strength = 'ssh-security-key'\nallowed_factors = ['totp', 'ssh-security-key']\n"),
              "p:1:1: nobody could pass" + idle_key);
    EXPECT_EQ(told(required + "allowed_factors = ['ssh-security-key', 'recovery-code']\n"),
              "p:1:1: only recovery codes could pass, and they are issued only beside another factor" + idle_key);
    EXPECT_EQ(told(required + "two_different_factors = true\nallowed_factors = ['ssh-security-key', 'totp']\n"),
              "p:1:1: two_different_factors: only totp could pass, so nobody could pass" + idle_key);
    EXPECT_EQ(told(optional + rule("sshd", key_alone)), "p:3:1: nobody could pass" + idle_key);
    EXPECT_EQ(told(required + key_alone + verified), "");
    EXPECT_EQ(told(optional + rule("sshd", key_alone + verified)), "");
    EXPECT_EQ(told("[defaults]\nrequirement = 'disabled'\nallowed_factors = ['ssh-security-key']\n"), "");
}

TEST(Lockouts, are_none_where_the_window_of_such_a_login_will_do) {
    const auto login = rule("sshd", verified);
    EXPECT_EQ(told(optional + rule("sudo", key_alone) + login), "");
    EXPECT_EQ(told(optional + rule("sudo", key_alone)), "p:3:1: nobody could pass" + idle_key);
    EXPECT_EQ(told(optional + rule("sudo", key_alone + "window = '0'\n") + login),
              "p:3:1: nobody could pass" + idle_key)
        << "no window is recent enough";
    EXPECT_EQ(told(required + key_alone + login), "") << "[defaults] do not decide about sshd";
    EXPECT_EQ(told(optional + "[[rule]]\nname = 'far'\nmatch = { services = ['sshd'], users = ['al'] }\n" + key_alone
                   + login),
              "p:3:1: nobody could pass" + idle_key)
        << "no login has a window before it";
}

TEST(Lockouts, by_factors_that_this_build_lacks_are_told_for_each_table) {
    const std::string lacks = "nobody could pass: this version has no ";
    const std::string has = ", it has totp, recovery-code and ssh-security-key";
    EXPECT_EQ(shut(required + "min_strength = 'webauthn'\n"),
              std::vector{"[defaults]: " + lacks + "security-key or webauthn" + has});
    EXPECT_EQ(
        shut(optional + rule("sudo", "allowed_factors = ['webauthn']\n") + rule("su", "allowed_factors = ['sms']\n")),
        (std::vector{"sudo: " + lacks + "webauthn" + has, "su: " + lacks + "sms" + has}));
    EXPECT_EQ(
        shut(required + "allowed_factors = ['webauthn', 'recovery-code']\n").at(0),
        "[defaults]: only recovery codes could pass, and they are issued only beside another factor: this version "
        "has no webauthn"
            + has);
    EXPECT_EQ(shut(required + "min_strength = 'ssh-security-key'\n").at(0),
              "[defaults]: " + lacks + "security-key or webauthn" + has + "; " + idle_key.substr(2));
    EXPECT_TRUE(shut(required + "allowed_factors = ['webauthn', 'totp']\n").empty());
    EXPECT_TRUE(shut(required).empty());
}

TEST(Lockouts, that_a_rule_has_from_the_defaults_are_told_of_these_alone) {
    EXPECT_EQ(shut(required + "min_strength = 'webauthn'\n" + rule("sudo", "window = '5m'\n")).size(), 1U);
    EXPECT_EQ(shut(required + "min_strength = 'webauthn'\n" + rule("sudo", "requirement = 'disabled'\n")).size(), 1U);
}

TEST(NewlyShut, is_the_table_that_was_open_before) {
    const auto sms = std::string("allowed_factors = ['sms']\n");
    const auto by = [](const std::string& text) { return ConfigTexts{{"p", text}}; };
    const auto open = by(optional + rule("su", "window = '1m'\n"));
    const auto shut = by(optional + sms);
    const auto more = by(optional + sms + rule("su", "allowed_factors = ['email']\n"));
    const auto only_su = by(optional + rule("su", sms));
    EXPECT_EQ(newly_shut(open, shut, ours).value().text().substr(0, 32), "p: [defaults]: nobody could pass");
    EXPECT_TRUE(newly_shut(by("no policy"), shut, ours));
    EXPECT_FALSE(newly_shut(open, by("no policy"), ours)) << "parsing tells of that";
    EXPECT_FALSE(newly_shut(open, open, ours));
    EXPECT_FALSE(newly_shut(shut, open, ours));
    EXPECT_FALSE(newly_shut(shut, by(optional + "allowed_factors = ['email']\n"), ours));
    EXPECT_EQ(newly_shut(shut, more, ours).value().line, 4U);
    EXPECT_FALSE(newly_shut(more, only_su, ours)) << "whoever opens one door of several is not stopped by the others";
    EXPECT_FALSE(newly_shut(by(optional + sms + rule("su", sms)), only_su, ours))
        << "which was told of [defaults] alone";
    EXPECT_TRUE(newly_shut(only_su, shut, ours)) << "one is opened, and everybody shut out";
}
