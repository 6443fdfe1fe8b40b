#include "policy/parse.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "policy/decide.hpp"

using namespace stepup;
using namespace std::chrono_literals;

namespace {

Policy good(std::string_view text) {
    auto parsed = parse(text, "policy.toml");
    if (!parsed) ADD_FAILURE() << parsed.error().text();
    return parsed ? *std::move(parsed) : built_in_policy();
}

std::string source(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(std::string(std::getenv("STEPUP_SOURCE")) + "/" + path).rdbuf();
    return text.str();
}

}  // namespace

TEST(Parse, reads_every_key) {
    const auto policy = good(R"(
[defaults]
requirement        = "optional"
allowed_factors    = ["totp", "email", "recovery-code"]
min_strength       = "email"
window             = "2h"
window_scope       = "user"
window_without_tty = "session"
key_only           = "deny"
foreground_only    = true
weaker_factors     = true
recovery_codes     = 16
first_enrollment   = "invite"

[limits]
delay_from        = 2
lock_after        = 5
lock_for          = "1h"
ceiling           = 50
source_lock_after = 20

[[rule]]
name               = "all of it"
match              = { services = ["su", "sudo"], users = ["al"], groups = ["domain admins"], targets = ["root"] }
requirement        = "required"
allowed_factors    = ["security-key"]
min_strength       = "security-key-uv"
window             = "90s"
window_scope       = "session"
window_without_tty = "none"

[[rule]]
name     = "keys"
match    = { services = ["sshd"], from = "remote" }
key_only = "allow"

[[rule]]
name     = "office"
match    = { networks = ["192.0.2.0/24", "2001:db8::7", "!192.0.2.128/25"], times = ["mon-fri 08:00-18:00", "sat"] }

[[rule]]
name             = "admins"
match            = { groups = ["wheel"] }
foreground_only  = false
recovery_codes   = 0
first_enrollment = "self"
limits           = { delay_from = 1, lock_after = 3, lock_for = "2h", ceiling = 6 }
)");
    const Policy expected{
        .defaults
        = {Level::optional, FactorSet{FactorKind::totp, FactorKind::email, FactorKind::recovery_code}, Strength::email,
           2h, WindowScope::user, WithoutTty::session, KeyOnly::deny, true, 16, FirstEnrollment::invite, true},
        .rules
        = {{"all of it",
            {{"su", "sudo"}, {"al"}, {"domain admins"}, {"root"}},
            {Level::required, FactorSet{FactorKind::security_key}, Strength::security_key_uv, 90s, WindowScope::session,
             WithoutTty::none, std::nullopt},
            "policy.toml",
            22},
           {"keys", {.services = {"sshd"}, .from = From::remote}, {.key_only = KeyOnly::allow}, "policy.toml", 32},
           {"office",
            {.networks = {{*Network::parse("192.0.2.0/24"), *Network::parse("2001:db8::7/128")},
                          {*Network::parse("192.0.2.128/25")}},
             .times = {{0x1F, 8 * 60, 18 * 60}, {0x20, 0, 24 * 60}}},
            {},
            "policy.toml",
            37},
           {"admins",
            {.groups = {"wheel"}},
            {.foreground_only = false, .recovery_codes = 0, .first_enrollment = FirstEnrollment::self},
            "policy.toml",
            41,
            {1, 3, 2h, 6}}},
        .limits = {2, 5, 1h, 50, 20},
    };
    EXPECT_EQ(policy, expected);
}

TEST(Parse, takes_the_ordinary_defaults_for_all_that_the_file_does_not_say) {
    const auto policy = good("[defaults]\nrequirement = 'optional'\n");
    EXPECT_EQ(policy.limits, (Limits{3, 10, 30min, 100, 30}));
    EXPECT_EQ(decide(policy, {"sshd", "al", {{}}, "al"}),
              (Requirement{Level::optional, ordinary_factors, Strength::none, 15min, WindowScope::session,
                           WithoutTty::none, true}));
}

TEST(Parse, reads_durations_in_every_unit) {
    const auto window = [](const std::string& text) {
        return good("[defaults]\nrequirement = 'optional'\nwindow = '" + text + "'\n").defaults.window;
    };
    EXPECT_EQ(window("0"), 0s);
    EXPECT_EQ(window("0s"), 0s);
    EXPECT_EQ(window("90s"), 90s);
    EXPECT_EQ(window("15m"), 15min);
    EXPECT_EQ(window("2h"), 2h);
    EXPECT_EQ(window("1d"), 24h);
    EXPECT_EQ(window("86400s"), 24h);
}

TEST(Parse, knows_every_factor_and_every_strength_by_its_name) {
    for (const auto& row : factor_kinds) {
        if (is_code_set(row.kind)) continue;  // cannot stand alone, or is none of policy's
        const auto name = std::string(row.name);
        const auto counts = is_proved_by_login(row.kind) ? "security_key_login = 'verified'\n" : "";
        const auto policy = good("[defaults]\nrequirement = 'required'\nallowed_factors = ['" + name + "']\n" + counts);
        EXPECT_EQ(policy.defaults.allowed, FactorSet{row.kind});
    }
    for (const auto& row : strengths) {
        const auto name = std::string(row.name);
        EXPECT_EQ(good("[defaults]\nrequirement = 'optional'\nmin_strength = '" + name + "'\n").defaults.min_strength,
                  row.strength);
    }
}

TEST(Parse, lets_a_rule_be_silent_so_that_later_rules_do_not_reach_whom_it_matches) {
    const auto policy = good("[defaults]\nrequirement = 'optional'\n"
                             "[[rule]]\nname = 'a'\nmatch = { users = ['al'] }\n"
                             "[[rule]]\nname = 'b'\nmatch = { services = ['su'] }\nrequirement = 'required'\n");
    EXPECT_EQ(decide(policy, {"su", "al", {{}}, "root"}).level, Level::optional);
    EXPECT_EQ(decide(policy, {"su", "bo", {{}}, "root"}).level, Level::required);
}

TEST(Parse, puts_the_rules_of_drop_ins_behind_those_of_the_main_file) {
    const auto parsed = parse(ConfigTexts{
        {"policy.toml", "[defaults]\nrequirement = 'optional'\n[[rule]]\nname = 'a'\nmatch = { users = ['a'] }\n"},
        {"policy.d/1.toml", "[[rule]]\nname = 'b'\nmatch = { users = ['b'] }\n"},
        {"policy.d/2.toml", ""},
        {"policy.d/3.toml", "[[rule]]\nname = 'c'\nmatch = { users = ['c'] }\n"},
    });
    ASSERT_TRUE(parsed) << parsed.error().text();
    ASSERT_EQ(parsed->rules.size(), 3U);
    EXPECT_EQ(parsed->rules[0].name, "a");
    EXPECT_EQ(parsed->rules[1].name, "b");
    EXPECT_EQ(parsed->rules[2].name, "c");
    EXPECT_EQ(parsed->rules[2].file, "policy.d/3.toml");
}

TEST(Parse, does_not_call_rules_unreachable_that_an_earlier_one_only_overlaps) {
    good("[defaults]\nrequirement = 'optional'\n"
         "[[rule]]\nname = 'a'\nmatch = { services = ['sudo-i'], users = ['al', 'bo'] }\n"
         "[[rule]]\nname = 'b'\nmatch = { services = ['sudo'], users = ['al'] }\n"
         "[[rule]]\nname = 'c'\nmatch = { services = ['sudo', 'su'], users = ['al'] }\n"
         "[[rule]]\nname = 'd'\nmatch = { users = ['al'] }\n");
    good("[defaults]\nrequirement = 'optional'\n"
         "[[rule]]\nname = 'a'\nmatch = { groups = ['wheel'], targets = ['root'] }\n"
         "[[rule]]\nname = 'b'\nmatch = { groups = ['adm'], targets = ['root'] }\n"
         "[[rule]]\nname = 'c'\nmatch = { groups = ['wheel'], targets = ['bo'] }\n"
         "[[rule]]\nname = 'd'\nmatch = { groups = ['wheel'] }\n");
}

TEST(Parse, lets_a_rule_for_every_service_say_what_holds_for_a_key_alone) {
    const auto policy = good("[defaults]\nrequirement = 'required'\n"
                             "[[rule]]\nname = 'robot'\nmatch = { users = ['robot'] }\nkey_only = 'allow'\n");
    EXPECT_TRUE(decide(policy, {"sshd", "robot", {{}}, "robot"}).key_only_allowed);
    EXPECT_FALSE(decide(policy, {"sshd", "al", {{}}, "al"}).key_only_allowed);
}

TEST(Parse, lets_a_rule_ask_for_two_different_factors) {
    const auto policy = good("[defaults]\nrequirement = 'required'\n"
                             "[[rule]]\nname = 'r'\nmatch = { users = ['al'] }\ntwo_different_factors = true\n");
    const auto asked = decide(policy, {"sudo", "al", {{}}, "root"});
    const auto other = decide(policy, {"sudo", "bo", {{}}, "root"});
    EXPECT_TRUE(asked.two_different);
    EXPECT_FALSE(other.two_different);
    EXPECT_TRUE(compare_strictness(asked, other) > 0);
}

TEST(Parse, takes_from_the_defaults_what_a_rule_does_not_say_of_trusted_keys) {
    const auto policy = good("[defaults]\nrequirement = 'required'\n"
                             "[[rule]]\nname = 'r'\nmatch = { users = ['al'] }\ntrusted_keys = { duration = '7d' }\n"
                             "[[rule]]\nname = 's'\nmatch = { users = ['bo'] }\ntrusted_keys = { enabled = false }\n"
                             "[defaults.trusted_keys]\nenabled = true\nsame_network = true\n");
    const auto trust = [&](const char* user) { return decide(policy, {"sshd", user, {{}}, user}).key_trust; };
    constexpr Seconds day = std::chrono::hours(24);
    EXPECT_EQ(trust("al"), (KeyTrust{true, 7 * day, true}));
    EXPECT_EQ(trust("cy"), (KeyTrust{true, 30 * day, true}));
    EXPECT_FALSE(trust("bo").enabled);
    EXPECT_FALSE(strictest().key_trust.enabled);
}

TEST(Parse, counts_security_keys_where_it_is_said_and_they_may_count) {
    const auto policy = good("[[rule]]\nname = 'r'\nmatch = { users = ['al'] }\nsecurity_key_login = 'off'\n"
                             "[[rule]]\nname = 's'\nmatch = { users = ['bo'] }\nmin_strength = 'webauthn'\n"
                             "[[rule]]\nname = 't'\nmatch = { services = ['sudo'] }\nwindow = '1m'\n"
                             "[[rule]]\nname = 'u'\nmatch = { services = ['sshd'], users = ['cy'] }\nwindow = '1m'\n"
                             "[defaults]\nrequirement = 'required'\nsecurity_key_login = 'verified'\n");
    const auto counts = [&](const char* user) {
        return decide(policy, {"sshd", user, {{}}, user}).counts_security_keys();
    };
    EXPECT_FALSE(counts("al"));
    EXPECT_FALSE(counts("bo"));
    EXPECT_TRUE(counts("cy"));
    EXPECT_TRUE(counts("dy"));
    EXPECT_FALSE(strictest().counts_security_keys());
    EXPECT_EQ(places_that_count_security_keys(policy),
              (std::vector<std::string>{"rule \"u\" (policy.toml:13)", "[defaults]"}));
    EXPECT_TRUE(places_that_count_security_keys(built_in_policy()).empty());
    EXPECT_TRUE(places_that_count_security_keys(good("[defaults]\nrequirement = 'disabled'\n"
                                                     "security_key_login = 'verified'\n"))
                    .empty());
}

TEST(ParseExample, is_good_and_states_the_ordinary_defaults_and_nothing_else) {
    const auto policy = good(source("packaging/policy.toml"));
    EXPECT_TRUE(policy.rules.empty());
    EXPECT_EQ(complete({}, policy.defaults), complete({.level = Level::optional}, {}));
    EXPECT_EQ(policy.limits, Limits{});
}

TEST(ParseExample, has_a_rule_that_is_good_once_it_is_uncommented) {
    auto text = source("packaging/policy.toml");
    for (auto at = text.find("\n#"); at != text.npos; at = text.find("\n#", at + 1))
        if (text[at + 2] != ' ') text.erase(at + 1, 1);
    const auto policy = good(text);
    ASSERT_EQ(policy.rules.size(), 1U);
    EXPECT_EQ(decide(policy, {"sudo", "al", {{"sudo"}}, std::nullopt}).level, Level::required);
}
