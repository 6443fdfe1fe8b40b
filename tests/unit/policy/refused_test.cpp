#include <gtest/gtest.h>

#include "policy/parse.hpp"

// What the parser refuses, with the exact words and the place: people search for them.

using namespace stepup;

namespace {

struct Refused {
    std::string text;
    std::string told;
};

void PrintTo(const Refused& one, std::ostream* out) { *out << one.told; }

class RefusedTable : public testing::TestWithParam<Refused> { };

std::string defaults(std::string_view more) { return "[defaults]\nrequirement = 'optional'\n" + std::string(more); }
std::string limits(std::string_view more) { return defaults("[limits]\n" + std::string(more)); }
/// A rule that begins in line 3; `more` is line 6.
std::string rule(std::string_view more) {
    return defaults("[[rule]]\nname = 'r'\nmatch = { services = ['sudo'] }\n" + std::string(more));
}
/// A rule whose match is in line 5 from column 9 on.
std::string match(std::string_view match) { return defaults("[[rule]]\nname = 'r'\nmatch = " + std::string(match)); }

const std::string all_factors = R"("totp", "hotp", "recovery-code", "email", "sms", "yubikey-otp", "security-key", )"
                                R"("ssh-security-key", "webauthn")";

const std::string no_network = " is not a network: write an address and the length of its prefix, as in "
                               "\"10.0.0.0/8\"; a \"!\" before it excepts it";
const std::string no_time = " is not a time of the week: write days, hours or both, as in \"mon-fri 08:00-18:00\"";

}  // namespace

TEST_P(RefusedTable, is_told_with_its_place) {
    const auto parsed = parse(GetParam().text, "p");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().text(), "p:" + GetParam().told);
}

INSTANTIATE_TEST_SUITE_P(
    Files, RefusedTable,
    testing::Values(
        Refused{"", "1:1: there is no [defaults]: it must say `requirement`, for whoever no rule matches"},
        Refused{"[defaults]\n", "1:1: [defaults] must say `requirement`"},
        Refused{"defaults = 1\n", "1:1: defaults: must be a table"},
        Refused{defaults("requirement = 'required'\n"),
                "3:15: is not TOML: Error while parsing key-value pair: cannot redefine existing string 'requirement'"},
        Refused{"[defaults", "1:10: is not TOML: Error while parsing table header: encountered end-of-file"},
        // what a power cut leaves of a file; toml++ ends the program on a zero in a key
        Refused{std::string(4096, '\0'), "1:1: is not TOML: a control character stands here"},
        Refused{defaults("# ü\t\r\nx" + std::string(1, '\0') + "]\n"),
                "4:2: is not TOML: a control character stands here"},
        Refused{defaults("# a\x7F"), "3:4: is not TOML: a control character stands here"},
        Refused{defaults("x = \"a\x01\"\n"), "3:7: is not TOML: a control character stands here"},
        // these end the program in toml++, too, or nearly
        Refused{"[,defaults]\n", "1:2: is not TOML: in [brackets], the name of a table must stand"},
        Refused{defaults(" [[ .rule]]\n"), "3:5: is not TOML: in [brackets], the name of a table must stand"},
        Refused{defaults("größe = 1\n"), "3:3: is not TOML: only in quotes and comments may a letter not be ASCII"},
        Refused{"limit = 1\n[defaults]\nrequirement = 'optional'\n",
                "1:1: unknown key \"limit\" at the top; did you mean \"limits\"?"},
        Refused{defaults("[profile]\n"),
                "3:2: unknown key \"profile\" at the top; there is \"defaults\", \"limits\", "
                "\"rule\""},
        // of several, the first in the file
        Refused{"[limits]\nlock = 1\n[defaults]\nrequirement = 1\n",
                "2:1: unknown key \"lock\" in [limits]; there is \"delay_from\", \"lock_after\", \"lock_for\", "
                "\"ceiling\", \"source_lock_after\""}));

INSTANTIATE_TEST_SUITE_P(
    Defaults, RefusedTable,
    testing::Values(
        Refused{defaults("windw = '5m'\n"), "3:1: unknown key \"windw\" in [defaults]; did you mean \"window\"?"},
        Refused{defaults("\"a\\u001bb\" = 1\n"),
                "3:1: unknown key \"a?b\" in [defaults]; there is \"requirement\", \"allowed_factors\", "
                "\"min_strength\", \"two_different_factors\", \"weaker_factors\", \"window\", \"window_scope\", "
                "\"window_without_tty\", \"foreground_only\", \"key_only\", \"security_key_login\", \"triggers\", "
                "\"grace_period\", \"required_from\", \"report_only\", \"recovery_codes\", \"first_enrollment\", "
                "\"trusted_keys\""},
        Refused{"[defaults]\nrequirement = true\n", "2:15: requirement: must be a string, not a boolean"},
        Refused{"[defaults]\nrequirement = 'requird'\n",
                "2:15: requirement: \"requird\" is none of \"disabled\", \"optional\", \"risk-based\", \"required\"; "
                "did you mean "
                "\"required\"?"},
        Refused{defaults("triggers = ['new-devise']\n"),
                "3:13: triggers: \"new-devise\" is none of \"new-device\", \"new-location\", \"suspicious-ip\", "
                "\"after-password-change\"; did you mean \"new-device\"?"},
        Refused{defaults("required_from = '2027-01-01'\n"),
                "3:17: required_from: must be a date without quotes, as in 2027-01-01"},
        Refused{defaults("required_from = 2027\n"),
                "3:17: required_from: must be a date, as in 2027-01-01, not an integer"},
        Refused{defaults("required_from = 2027-02-30\n"),
                "3:27: is not TOML: Error while parsing date: expected day between 1 and 28 (inclusive), saw 30"},
        Refused{defaults("first_enrollment = 'anybody'\n"),
                "3:20: first_enrollment: \"anybody\" is none of \"self\", \"invite\""},
        Refused{defaults("two_different_factors = true\nallowed_factors = ['totp']\n"),
                "3:25: two_different_factors: only one kind of factor could pass, so nobody could pass"},
        Refused{defaults("two_different_factors = true\ntrusted_keys = { enabled = true }\n"),
                "4:16: trusted_keys: have no effect where two_different_factors are asked for"},
        Refused{defaults("security_key_login = 'yes'\n"),
                "3:22: security_key_login: \"yes\" is none of \"off\", \"verified\""},
        Refused{defaults("security_key_login = 'verified'\nallowed_factors = ['totp', 'hotp']\n"),
                "3:22: security_key_login: has no effect, allowed_factors lacks \"ssh-security-key\""},
        Refused{defaults("security_key_login = 'verified'\nmin_strength = 'webauthn'\n"),
                "3:22: security_key_login: has no effect, min_strength is more than ssh-security-key"},
        Refused{defaults("trusted_keys = true\n"), "3:1: trusted_keys: must be a table, as in { enabled = true }"},
        Refused{defaults("trusted_keys = {}\n"), "3:16: trusted_keys: is empty"},
        Refused{defaults("[defaults.trusted_keys]\nenable = true\n"),
                "4:1: unknown key \"enable\" in trusted_keys; did you mean \"enabled\"?"},
        Refused{defaults("[defaults.trusted_keys]\nenabled = 'yes'\n"),
                "4:11: enabled: must be true or false, not a string"},
        Refused{defaults("[defaults.trusted_keys]\nenabled = true\nduration = '91d'\n"),
                "5:12: duration: must be 1h to 2160h"},
        Refused{defaults("trusted_keys = { duration = '7d' }\n"),
                "3:16: trusted_keys: has no effect without enabled = true"},
        Refused{defaults("grace_period = '7'\n"),
                "3:16: grace_period: \"7\" is not a duration: write one number and s, m, h or d, as in \"15m\""},
        Refused{defaults("grace_period = '366d'\n"), "3:16: grace_period: must be 0s to 8760h"},
        Refused{defaults("window = 900\n"), "3:10: window: needs a unit: \"900s\" for seconds, or m, h, d"},
        Refused{defaults("window = '15'\n"),
                "3:10: window: \"15\" is not a duration: write one number and s, m, h or d, as in \"15m\""},
        Refused{defaults("window = '1h30m'\n"),
                "3:10: window: \"1h30m\" is not a duration: write one number and s, m, h or d, as in \"15m\""},
        Refused{defaults("window = '-5m'\n"),
                "3:10: window: \"-5m\" is not a duration: write one number and s, m, h or d, as in \"15m\""},
        Refused{defaults("window = ''\n"),
                "3:10: window: \"\" is not a duration: write one number and s, m, h or d, as in \"15m\""},
        Refused{defaults("window = '9999999999d'\n"),
                "3:10: window: \"9999999999d\" is not a duration: write one number and s, m, h or d, as in \"15m\""},
        Refused{defaults("window = '25h'\n"), "3:10: window: must be 0s to 24h"},
        Refused{defaults("window = 1.5\n"), "3:10: window: must be a string, not a floating-point number"},
        Refused{defaults("window_scope = 'host'\n"), "3:16: window_scope: \"host\" is none of \"session\", \"user\""},
        Refused{defaults("window_without_tty = 'sesion'\n"),
                "3:22: window_without_tty: \"sesion\" is none of \"none\", \"session\"; did you mean \"session\"?"},
        Refused{defaults("window = ['1m']\n"), "3:10: window: must be a string, not a list"},
        Refused{defaults("window = { a = 1 }\n"), "3:10: window: must be a string, not a table"},
        Refused{defaults("window = 1979-05-27T07:32:00Z\n"), "3:10: window: must be a string, not a date with time"},
        Refused{defaults("window = 07:32:00\n"), "3:10: window: must be a string, not a time"},
        Refused{defaults("key_only = false\n"), "3:12: key_only: must be a string, not a boolean"},
        Refused{defaults("min_strength = 'totp'\n"),
                "3:16: min_strength: \"totp\" is none of \"none\", \"sms\", \"email\", \"recovery-code\", \"otp\", "
                "\"ssh-security-key\", \"webauthn\", \"security-key\", \"security-key-uv\"; did you mean \"otp\"?"},
        Refused{defaults("allowed_factors = 'totp'\n"),
                "3:19: allowed_factors: must be a list of strings, not a string"},
        Refused{defaults("allowed_factors = []\n"),
                "3:19: allowed_factors: the list is empty: leave the key out or name at least one"},
        Refused{defaults("allowed_factors = ['hotp', 7]\n"), "3:28: allowed_factors: must be a string, not an integer"},
        Refused{defaults("allowed_factors = ['hotp', 'topt']\n"),
                "3:28: allowed_factors: \"topt\" is none of " + all_factors + "; did you mean \"totp\"?"},
        Refused{defaults("allowed_factors = ['hotp', 'invite']\n"),
                "3:28: allowed_factors: \"invite\" is none of " + all_factors},
        Refused{defaults("allowed_factors = ['hotp', 'hotp']\n"), "3:28: allowed_factors: \"hotp\" is named twice"},
        Refused{defaults("allowed_factors = ['recovery-code']\n"),
                "3:19: only recovery codes could pass, and they are issued only beside another factor"},
        Refused{defaults("allowed_factors = ['totp']\nmin_strength = 'webauthn'\n"),
                "4:16: no allowed factor has min_strength \"webauthn\": nobody could pass"},
        Refused{defaults("allowed_factors = ['recovery-code', 'email']\nmin_strength = 'recovery-code'\n"),
                "4:16: only recovery codes could pass, and they are issued only beside another factor"},
        Refused{defaults("recovery_codes = 51\n"), "3:18: recovery_codes: must be 0 to 50"},
        Refused{defaults("recovery_codes = -1\n"), "3:18: recovery_codes: must be 0 to 50"},
        Refused{defaults("recovery_codes = '10'\n"), "3:18: recovery_codes: must be an integer, not a string"},
        Refused{defaults("recovery_codes = 2027-01-01\n"), "3:18: recovery_codes: must be an integer, not a date"}));

INSTANTIATE_TEST_SUITE_P(
    Limits, RefusedTable,
    testing::Values(Refused{limits("lock_after = 2\n"), "4:14: lock_after: must be 3 to 100"},
                    Refused{limits("lock_after = 101\n"), "4:14: lock_after: must be 3 to 100"},
                    Refused{limits("delay_from = 0\n"), "4:14: delay_from: must be 1 to 100"},
                    Refused{limits("delay_from = 11\n"),
                            "4:14: delay_from is greater than lock_after, 10: there would be no delay"},
                    Refused{limits("ceiling = 101\n"), "4:11: ceiling: must be 3 to 100"},
                    Refused{limits("lock_after = 50\nceiling = 49\n"),
                            "5:11: ceiling is less than lock_after, 50: there would be no lock"},
                    Refused{limits("lock_for = '59s'\n"), "4:12: lock_for: must be 1m to 24h"},
                    Refused{limits("lock_for = '2d'\n"), "4:12: lock_for: must be 1m to 24h"},
                    Refused{limits("source_lock_after = 2\n"), "4:21: source_lock_after: must be 3 to 10000"},
                    // the default of a key that is wrong does not count as said
                    Refused{limits("delay_from = 20\nlock_after = '30'\n"),
                            "5:14: lock_after: must be an integer, not a string"}));

INSTANTIATE_TEST_SUITE_P(
    Rules, RefusedTable,
    testing::Values(
        Refused{defaults("[rule]\nname = 'r'\n"), "3:2: rule: write [[rule]], in double brackets"},
        Refused{"rule = ['r']\n" + defaults(""), "1:9: rule: write [[rule]], in double brackets"},
        Refused{defaults("[[rule]]\nmatch = { users = ['a'] }\n"), "3:1: the rule has no name"},
        Refused{defaults("[[rule]]\nname = ''\nmatch = { users = ['a'] }\n"),
                "4:8: name: must be 1 to 64 printable characters"},
        Refused{defaults("[[rule]]\nname = 7\nmatch = { users = ['a'] }\n"),
                "4:8: name: must be a string, not an integer"},
        Refused{defaults("[[rule]]\nname = \"a\\nb\"\nmatch = { users = ['a'] }\n"),
                "4:8: name: must be 1 to 64 printable characters"},
        Refused{defaults("[[rule]]\nname = 'r'\n"),
                "3:1: the rule has no match; what holds for everyone stands in [defaults]"},
        Refused{match("{}\n"), "5:9: match: is empty; what holds for everyone stands in [defaults]"},
        Refused{match("'sshd'\n"), "5:1: match: must be a table, as in { services = [\"sshd\"] }"},
        Refused{match("{ user = ['a'] }\n"), "5:11: unknown key \"user\" in match; did you mean \"users\"?"},
        Refused{match("{ networks = ['10.0.0.0/33'] }\n"), "5:23: networks: \"10.0.0.0/33\"" + no_network},
        Refused{match("{ networks = ['10.0.0.1', 'office.example'] }\n"),
                "5:35: networks: \"office.example\"" + no_network},
        Refused{match("{ networks = ['fe80::1%eth0'] }\n"), "5:23: networks: \"fe80::1%eth0\"" + no_network},
        Refused{match("{ networks = ['!!10.0.0.0/8'] }\n"), "5:23: networks: \"!10.0.0.0/8\"" + no_network},
        Refused{match("{ networks = ['10.1.2.0/8'] }\n"),
                "5:23: networks: \"10.1.2.0/8\" has bits set behind its prefix; did you mean \"10.0.0.0/8\"?"},
        Refused{match("{ networks = ['10.1.0.0/16', '!10.0.0.0/8'] }\n"),
                "5:22: networks: \"10.1.0.0/16\" is excepted as a whole, so it can never match"},
        Refused{match("{ networks = ['10.0.0.0/8', '!192.168.0.0/16'] }\n"),
                "5:22: networks: \"!192.168.0.0/16\" excepts nothing: it is in no network of the list"},
        Refused{match("{ networks = ['10.0.0.0/8'], from = 'local' }\n"),
                "5:22: networks: nobody local has an address, so with from = \"local\" the rule can never match"},
        Refused{match("{ from = 'remot' }\n"),
                "5:18: from: \"remot\" is none of \"local\", \"remote\"; did you mean \"remote\"?"},
        Refused{match("{ times = ['Mon-Fri'] }\n"), "5:20: times: \"Mon-Fri\"" + no_time},
        Refused{match("{ times = ['sat', '08:00-25:00'] }\n"), "5:27: times: \"08:00-25:00\"" + no_time},
        Refused{match("{ users = [] }\n"), "5:19: users: the list is empty: leave the key out or name at least one"},
        Refused{match("{ users = ['al', ''] }\n"), "5:26: users: a name is empty"},
        Refused{match("{ users = ['*'] }\n"),
                "5:20: users: \"*\" is not a name; there are no patterns, negations or paths here"},
        Refused{match("{ groups = ['!sudo'] }\n"),
                "5:21: groups: \"!sudo\" is not a name; there are no patterns, negations or paths here"},
        Refused{match("{ services = ['/etc/pam.d/su'] }\n"),
                "5:23: services: \"/etc/pam.d/su\" is not a name; there are no patterns, negations or paths here"},
        Refused{match("{ services = ['su ', 'sudo'] }\n"),
                "5:23: services: \"su \" is not a name; there are no patterns, negations or paths here"},
        Refused{match("{ services = [' su'] }\n"),
                "5:23: services: \" su\" is not a name; there are no patterns, negations or paths here"},
        Refused{match("{ services = [\"s\\u001bu\"] }\n"),
                "5:23: services: \"s?u\" is not a name; there are no patterns, negations or paths here"},
        Refused{rule("requirment = 'required'\n"),
                "6:1: unknown key \"requirment\" in [[rule]]; did you mean \"requirement\"?"},
        Refused{rule("requirement = 'optional'\ngrace_period = '7d'\n"),
                "7:16: grace_period: has no effect under requirement = \"optional\", only under \"required\" and "
                "\"risk-based\""},
        Refused{rule("requirement = 'optional'\nrequired_from = 2027-01-01\n"),
                "7:17: required_from: has no effect under requirement = \"optional\", only under \"required\" and "
                "\"risk-based\""},
        Refused{rule("requirement = 'required'\ntriggers = ['new-device']\n"),
                "7:12: triggers: has no effect under requirement = \"required\", only under \"risk-based\""},
        Refused{rule("recovery_codes = 5\n"),
                "6:18: recovery_codes: has no effect, the rule does not match stepup, where factors are enrolled"},
        Refused{rule("first_enrollment = 'self'\n"),
                "6:20: first_enrollment: has no effect, the rule does not match stepup, where factors are enrolled"},
        Refused{rule("foreground_only = 'yes'\n"), "6:19: foreground_only: must be true or false, not a string"},
        Refused{rule("limits = { lock_after = 5 }\n"),
                "6:10: limits: failures of an account are counted over all services, so the rule may match by users "
                "and groups only"},
        Refused{rule("limits = 5\n"), "6:1: limits: must be a table, as in { lock_after = 5 }"},
        Refused{rule("limits = {}\n"), "6:10: limits: is empty"},
        Refused{rule("limits = { lock_afer = 5 }\n"),
                "6:12: unknown key \"lock_afer\" in limits; did you mean \"lock_after\"?"},
        Refused{rule("limits = { source_lock_after = 5 }\n"),
                "6:12: source_lock_after: belongs in [limits]; many people share a source"},
        Refused{rule("limits = { lock_after = 2 }\n"), "6:25: lock_after: must be 3 to 100"},
        Refused{limits("delay_from = 9\n[[rule]]\nname = 'r'\nmatch = { users = ['al'] }\nlimits = { lock_after = 8 "
                       "}\n"),
                "8:25: delay_from is greater than lock_after, 8: there would be no delay"},
        Refused{match("{ users = ['al'] }\nrequirement = 'disabled'\nlimits = { lock_after = 3 }\n"),
                "7:1: limits: has no effect under requirement = \"disabled\""},
        Refused{rule("requirement = 'disabled'\nwindow = '5m'\n"),
                "7:1: window: has no effect under requirement = \"disabled\""},
        Refused{rule("trusted_keys = { enabled = true }\n"),
                "6:16: trusted_keys: has no effect, the rule does not match sshd"},
        Refused{rule("security_key_login = 'verified'\n"),
                "6:22: security_key_login: has no effect, the rule does not match sshd"},
        Refused{match("{ services = ['sshd'] }\nrequirement = 'disabled'\nsecurity_key_login = 'verified'\n"),
                "7:1: security_key_login: has no effect under requirement = \"disabled\""},
        Refused{match("{ services = ['sshd'] }\nallowed_factors = ['totp']\nsecurity_key_login = 'verified'\n"),
                "7:22: security_key_login: has no effect, allowed_factors lacks \"ssh-security-key\""},
        Refused{rule("key_only = 'allow'\n"), "6:12: key_only: has no effect, the rule does not match sshd"},
        Refused{rule("min_strength = 'security-key-uv'\nallowed_factors = ['webauthn']\n"),
                "6:16: no allowed factor has min_strength \"security-key-uv\": nobody could pass"},
        Refused{rule("[[rule]]\nname = 'r'\nmatch = { services = ['su'] }\n"),
                "7:8: name: another rule, at p:3, has it"},
        Refused{rule("[[rule]]\nname = 's'\nmatch = { services = ['sudo-i'], users = ['al'] }\n"),
                "6:1: the rule can never decide: the one at p:3 matches all that this one does"},
        Refused{match("{ networks = ['10.0.0.0/8', '!10.9.0.0/16'] }\n[[rule]]\nname = 's'\n"
                      "match = { networks = ['10.1.0.0/16', '10.8.0.0/13', '!10.9.0.0/16'] }\n"),
                "6:1: the rule can never decide: the one at p:3 matches all that this one does"},
        Refused{match("{ from = 'remote' }\n[[rule]]\nname = 's'\nmatch = { networks = ['!10.1.0.0/16'] }\n"),
                "6:1: the rule can never decide: the one at p:3 matches all that this one does"},
        Refused{match("{ times = ['mon-fri 08:00-18:00'] }\n[[rule]]\nname = 's'\n"
                      "match = { times = ['tue,fri 09:00-18:00'] }\n"),
                "6:1: the rule can never decide: the one at p:3 matches all that this one does"},
        // what [defaults] say makes the rule impossible
        Refused{"[[rule]]\nname = 'r'\nmatch = { users = ['al'] }\nrequirement = 'required'\n[defaults]\n"
                "requirement = 'disabled'\nallowed_factors = ['recovery-code']\n",
                "4:15: only recovery codes could pass, and they are issued only beside another factor"}));

TEST(Refused, names_the_drop_in_and_keeps_it_to_rules) {
    const ConfigText main{"policy.toml", defaults("[[rule]]\nname = 'r'\nmatch = { users = ['a'] }\n")};
    const auto told = [&](std::string text) { return parse(ConfigTexts{main, {"d/1.toml", text}}).error().text(); };
    EXPECT_EQ(told("[defaults]\nrequirement = 'disabled'\n"),
              "d/1.toml:1:2: [defaults] belongs in the main file; a drop-in holds rules");
    EXPECT_EQ(told("[limits]\n"), "d/1.toml:1:2: [limits] belongs in the main file; a drop-in holds rules");
    EXPECT_EQ(told("[[rule]]\nname = 'r'\nmatch = { users = ['b'] }\n"),
              "d/1.toml:2:8: name: another rule, at policy.toml:3, has it");
    EXPECT_EQ(told("[[rule]]\nname = 's'\nmatch = { users = ['a'], services = ['su'] }\n"),
              "d/1.toml:1:1: the rule can never decide: the one at policy.toml:3 matches all that this one does");
}

TEST(Refused, makes_no_policy_of_no_file) { EXPECT_FALSE(parse(ConfigTexts{})); }
