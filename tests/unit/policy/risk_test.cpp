#include <gtest/gtest.h>

#include "policy/decide.hpp"
#include "policy/explain.hpp"

using namespace stepup;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_days new_year{std::chrono::year(2027) / 1 / 1};

Facts login(Signals signals) {
    return {.service = "sshd", .user = "al", .groups = {{}}, .target = "al", .date = new_year, .signals = signals};
}
Signals known(SignalSet fired) { return {.fired = fired, .untold = {}}; }

Policy everybody(Terms terms) { return {.defaults = std::move(terms)}; }

const Policy by_risk
    = everybody({.level = Level::risk_based, .triggers = SignalSet{Signal::new_device, Signal::suspicious_ip}});

}  // namespace

TEST(RiskBased, asks_nobody_while_no_trigger_of_the_rule_fires) {
    for (const SignalSet fired : {SignalSet{}, SignalSet{Signal::new_location, Signal::after_password_change}}) {
        const auto ruling = rule_on(by_risk, login(known(fired)));
        EXPECT_EQ(ruling.requirement.level, Level::disabled);
        EXPECT_TRUE(ruling.requirement.signals.empty());
        EXPECT_TRUE(ruling.requirement.key_only_allowed);
        EXPECT_FALSE(ruling.in_doubt);
    }
}

TEST(RiskBased, is_required_once_one_fires_and_names_those_that_the_rule_asks_for) {
    const auto ruling = rule_on(by_risk, login(known({Signal::new_device, Signal::new_location})));
    EXPECT_EQ(ruling.requirement.level, Level::required);
    EXPECT_EQ(ruling.requirement.signals, SignalSet{Signal::new_device});
    EXPECT_FALSE(ruling.requirement.key_only_allowed) << "a key alone is not enough where a factor is required";
    EXPECT_FALSE(ruling.in_doubt);
}

TEST(RiskBased, takes_a_signal_of_which_nobody_can_tell_for_one_that_fired) {
    const auto ruling = rule_on(by_risk, login({.fired = {}, .untold = {Signal::suspicious_ip}}));
    EXPECT_EQ(ruling.requirement.level, Level::required);
    EXPECT_EQ(ruling.requirement.signals, SignalSet{Signal::suspicious_ip});
    EXPECT_TRUE(ruling.in_doubt);
    EXPECT_EQ(rule_on(by_risk, login(Signals{})).requirement.level, Level::required) << "nobody looked";
}

TEST(RiskBased, goes_by_every_signal_where_no_rule_names_any) {
    for (const auto& row : signal_rows)
        EXPECT_EQ(decide(everybody({.level = Level::risk_based}), login(known({row.signal}))).level, Level::required);
}

TEST(RiskBased, may_be_required_somewhere) {
    EXPECT_TRUE(requires_somewhere(by_risk, "al", {{}}));
    EXPECT_FALSE(requires_somewhere(everybody({.level = Level::required, .report_only = true}), "al", {{}}));
}

TEST(SignalsAskedFor, are_those_of_what_is_risk_based_also_by_inheritance_and_no_others) {
    EXPECT_EQ(signals_asked_for(by_risk), (SignalSet{Signal::new_device, Signal::suspicious_ip}));
    EXPECT_TRUE(signals_asked_for(everybody({.level = Level::required})).empty());
    Policy rules = everybody({.level = Level::optional, .triggers = SignalSet{Signal::new_location}});
    EXPECT_TRUE(signals_asked_for(rules).empty());
    rules.rules = {{.name = "r", .match = {.users = {"al"}}, .terms = {.level = Level::risk_based}, .file = "p"}};
    EXPECT_EQ(signals_asked_for(rules), SignalSet{Signal::new_location});
}

TEST(RequiredFrom, is_optional_until_that_day_and_says_how_many_days_are_left) {
    const auto policy = everybody({.level = Level::required, .required_from = new_year});
    auto facts = login(known({}));
    EXPECT_EQ(decide(policy, facts).level, Level::required);
    EXPECT_EQ(decide(policy, facts).due_in_days, 0U);
    facts.date = new_year - std::chrono::days(3);
    const auto before = decide(policy, facts);
    EXPECT_EQ(before.level, Level::optional);
    EXPECT_EQ(before.due_in_days, 3U);
    EXPECT_TRUE(before.key_only_allowed);
    facts.date.reset();
    EXPECT_EQ(decide(policy, facts).level, Level::required) << "an unknown day is one on which it is required";
}

TEST(RequiredFrom, spares_who_is_not_enrolled_also_where_a_signal_fired) {
    auto facts = login(known({Signal::new_device}));
    facts.date = new_year - std::chrono::days(1);
    EXPECT_EQ(decide(everybody({.level = Level::risk_based, .required_from = new_year}), facts).level, Level::optional);
    facts.signals = known({});
    EXPECT_EQ(decide(everybody({.level = Level::risk_based, .required_from = new_year}), facts).level, Level::disabled);
}

TEST(ReportOnly, is_laxer_than_anything_that_asks_and_takes_no_window_from_it) {
    const Requirement reported{.level = Level::required, .report_only = true};
    EXPECT_TRUE(std::is_lt(compare_strictness(reported, {.level = Level::optional})));
    EXPECT_TRUE(std::is_lt(compare_strictness({.level = Level::disabled}, {.level = Level::optional})));
    auto policy = everybody({.level = Level::optional, .window = 1h});
    policy.rules = {{.name = "r",
                     .match = {.groups = {"wheel"}},
                     .terms = {.level = Level::required, .window = 0s, .report_only = true},
                     .file = "p"}};
    auto facts = login(known({}));
    facts.groups.reset();
    const auto requirement = decide(policy, facts);
    EXPECT_EQ(requirement.level, Level::optional);
    EXPECT_EQ(requirement.window, 1h);
    EXPECT_FALSE(requirement.report_only);
}

TEST(Grace, is_the_shortest_of_all_that_may_be_required) {
    auto policy = everybody({.level = Level::required, .grace = 24h});
    policy.rules = {{.name = "r", .match = {.groups = {"wheel"}}, .terms = {.grace = 240h}, .file = "p"}};
    auto facts = login(known({}));
    facts.groups.reset();
    EXPECT_EQ(decide(policy, facts).grace, 24h);
    policy.rules[0].terms.grace = 0s;
    EXPECT_EQ(decide(policy, facts).grace, 0s);
}

TEST(RiskBased, explains_why_it_asks_and_why_not) {
    const auto facts = login(known({Signal::new_device}));
    EXPECT_NE(explain(facts, rule_on(by_risk, facts)).find("; because of new-device"), std::string::npos);
    const auto calm = login(known({}));
    EXPECT_EQ(explain(calm, rule_on(by_risk, calm)),
              "no rule matches, so [defaults] ask al in sshd for nothing, as no signal of risk fired");
    const auto doubtful = login({});
    const auto text = explain(doubtful, rule_on(by_risk, doubtful));
    EXPECT_NE(text.find("; because of new-device, suspicious-ip"), std::string::npos) << text;
    EXPECT_NE(text.find("; not every fact was known"), std::string::npos) << text;
}

TEST(RequiredFrom, and_grace_and_report_only_are_explained) {
    auto facts = login(known({}));
    facts.date = new_year - std::chrono::days(1);
    const auto soon = everybody({.level = Level::required, .grace = 168h, .required_from = new_year});
    const auto text = explain(facts, rule_on(soon, facts));
    EXPECT_NE(text.find("; required in 1 day; who has not enrolled has 7 days from the first login on"),
              std::string::npos)
        << text;
    const auto rehearsal = everybody({.level = Level::required, .report_only = true});
    EXPECT_NE(explain(facts, rule_on(rehearsal, facts)).find("; this is only reported, and everybody passes"),
              std::string::npos);
}
