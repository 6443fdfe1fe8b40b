#include "daemon/maintenance/policy.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/core/foretelling.hpp"
#include "daemon/maintenance/policy_screen.hpp"

namespace stepup {
namespace {

constexpr Millis now = Millis(1'795'325'149'983);  // 2026-11-22 05:25:49 UTC, a Sunday

class PolicyWords : public testing::Test {
protected:
    PolicyWords() {
        ::setenv("TZ", "UTC0", 1);
        ::tzset();
    }
    static inline std::string said;  ///< on standard error by what was read last
    static std::variant<PolicyQuestion, Exit> read(std::vector<std::string> words) {
        words.insert(words.begin(), "policy");
        std::vector<char*> pointers;
        for (auto& word : words) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        testing::internal::CaptureStderr();
        auto answer = read_policy_words(static_cast<int>(words.size()), pointers.data(), now);
        said = testing::internal::GetCapturedStderr();
        return answer;
    }
    static PolicyQuestion ask(std::vector<std::string> words) {
        auto answer = read(std::move(words));
        EXPECT_TRUE(std::holds_alternative<PolicyQuestion>(answer));
        return std::holds_alternative<PolicyQuestion>(answer) ? std::get<PolicyQuestion>(answer) : PolicyQuestion{};
    }
    static Facts facts(std::vector<std::string> words) {
        Settings settings;
        settings.lockers = {"swaylock"};
        return facts_of(ask(std::move(words)), settings, std::vector<std::string>{});
    }
};

Policy policy_of(std::string_view text) {
    auto parsed = parse(text, "p");
    if (!parsed) ADD_FAILURE() << parsed.error().text();
    return parsed ? *std::move(parsed) : Policy{};
}

const std::string three_rules = R"([defaults]
requirement = "optional"
[[rule]]
name = "robots"
match = { users = ["robot"], from = "local" }
requirement = "disabled"
[[rule]]
name = "admins"
match = { groups = ["wheel"] }
requirement = "required"
allowed_factors = ["totp"]
window = "0"
[[rule]]
name = "all"
match = { services = ["sudo"] }
[[rule]]
name = "last"
match = { users = ["zoe"] }
)";

TEST_F(PolicyWords, name_files_to_check_and_an_attempt_to_explain) {
    EXPECT_EQ(ask({"check"}).files, std::vector<std::string>{});
    EXPECT_EQ(ask({"check", "--json", "--", "a", "-b"}).files, (std::vector<std::string>{"a", "-b"}));
    const auto explain = ask({"explain", "--from=192.0.2.7", "--target=root", "--at=2026-11-22 14:30", "al", "su"});
    EXPECT_EQ(explain.user, "al");
    EXPECT_EQ(explain.service, "su");
    EXPECT_EQ(explain.whence, (Whence{From::remote, Address::parse("192.0.2.7")}));
    EXPECT_EQ(explain.target, "root");
    EXPECT_EQ(explain.at, Millis(1'795'357'800'000));
    EXPECT_EQ(ask({"explain", "al", "su", "--at=14:30"}).at, explain.at) << "of today";
    EXPECT_EQ(ask({"explain", "al", "su"}).at, now);
    EXPECT_EQ(ask({"explain", "al", "su", "--config", "/c"}).config, "/c");
}

TEST_F(PolicyWords, name_what_is_to_be_changed) {
    const auto set = ask({"set", "--rule=admins step up", "--dry-run", "--", "window", "-5m"});
    EXPECT_EQ(set.key, "window");
    EXPECT_EQ(set.value, "-5m");
    EXPECT_EQ(set.rule, "admins step up");
    EXPECT_TRUE(set.dry_run);
    EXPECT_EQ(ask({"edit", "robots"}).drop_in, "robots");
    EXPECT_EQ(ask({"edit", "--"}).drop_in, "");
    EXPECT_EQ(ask({"diff"}).command, "diff");
    EXPECT_EQ(ask({"profile"}).profile, "");
    EXPECT_TRUE(ask({"profile", "--diff", "pci"}).diff);
}

TEST_F(PolicyWords, are_refused_where_they_make_no_sense) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"explain"},
        {"explain", "al"},
        {"explain", "al", "su", "root"},
        {"explain", "al", "s\nu"},
        {"explain", "al", ""},
        {"explain", "al", "su", "--from=office.example"},
        {"explain", "al", "su", "--from="},
        {"explain", "al", "su", "--at=soon"},
        {"explain", "al", "su", "--at=25:00"},
        {"explain", "al", "su", "--at=2026-02-30"},
        {"explain", "al", "su", "--at=2026-02-29 12:00"},
        {"explain", "al", "su", "--target="},
        {"explain", "al", "su", "--unknown"},
        {"explain", "al", "su", "--at"},
        {"check", "--from=local"},
        {"check", "--dry-run"},
        {"set", "window"},
        {"set", "window", "5m", "more"},
        {"set", "window", "5m", "--rule="},
        {"edit", "a", "b"},
        {"edit", "../passwd"},
        {"edit", ".hidden"},
        {"diff", "x"},
        {"diff", "--diff"},
        {"profile", "--diff"},
        {"profile", "a", "b"},
        {"explain", "al", "su", "--rule=x"},
        {"check", "--target=root"},
        {"guess"},
    };
    for (const auto& words : wrong) {
        const auto answer = read(words);
        ASSERT_TRUE(std::holds_alternative<Exit>(answer)) << words.size();
        EXPECT_EQ(std::get<Exit>(answer), Exit::usage);
    }
}

TEST_F(PolicyWords, that_begin_with_a_dash_are_told_to_stand_behind_two) {
    const auto told = [](const std::string& word) {
        return "stepup: " + word + " is no option here; a value or name that begins with \"-\" stands behind \"--\"\n"
            + "Try: stepup policy --help\n";
    };
    (void)read({"set", "window", "-5m"});
    EXPECT_EQ(said, told("-5m"));
    (void)read({"set", "window", "-5"});
    EXPECT_EQ(said, told("-5"));
    (void)read({"check", "--unknown", "file"});
    EXPECT_EQ(said, told("--unknown"));
    (void)read({"explain", "al", "su", "--at"});
    EXPECT_EQ(said, "stepup: --at lacks its value\nTry: stepup policy --help\n");
}

TEST_F(PolicyWords, leave_to_the_service_what_they_do_not_say) {
    EXPECT_EQ(facts({"explain", "al", "sshd"}).whence, (Whence{From::remote, {}}));
    EXPECT_EQ(facts({"explain", "al", "login"}).whence, (Whence{From::local, {}}));
    for (const auto* service : {"sudo", "su-l", "swaylock", "ftp"})
        EXPECT_EQ(facts({"explain", "al", service}).whence, Whence{}) << service;
    EXPECT_EQ(facts({"explain", "al", "sshd", "--from=local"}).whence, (Whence{From::local, {}}));
    EXPECT_EQ(facts({"explain", "al", "sudo", "--from=remote"}).whence, (Whence{From::remote, {}}));
    EXPECT_EQ(facts({"explain", "al", "sshd"}).target, "al");
    EXPECT_EQ(facts({"explain", "al", "sudo"}).target, std::nullopt);
    EXPECT_EQ(facts({"explain", "al", "su"}).target, std::nullopt);
    EXPECT_EQ(facts({"explain", "al", "su", "--target=root"}).target, "root");
    EXPECT_EQ(facts({"explain", "al", "sshd"}).time, (LocalTime{6, 5 * 60 + 25}));
}

TEST_F(PolicyWords, cannot_tell_a_target_that_sudo_does_not_tell) {
    for (const auto* service : {"sudo", "sudo-i"})
        EXPECT_EQ(facts({"explain", "al", service, "--target=root"}).target, std::nullopt) << service;
    const auto policy = policy_of(three_rules);
    const auto al = facts({"explain", "al", "sudo", "--target=root"});
    EXPECT_TRUE(
        explanation(policy, al, hidden_target_text)
            .ends_with("\nsudo does not tell stepupd whom its caller becomes, so the target counts as unknown.\n"));
    EXPECT_EQ(nlohmann::json::parse(explanation_json(policy, al, hidden_target_text))["note"], hidden_target_text);
    EXPECT_FALSE(nlohmann::json::parse(explanation_json(policy, al)).contains("note"));
}

TEST(PolicyExplanation, tells_of_each_rule_up_to_the_one_that_matches) {
    const Facts al{"sudo", "al", std::nullopt, std::nullopt, {}, LocalTime{1, 8 * 60 + 5}};
    EXPECT_EQ(explanation(policy_of(three_rules), al),
              "al in sudo, from an unknown place, becoming nobody knows whom, on Tuesday at 08:05; not every group of "
              "the policy can be resolved:\n"
              "  rule \"robots\" (p:3) does not match: users\n"
              "  rule \"admins\" (p:7) may match: nobody can tell by groups\n"
              "  rule \"all\" (p:13) matches\n"
              "  (1 more is not looked at)\n"
              "rule \"admins\" asks al in sudo for totp, every time; not every fact was known, so the strictest of the "
              "possible outcomes counts.\n");
}

TEST(PolicyExplanation, tells_that_no_rule_matches) {
    const Facts bo{"su", "bo", std::vector<std::string>{}, "root", {From::local, {}}, std::nullopt};
    const auto text = explanation(policy_of("[defaults]\nrequirement = 'disabled'\n"), bo);
    EXPECT_EQ(text,
              "bo in su, at the machine itself, becoming root:\n"
              "no rule matches, so [defaults] ask bo in su for nothing.\n");
}

TEST(PolicyExplanation, is_complete_for_programs) {
    const Facts al{
        "sshd",         "al", std::vector<std::string>{"wheel"}, "al", {From::remote, Address::parse("192.0.2.7")},
        LocalTime{6, 0}};
    const auto told = nlohmann::json::parse(explanation_json(policy_of(three_rules), al));
    EXPECT_EQ(told["attempt"], nlohmann::json::parse(R"({"user": "al", "service": "sshd", "groups": ["wheel"],
        "target": "al", "from": "remote", "address": "192.0.2.7", "day": "Sunday", "time": "00:00"})"));
    EXPECT_EQ(told["rules"], nlohmann::json::parse(R"([
        {"name": "robots", "file": "p", "line": 3, "matches": "no", "keys": ["users", "from"]},
        {"name": "admins", "file": "p", "line": 7, "matches": "yes", "keys": []}])"));
    EXPECT_EQ(told["decides"], "admins");
    EXPECT_EQ(told["in_doubt"], false);
    EXPECT_EQ(told["demands"], nlohmann::json::parse(R"({"requirement": "required", "factors": ["totp"],
        "min_strength": "none", "window": 0, "window_scope": "session", "window_without_tty": "none",
        "foreground_only": false, "weaker_factors": false, "two_different_factors": false, "trusted_keys": false,
        "key_only": "deny", "security_key_login": "off",
        "grace_period": 0, "report_only": false, "required_in_days": 0, "risk_based": false, "signals": [],
        "recovery_codes": 10, "first_enrollment": "self"})"));
    EXPECT_EQ(told["limits"], nlohmann::json::parse(R"({"by": "", "delay_from": 3, "lock_after": 10, "lock_for": 1800,
        "ceiling": 100})"));
    EXPECT_EQ(told["why"], "rule \"admins\" asks al in sshd for totp, every time; a login by key alone is refused");
}

TEST(PolicyExplanation, tells_of_limits_where_a_rule_says_them) {
    const auto policy = policy_of("[defaults]\nrequirement = 'optional'\n[[rule]]\nname = 'admins'\n"
                                  "match = { groups = ['wheel'] }\nlimits = { lock_after = 3 }\n");
    const Facts al{"su", "al", std::vector<std::string>{"wheel"}, "root", {From::local, {}}, std::nullopt};
    EXPECT_NE(
        explanation(policy, al).find("\nrule \"admins\" delays answers of al from failure 3 on, every 3 failures"),
        std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(explanation_json(policy, al))["limits"]["by"], "admins");
}

TEST(PolicyScreens, break_lines_between_words_and_put_the_rest_further_in) {
    EXPECT_EQ(in_lines("one two three four\n  five six seven\n", 10),
              "one two\n  three\n  four\n  five six\n    seven\n");
    EXPECT_EQ(in_lines("laxer      window: 15m is wanted\n", 24), "laxer      window: 15m\n           is wanted\n");
    EXPECT_EQ(in_lines("averylongwordindeed x\n", 5), "averylongwordindeed\n  x\n");
}

TEST(PolicyScreens, keep_the_place_of_what_is_wrong_whole) {
    const Diagnosis problem{"/etc/step up/policy.toml", 7, 1, "unknown key \"windw\" in [defaults]"};
    EXPECT_EQ(in_lines("", problem, 40), "/etc/step up/policy.toml:7:1: unknown\n  key \"windw\" in [defaults]\n");
    EXPECT_EQ(in_lines("warning: ", problem, 20),
              "warning: /etc/step up/policy.toml:7:1:\n  unknown key\n  \"windw\" in\n  [defaults]\n");
    EXPECT_EQ(in_lines("", problem, 0), problem.text() + "\n");
}

TEST(PolicyScreens, leave_lines_as_they_are_where_there_is_no_terminal) {
    const std::string text = "  rule \"a\"  does not   match: b\n\nlast\n";
    EXPECT_EQ(in_lines(text, 0), text);
    EXPECT_EQ(in_lines(text, 80), text);
}

TEST(PolicyScreens, show_what_is_laxer_first_and_count) {
    const std::vector<Deviation> all{{"window", "", "15m", "15m", "[defaults]", Bearing::as_wanted},
                                     {"window", "sudo", "0s", "5m", "rule \"a\" (p:3)", Bearing::laxer},
                                     {"limits.ceiling", "", "100", "50", "[limits]", Bearing::stricter}};
    EXPECT_EQ(deviations_text("pci", all),
              "laxer      window in sudo: 0s is wanted; 5m, rule \"a\" (p:3)\n"
              "as wanted  window: 15m, [defaults]\n"
              "stricter   limits.ceiling: 100 is wanted; 50, [limits]\n"
              "pci: 1 laxer, 1 as wanted, 1 stricter.\n");
}

TEST(AmbiguousGroups, are_told_where_a_rule_names_them) {
    const auto policy = policy_of("[defaults]\nrequirement = 'optional'\n"
                                  "[[rule]]\nname = 'a'\nmatch = { groups = ['one', 'twins'] }\n");
    const auto gids = [](const std::string& group) {
        return group == "twins" ? std::vector<gid_t>{7, 8} : std::vector<gid_t>{1};
    };
    const auto told = ambiguous_groups(policy, gids);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].text(),
              "p:3:1: groups: this host has several groups \"twins\" (7, 8); only members of the one that "
              "`getent group` finds count");
}

TEST(ShutDoors, are_told_by_what_this_build_cannot_verify) {
    const auto policy = policy_of("[defaults]\nrequirement = 'optional'\nmin_strength = 'webauthn'\n"
                                  "[[rule]]\nname = 'a'\nmatch = { services = ['su'] }\nallowed_factors = ['sms']\n"
                                  "min_strength = 'none'\n");
    const auto told = shut_doors(policy, "main");
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].text(),
              "main: [defaults]: nobody could pass: this version has no security-key or webauthn, it has "
              "totp, hotp, recovery-code and ssh-security-key");
    EXPECT_EQ(told[1].text(),
              "p:4:1: nobody could pass: this version has no sms, it has totp, hotp, recovery-code and "
              "ssh-security-key");
}

TEST(HiddenTargets, are_told_where_a_rule_is_about_sudo_alone) {
    const auto policy
        = policy_of("[defaults]\nrequirement = 'optional'\n"
                    "[[rule]]\nname = 'a'\nmatch = { services = ['sudo'], targets = ['root'], users = ['al'] }\n"
                    "[[rule]]\nname = 'b'\nmatch = { services = ['sudo', 'su'], targets = ['root'], users = ['al'] }\n"
                    "[[rule]]\nname = 'c'\nmatch = { targets = ['root'], users = ['al'] }\n"
                    "[[rule]]\nname = 'd'\nmatch = { services = ['sudo'] }\n");
    const auto told = hidden_targets(policy);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].text(),
              "p:3:1: targets: sudo does not tell stepupd whom its caller becomes, so the target counts as "
              "unknown: the rule decides where it is the stricter one, whoever is meant");
}

TEST(Profiles, that_are_not_there_are_told_beside_those_that_are) {
    EXPECT_EQ(no_such_profile("x", {"cis", "pci"}), "there is no profile \"x\"; there is cis, pci");
    EXPECT_EQ(no_such_profile("x", {}),
              "there is no profile \"x\", and none is installed; name a file, as in ./ours.toml");
}

TEST(UnknownGroups, are_told_each_where_it_stands) {
    const auto policy = policy_of("[defaults]\nrequirement = 'optional'\n"
                                  "[[rule]]\nname = 'a'\nmatch = { groups = ['root', 'no such one'], users = ['al'] }\n"
                                  "[[rule]]\nname = 'b'\nmatch = { groups = ['no such one'] }\n"
                                  "[[rule]]\nname = 'c'\nmatch = { groups = ['root'] }\n");
    std::string told;
    for (const auto& problem : unknown_groups(policy)) told += problem.text() + "\n";
    const std::string what = "groups: this host knows no group \"no such one\"; `getent group` shows those it knows\n";
    EXPECT_EQ(told, "p:3:1: " + what + "p:6:1: " + what);
}

}  // namespace
}  // namespace stepup
