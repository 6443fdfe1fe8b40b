#include "policy/decide.hpp"

#include <gtest/gtest.h>

#include "tests/unit/policy/rule.hpp"

using namespace stepup;
using namespace std::chrono_literals;

namespace {

Facts facts(std::string service, std::string user, std::optional<std::vector<std::string>> groups = {{}},
            std::optional<std::string> target = "root") {
    return {std::move(service), std::move(user), std::move(groups), std::move(target)};
}

Facts from(Whence whence) {
    return {.service = "sshd", .user = "al", .groups = {{}}, .target = "al", .whence = whence};
}
Facts at(unsigned weekday, unsigned hour, unsigned minute = 0) {
    auto known = from({From::remote, {}});
    known.time = LocalTime{weekday, hour * 60 + minute};
    return known;
}
Facts coming_from(const char* address) { return from({From::remote, Address::parse(address)}); }
const Whence console{From::local, {}};
Networks among(const char* network) { return {.among = {*Network::parse(network)}}; }
Networks except(const char* network) { return {.except = {*Network::parse(network)}}; }
Match during(const char* span) { return {.times = {*TimeSpan::parse(span)}}; }

struct Case {
    const char* name;
    Match match;
    Facts given;
    bool matches;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class MatchTable : public testing::TestWithParam<Case> { };

}  // namespace

TEST_P(MatchTable, decides_or_leaves_it_to_the_defaults) {
    const Policy policy{.rules = {rule("the rule", GetParam().match)}};
    const auto ruling = rule_on(policy, GetParam().given);
    EXPECT_EQ(ruling.rule, GetParam().matches ? "the rule" : "");
    EXPECT_FALSE(ruling.in_doubt);
    const auto fit = fit_of(GetParam().match, GetParam().given);
    EXPECT_EQ(fit.matches, GetParam().matches ? Matches::yes : Matches::no);
    EXPECT_EQ(fit.keys.empty(), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Everything, MatchTable,
    testing::Values(
        Case{"service", {.services = {"sshd"}}, facts("sshd", "al"), true},
        Case{"another service", {.services = {"sshd"}}, facts("login", "al"), false},
        Case{"one of several services", {.services = {"login", "sshd"}}, facts("sshd", "al"), true},
        Case{"sudo stands for sudo -i", {.services = {"sudo"}}, facts("sudo-i", "al"), true},
        Case{"sudo-i is only itself", {.services = {"sudo-i"}}, facts("sudo", "al"), false},
        Case{"su stands for su -", {.services = {"su"}}, facts("su-l", "al"), true},
        Case{"su-l is only itself", {.services = {"su-l"}}, facts("su", "al"), false},
        Case{"su is not sudo", {.services = {"su"}}, facts("sudo", "al"), false},
        Case{"sudo is not su", {.services = {"sudo"}}, facts("su-l", "al"), false},
        Case{"a prefix is no match", {.services = {"sudo"}}, facts("sudoedit", "al"), false},
        Case{"user", {.users = {"al"}}, facts("sshd", "al"), true},
        Case{"another user", {.users = {"al"}}, facts("sshd", "bo"), false},
        Case{"letters count", {.users = {"al"}}, facts("sshd", "Al"), false},
        Case{"group", {.groups = {"wheel"}}, facts("sshd", "al", {{"users", "wheel"}}), true},
        Case{"another group", {.groups = {"wheel"}}, facts("sshd", "al", {{"users"}}), false},
        Case{"no group at all", {.groups = {"wheel"}}, facts("sshd", "al"), false},
        Case{"target", {.targets = {"root"}}, facts("su", "al"), true},
        Case{"another target", {.targets = {"root"}}, facts("su", "al", {{}}, "bo"), false},
        Case{"all conditions hold", {{"su"}, {"al"}, {"wheel"}, {"root"}}, facts("su", "al", {{"wheel"}}), true},
        Case{"only the service fails", {{"su"}, {"al"}, {"wheel"}, {"root"}}, facts("x", "al", {{"wheel"}}), false},
        Case{"only the user fails", {{"su"}, {"al"}, {"wheel"}, {"root"}}, facts("su", "bo", {{"wheel"}}), false},
        Case{"only the group fails", {{"su"}, {"al"}, {"wheel"}, {"root"}}, facts("su", "al"), false},
        Case{"only the target fails",
             {{"su"}, {"al"}, {"wheel"}, {"root"}},
             facts("su", "al", {{"wheel"}}, "bo"),
             false},
        Case{"a doubt does not matter where the service fails",
             {.services = {"su"}, .groups = {"wheel"}},
             facts("sshd", "al", std::nullopt),
             false},
        Case{"a doubt does not matter where the user fails",
             {.users = {"bo"}, .targets = {"root"}},
             facts("sudo", "al", {{}}, std::nullopt),
             false},
        Case{"an unknown group does not matter to a rule that asks for none",
             {.users = {"al"}},
             facts("sshd", "al", std::nullopt, std::nullopt),
             true},
        Case{"remote", {.from = From::remote}, from({From::remote, {}}), true},
        Case{"remote is not local", {.from = From::local}, from({From::remote, {}}), false},
        Case{"local", {.from = From::local}, from(console), true},
        Case{"local is not remote", {.from = From::remote}, from(console), false},
        Case{"who has an address is remote", {.from = From::remote}, from({{}, Address::parse("192.0.2.7")}), true},
        Case{"this very host over a network is remote", {.from = From::local}, coming_from("127.0.0.1"), false},
        Case{"network", {.networks = among("192.0.2.0/24")}, coming_from("192.0.2.7"), true},
        Case{"another network", {.networks = among("192.0.2.0/24")}, coming_from("192.0.3.7"), false},
        Case{"mapped into IPv6", {.networks = among("192.0.2.0/24")}, coming_from("::ffff:192.0.2.7"), true},
        Case{"outside of a network", {.networks = except("10.0.0.0/8")}, coming_from("192.0.2.7"), true},
        Case{"IPv6 outside of an IPv4 one", {.networks = except("10.0.0.0/8")}, coming_from("2001:db8::1"), true},
        Case{"not outside of it", {.networks = except("10.0.0.0/8")}, coming_from("10.1.2.3"), false},
        Case{"nobody local is in a network", {.networks = among("0.0.0.0/0")}, from(console), false},
        Case{"nor outside of one", {.networks = except("10.0.0.0/8")}, from(console), false},
        Case{"hours", during("08:00-18:00"), at(3, 12), true},
        Case{"before them", during("08:00-18:00"), at(3, 7, 59), false},
        Case{"their end", during("08:00-18:00"), at(3, 18), false},
        Case{"days", during("mon-fri"), at(4, 23, 59), true}, Case{"another day", during("mon-fri"), at(5, 0), false},
        Case{"one of several times", {.times = {*TimeSpan::parse("sat"), *TimeSpan::parse("sun")}}, at(6, 1), true},
        Case{"only the time fails", {.users = {"al"}, .times = {*TimeSpan::parse("sat")}}, at(6, 1), false},
        Case{"only the network fails",
             {.users = {"al"}, .networks = among("192.0.2.0/24")},
             coming_from("198.51.100.1"),
             false}),
    [](const auto& one) {
        std::string name = one.param.name;
        for (auto& letter : name)
            if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
        return name;
    });

TEST(FitOf, names_all_that_fails_or_else_all_that_nobody_can_tell) {
    using Keys = std::vector<std::string_view>;
    const Match all{
        {"su"}, {"al"}, {"wheel"}, {"root"}, among("192.0.2.0/24"), From::remote, {*TimeSpan::parse("sat")}};
    Facts nothing{"x", "bo", std::vector<std::string>{}, "bo", console, LocalTime{0, 0}};
    EXPECT_EQ(fit_of(all, nothing).keys, (Keys{"services", "users", "groups", "targets", "networks", "from", "times"}));
    Facts unknown{"su", "al", std::nullopt, std::nullopt};
    EXPECT_EQ(fit_of(all, unknown).matches, Matches::unknown);
    EXPECT_EQ(fit_of(all, unknown).keys, (Keys{"groups", "targets", "networks", "from", "times"}));
    unknown.user = "bo";
    EXPECT_EQ(fit_of(all, unknown).matches, Matches::no);
    EXPECT_EQ(fit_of(all, unknown).keys, Keys{"users"}) << "what nobody can tell does not matter then";
}

TEST(Decide, lets_the_first_rule_that_matches_decide) {
    const Policy policy{.rules = {rule("first", {.users = {"al"}}, {.window = 1min}),
                                  rule("second", {.services = {"sshd"}}, {.window = 2min})}};
    EXPECT_EQ(rule_on(policy, facts("sshd", "al")).rule, "first");
    EXPECT_EQ(rule_on(policy, facts("sshd", "bo")).rule, "second");
    EXPECT_EQ(decide(policy, facts("sshd", "bo")).window, 2min);
}

TEST(Decide, takes_from_the_defaults_whatever_the_rule_does_not_say) {
    const Terms all{Level::optional,   FactorSet{FactorKind::hotp}, Strength::otp, 1min,
                    WindowScope::user, WithoutTty::session,         KeyOnly::allow};
    const Requirement as_said{Level::optional,   {FactorKind::hotp},  Strength::otp, 1min,
                              WindowScope::user, WithoutTty::session, true};
    const auto with
        = [&](Terms terms) { return Policy{.defaults = all, .rules = {rule("r", {.users = {"al"}}, terms)}}; };
    const auto asked = facts("sshd", "al");

    EXPECT_EQ(decide(with({}), asked), as_said);
    auto expected = as_said;
    expected.level = Level::required;
    EXPECT_EQ(decide(with({.level = Level::required}), asked), expected);  // key_only stays as [defaults] say it
    expected = as_said;
    expected.allowed = {FactorKind::totp};
    EXPECT_EQ(decide(with({.allowed = FactorSet{FactorKind::totp}}), asked), expected);
    expected = as_said;
    expected.min_strength = Strength::webauthn;
    EXPECT_EQ(decide(with({.min_strength = Strength::webauthn}), asked), expected);
    expected = as_said;
    expected.window = 0s;
    EXPECT_EQ(decide(with({.window = 0s}), asked), expected);
    expected = as_said;
    expected.window_scope = WindowScope::session;
    EXPECT_EQ(decide(with({.window_scope = WindowScope::session}), asked), expected);
    expected = as_said;
    expected.window_without_tty = WithoutTty::none;
    EXPECT_EQ(decide(with({.window_without_tty = WithoutTty::none}), asked), expected);
    expected = as_said;
    expected.key_only_allowed = false;
    EXPECT_EQ(decide(with({.key_only = KeyOnly::deny}), asked), expected);
}

TEST(Decide, refuses_a_key_alone_exactly_where_a_factor_is_required_unless_policy_says_otherwise) {
    const auto allowed = [](Level level, std::optional<KeyOnly> said) {
        return complete({.level = level, .key_only = said}, {}).key_only_allowed;
    };
    EXPECT_FALSE(allowed(Level::required, {}));
    EXPECT_TRUE(allowed(Level::optional, {}));
    EXPECT_TRUE(allowed(Level::disabled, {}));
    EXPECT_TRUE(allowed(Level::required, KeyOnly::allow));
    EXPECT_FALSE(allowed(Level::optional, KeyOnly::deny));
}

TEST(Decide, is_as_strict_as_can_be_while_there_is_no_policy) {
    const auto ruling = rule_on(built_in_policy(), facts("sshd", "al", std::nullopt, std::nullopt));
    EXPECT_EQ(ruling.requirement, strictest());
    EXPECT_EQ(ruling.rule, "");
}

TEST(RequiresSomewhere, looks_at_every_service_and_target_of_an_account_and_at_no_other_account) {
    const Terms required{.level = Level::required};
    const Terms optional{.level = Level::optional};
    const auto of_al = [](std::vector<Rule> rules, std::optional<std::vector<std::string>> groups = {{"users"}}) {
        return requires_somewhere({.defaults = {.level = Level::optional}, .rules = std::move(rules)}, "al", groups);
    };
    EXPECT_FALSE(of_al({}));
    EXPECT_TRUE(requires_somewhere({.defaults = required}, "al", {{}}));
    EXPECT_TRUE(of_al({rule("by service", {.services = {"sudo"}, .targets = {"root"}}, required)}));
    EXPECT_TRUE(of_al({rule("his", {.users = {"al"}}, required)}));
    EXPECT_FALSE(of_al({rule("another's", {.users = {"bo"}}, required)}));
    EXPECT_TRUE(of_al({rule("his group's", {.groups = {"users"}}, required)}));
    EXPECT_FALSE(of_al({rule("another group's", {.groups = {"wheel"}}, required)}));
    EXPECT_TRUE(of_al({rule("of a group", {.groups = {"wheel"}}, required)}, std::nullopt)) << "his groups are unknown";
    EXPECT_FALSE(of_al({rule("his", {.users = {"al"}}, optional), rule("all", {}, required)})) << "the first decides";
    EXPECT_TRUE(of_al({rule("his sudo", {.services = {"sudo"}, .users = {"al"}}, optional), rule("all", {}, required)}))
        << "it decides about sudo only";
    EXPECT_TRUE(of_al({rule("as bo", {.users = {"al"}, .targets = {"bo"}}, optional), rule("all", {}, required)}))
        << "it decides about one target only";
    EXPECT_TRUE(of_al({rule("of a group", {.groups = {"wheel"}}, optional), rule("all", {}, required)}, std::nullopt));
    for (const auto& some : {Match{.networks = among("192.0.2.0/24")}, Match{.from = From::local}, during("sat")}) {
        EXPECT_TRUE(of_al({rule("at times", some, required)})) << "it may come about";
        EXPECT_TRUE(of_al({rule("at times", some, optional), rule("all", {}, required)})) << "it may not come about";
    }
}

TEST(GroupsNamed, lists_every_group_of_every_rule_once) {
    const Policy policy{.rules = {rule("a", {.groups = {"wheel", "adm"}}), rule("b", {.users = {"al"}}),
                                  rule("c", {.services = {"su"}, .groups = {"wheel"}})}};
    EXPECT_EQ(groups_named(policy), (std::vector<std::string>{"adm", "wheel"}));
}
