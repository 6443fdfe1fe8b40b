#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "policy/decide.hpp"
#include "tests/unit/policy/rule.hpp"

// Facts that could not be found out: less knowledge must never ask for less.

using namespace stepup;
using namespace std::chrono_literals;

namespace {

const Facts who_knows{"sshd", "al", std::nullopt, "al"};

}  // namespace

TEST(Doubt, makes_a_rule_match_where_matching_is_stricter) {
    const Policy policy{.defaults = {.level = Level::optional},
                        .rules = {rule("admins", {.groups = {"wheel"}}, {.level = Level::required})}};
    const auto ruling = rule_on(policy, who_knows);
    EXPECT_EQ(ruling.rule, "admins");
    EXPECT_EQ(ruling.requirement.level, Level::required);
    EXPECT_TRUE(ruling.in_doubt);
}

TEST(Doubt, does_not_let_a_rule_match_where_matching_is_laxer) {
    const Policy policy{.defaults = {.level = Level::required},
                        .rules = {rule("robots", {.groups = {"robots"}}, {.level = Level::disabled})}};
    const auto ruling = rule_on(policy, who_knows);
    EXPECT_EQ(ruling.rule, "");
    EXPECT_EQ(ruling.requirement.level, Level::required);
    EXPECT_TRUE(ruling.in_doubt);
}

TEST(Doubt, looks_behind_the_rule_in_doubt_up_to_the_one_that_surely_matches) {
    const Policy policy{.defaults = {.level = Level::required},
                        .rules = {rule("a", {.groups = {"a"}}, {.level = Level::disabled}),
                                  rule("b", {.services = {"sshd"}}, {.level = Level::optional}),
                                  rule("c", {.users = {"al"}}, {.level = Level::required})}};
    EXPECT_EQ(rule_on(policy, who_knows).rule, "b");  // neither c nor [defaults] can come about
}

TEST(Doubt, holds_for_an_unknown_target_too) {
    const Policy policy{.defaults = {.level = Level::optional},
                        .rules = {rule("root", {.targets = {"root"}}, {.level = Level::required})}};
    EXPECT_EQ(rule_on(policy, {"sudo", "al", {{}}, std::nullopt}).rule, "root");
    EXPECT_EQ(rule_on(policy, {"su", "al", {{}}, "bo"}).rule, "");
}

TEST(Doubt, holds_for_an_unknown_address_place_and_time) {
    const auto rule_for = [](Match match) {
        return Policy{.defaults = {.level = Level::optional},
                      .rules = {rule("some", std::move(match), {.level = Level::required})}};
    };
    const Networks inside{.among = {*Network::parse("10.0.0.0/8")}};
    const Networks outside{.except = {*Network::parse("10.0.0.0/8")}};
    Facts nothing{"sshd", "al", {{}}, "al"};
    for (const auto& match : {Match{.networks = inside}, Match{.networks = outside}, Match{.from = From::local},
                              Match{.from = From::remote}, Match{.times = {*TimeSpan::parse("sat")}}}) {
        EXPECT_EQ(rule_on(rule_for(match), nothing).rule, "some");
        EXPECT_TRUE(rule_on(rule_for(match), nothing).in_doubt);
    }
    nothing.whence.from = From::remote;  // by a name that was not resolved
    EXPECT_TRUE(rule_on(rule_for({.networks = outside}), nothing).in_doubt);
    EXPECT_FALSE(rule_on(rule_for({.from = From::remote}), nothing).in_doubt);
}

TEST(Doubt, takes_the_earlier_of_two_equally_strict_rules) {
    const Policy policy{.rules = {rule("a", {.groups = {"a"}}, {.allowed = FactorSet{FactorKind::totp}}),
                                  rule("b", {.users = {"al"}}, {.allowed = FactorSet{FactorKind::hotp}})}};
    EXPECT_EQ(rule_on(policy, who_knows).rule, "a");
}

TEST(Doubt, never_stretches_a_window_because_the_stricter_rule_has_the_longer_one) {
    const Policy policy{.defaults = {.level = Level::optional, .window = 0s, .key_only = KeyOnly::deny},
                        .rules = {rule("admins", {.groups = {"wheel"}},
                                       {.level = Level::required,
                                        .window = 12h,
                                        .window_scope = WindowScope::user,
                                        .window_without_tty = WithoutTty::session,
                                        .key_only = KeyOnly::allow})}};
    const auto requirement = decide(policy, who_knows);
    EXPECT_EQ(requirement.level, Level::required);
    EXPECT_EQ(requirement.window, 0s);
    EXPECT_EQ(requirement.window_scope, WindowScope::session);
    EXPECT_EQ(requirement.window_without_tty, WithoutTty::none);
    EXPECT_FALSE(requirement.key_only_allowed);
}

TEST(Doubt, takes_no_window_from_an_outcome_that_asks_nobody) {
    const Policy policy{.defaults = {.level = Level::disabled, .window = 0s},
                        .rules = {rule("admins", {.groups = {"wheel"}}, {.level = Level::required, .window = 1h})}};
    EXPECT_EQ(decide(policy, who_knows).window, 1h);
}

TEST(Doubt, takes_what_is_about_enrolling_from_outcomes_that_ask_nobody_too) {
    const Policy policy{
        .defaults = {.level = Level::disabled, .recovery_codes = 2, .first_enrollment = FirstEnrollment::invite},
        .rules = {rule("admins", {.groups = {"wheel"}},
                       {.level = Level::required, .recovery_codes = 10, .first_enrollment = FirstEnrollment::self})}};
    EXPECT_EQ(decide(policy, who_knows).recovery_codes, 2U);
    EXPECT_EQ(decide(policy, who_knows).first_enrollment, FirstEnrollment::invite);
}

TEST(Doubt, never_trades_a_strong_factor_for_the_shorter_grace) {
    const Policy policy{.defaults = {.level = Level::required},
                        .rules
                        = {rule("a", {.groups = {"g"}}, {.min_strength = Strength::ssh_security_key, .grace = 168h})}};
    const auto requirement = decide(policy, who_knows);
    EXPECT_EQ(requirement.min_strength, Strength::ssh_security_key) << "a code would be enough";
    EXPECT_EQ(requirement.grace, 0s);
}

TEST(Doubt, takes_the_grace_of_those_outcomes_alone_under_which_somebody_must_enroll) {
    const Policy policy{.defaults = {.level = Level::optional},
                        .rules = {rule("a", {.groups = {"g"}}, {.level = Level::required, .grace = 168h})}};
    EXPECT_EQ(decide(policy, who_knows).grace, 168h);
}

TEST(Doubt, keeps_two_different_factors_although_the_other_outcome_wants_a_stronger_one) {
    const auto undecided = [](FactorSet allowed) {
        return Policy{.defaults = {.level = Level::required, .two_different = true},
                      .rules = {rule("a", {.groups = {"g"}},
                                     {.allowed = allowed, .min_strength = Strength::otp, .two_different = false})}};
    };
    EXPECT_TRUE(decide(undecided(ordinary_factors), who_knows).two_different);
    EXPECT_EQ(decide(undecided(ordinary_factors), who_knows).min_strength, Strength::otp);
    EXPECT_FALSE(decide(undecided({FactorKind::totp}), who_knows).two_different) << "nobody could pass";
}

TEST(Doubt, counts_security_keys_that_log_in_where_nothing_else_would_do) {
    const auto undecided = [](FactorSet allowed, Strength strength = Strength::none) {
        return Policy{.defaults = {.level = Level::optional},
                      .rules = {rule("a", {.groups = {"g"}},
                                     {.level = Level::required,
                                      .allowed = allowed,
                                      .min_strength = strength,
                                      .security_key_login = SecurityKeyLogin::verified})}};
    };
    constexpr auto key = FactorKind::ssh_security_key;
    EXPECT_TRUE(decide(undecided({key}), who_knows).counts_security_keys()) << "nobody could pass";
    EXPECT_TRUE(decide(undecided({key, FactorKind::recovery_code}), who_knows).counts_security_keys());
    EXPECT_TRUE(decide(undecided(ordinary_factors, Strength::ssh_security_key), who_knows).counts_security_keys());
    EXPECT_FALSE(decide(undecided({key, FactorKind::totp}), who_knows).counts_security_keys());
}

TEST(Doubt, ends_windows_of_before_the_password_was_changed_wherever_one_outcome_does) {
    const Policy policy{.defaults = {.level = Level::risk_based, .triggers = SignalSet{Signal::after_password_change}},
                        .rules
                        = {rule("a", {.groups = {"g"}}, {.level = Level::required, .min_strength = Strength::otp})}};
    auto facts = who_knows;
    facts.signals = {.fired = {Signal::after_password_change}, .untold = {}};
    EXPECT_EQ(rule_on(policy, facts).rule, "a");
    EXPECT_EQ(decide(policy, facts).signals, SignalSet{Signal::after_password_change});
}

TEST(Strictness, goes_by_level_then_strength_then_factors_then_window_and_so_on) {
    // Each is stricter than the one before although everything that counts less is laxer.
    const std::vector<Requirement> rising{
        {Level::disabled, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, false,
         KeyTrust{}, false, false, 0, FirstEnrollment::invite, true},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true,
         KeyTrust{true, 48h, false}, false, false, 50, FirstEnrollment::self},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true,
         KeyTrust{true, 48h, false}, false, false, 49, FirstEnrollment::self},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true,
         KeyTrust{true, 48h, false}, false, false, 50, FirstEnrollment::invite},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true,
         KeyTrust{true, 48h, true}},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true,
         KeyTrust{true, 24h, false}},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, false},
        {Level::optional,
         ordinary_factors,
         Strength::none,
         24h,
         WindowScope::user,
         WithoutTty::session,
         true,
         {},
         false,
         true},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::none, true},
        {Level::optional, ordinary_factors, Strength::none, 24h, WindowScope::session, WithoutTty::session, true},
        {Level::optional, ordinary_factors, Strength::none, 1h, WindowScope::user, WithoutTty::session, true},
        {Level::optional,
         {FactorKind::totp, FactorKind::hotp},
         Strength::none,
         24h,
         WindowScope::user,
         WithoutTty::session,
         true},
        {Level::optional, {FactorKind::totp}, Strength::none, 24h, WindowScope::user, WithoutTty::session, true},
        {Level::optional,
         ordinary_factors,
         Strength::none,
         24h,
         WindowScope::user,
         WithoutTty::session,
         true,
         {},
         true},
        {Level::optional, ordinary_factors, Strength::otp, 24h, WindowScope::user, WithoutTty::session, true},
        {Level::required, ordinary_factors, Strength::none, 24h, WindowScope::user, WithoutTty::session, true},
    };
    for (std::size_t i = 0; i < rising.size(); ++i)
        for (std::size_t j = 0; j < rising.size(); ++j)
            EXPECT_TRUE(compare_strictness(rising[i], rising[j]) == (i <=> j)) << i << " and " << j;
}

TEST(Strictness, does_not_go_by_grace) {
    const Requirement at_once{.level = Level::required};
    const Requirement later{.level = Level::required, .grace = 1h};
    EXPECT_TRUE(compare_strictness(at_once, later) == 0);
}

TEST(Strictness, takes_a_proof_that_nobody_types_for_laxer_than_none) {
    const Requirement off;
    const Requirement verified{.security_key_login = SecurityKeyLogin::verified};
    EXPECT_TRUE(compare_strictness(off, verified) > 0);
    EXPECT_TRUE(compare_strictness(verified, off) < 0);
}

TEST(Strictness, counts_only_factors_that_are_strong_enough) {
    // Four allowed of which one can pass, against two allowed that both can.
    const Requirement one{.allowed = {FactorKind::totp, FactorKind::hotp, FactorKind::email, FactorKind::webauthn},
                          .min_strength = Strength::webauthn};
    const Requirement two{.allowed = {FactorKind::webauthn, FactorKind::security_key},
                          .min_strength = Strength::webauthn};
    EXPECT_TRUE(compare_strictness(one, two) > 0);
}

namespace {

/// Policies and facts by a seed; the groups are a, b, c, the targets root and bo.
class Chance {
public:
    explicit Chance(unsigned seed) : engine_(seed) { }
    unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }
    bool coin() { return below(2) == 0; }
    std::vector<std::string> some(std::initializer_list<const char*> names) {
        std::vector<std::string> chosen;
        for (const auto* name : names)
            if (below(3) == 0) chosen.emplace_back(name);
        return chosen;
    }
    SignalSet signals() {
        SignalSet some;
        for (const auto& row : signal_rows)
            if (coin()) some.insert(row.signal);
        return some;
    }
    std::chrono::sys_days day() { return std::chrono::sys_days(std::chrono::days(20'000 + below(4))); }
    Terms terms() {
        Terms terms;
        if (coin()) terms.level = static_cast<Level>(below(level_rows.size()));
        if (coin()) terms.triggers = signals();
        if (coin()) terms.grace = Seconds(below(3) * 3600);
        if (coin()) terms.required_from = day();
        if (below(4) == 0) terms.report_only = coin();
        if (coin()) terms.min_strength = static_cast<Strength>(below(strengths.size()));
        if (coin()) terms.two_different = coin();
        if (coin()) terms.window = Seconds(below(4) * 60);
        if (coin()) terms.window_scope = static_cast<WindowScope>(below(2));
        if (coin()) terms.window_without_tty = static_cast<WithoutTty>(below(2));
        if (coin()) terms.key_only = static_cast<KeyOnly>(below(2));
        if (coin()) terms.key_trust.enabled = coin();
        if (coin()) terms.key_trust.duration = std::chrono::hours(1 + below(4));
        if (coin()) terms.key_trust.same_network = coin();
        if (coin()) terms.security_key_login = static_cast<SecurityKeyLogin>(below(2));
        if (coin()) terms.foreground_only = coin();
        if (coin()) terms.weaker_factors = coin();
        if (coin()) terms.recovery_codes = below(3);
        if (coin()) terms.first_enrollment = static_cast<FirstEnrollment>(below(2));
        if (coin()) {
            terms.allowed.emplace();
            for (const auto& row : factor_kinds)
                if (coin()) terms.allowed->insert(row.kind);
        }
        return terms;
    }
    Policy policy() {
        Policy policy{.defaults = terms()};
        for (unsigned i = below(6); i > 0; --i)
            policy.rules.push_back(rule("rule " + std::to_string(i), match(), terms()));
        return policy;
    }
    Match match() {
        Match match{some({"sshd", "sudo"}), some({"al", "bo"}), some({"a", "b", "c"}), some({"root", "bo"})};
        for (const auto& text : some({"10.0.0.0/8", "2001:db8::/32"}))
            match.networks.among.push_back(*Network::parse(text));
        for (const auto& text : some({"10.9.0.0/16"})) match.networks.except.push_back(*Network::parse(text));
        if (below(4) == 0) match.from = coin() ? From::local : From::remote;
        for (const auto& text : some({"mon-fri 08:00-18:00", "fri 22:00-06:00"}))
            match.times.push_back(*TimeSpan::parse(text));
        return match;
    }
    Whence whence() {
        if (coin()) return {From::local, {}};
        constexpr std::array addresses{"10.0.0.1", "10.9.0.1", "2001:db8::1", "192.0.2.1"};
        return {From::remote, Address::parse(addresses.at(below(addresses.size())))};
    }
    Facts facts() {
        return {coin() ? "sshd" : "sudo",
                coin() ? "al" : "bo",
                some({"a", "b", "c"}),
                coin() ? "root" : "bo",
                whence(),
                LocalTime{below(7), below(24) * 60},
                day(),
                {.fired = signals(), .untold = {}}};
    }

private:
    std::mt19937 engine_;
};

std::size_t ways_to_satisfy(const Requirement& requirement) {
    std::size_t ways = 0;
    for (const auto& row : factor_kinds) ways += requirement.permits(row.kind) ? 1 : 0;
    return ways;
}

/// But those of a set.
bool takes_codes(const Requirement& requirement) {
    using enum FactorKind;
    return requirement.permits(totp) || requirement.permits(hotp) || requirement.permits(yubikey_otp)
        || requirement.permits(email) || requirement.permits(sms);
}

/// Laxer in any respect: not by the total order, but by each part on its own.
void expect_nothing_is_laxer(const Requirement& unsure, const Requirement& sure) {
    EXPECT_LE(unsure.recovery_codes, sure.recovery_codes);
    EXPECT_GE(unsure.first_enrollment, sure.first_enrollment);
    EXPECT_TRUE(compare_strictness(unsure, sure) >= 0);
    if (sure.level == Level::disabled || sure.report_only) return;
    EXPECT_FALSE(unsure.report_only);
    EXPECT_GE(unsure.level, sure.level);
    EXPECT_TRUE(sure.level != Level::required || unsure.grace <= sure.grace);
    EXPECT_TRUE(unsure.level > sure.level || unsure.min_strength >= sure.min_strength);
    EXPECT_TRUE(unsure.two_different || !sure.two_different || ways_to_satisfy(unsure) < 2);
    EXPECT_EQ(unsure.signals & sure.signals, sure.signals);
    EXPECT_LE(unsure.window, sure.window);
    EXPECT_LE(unsure.window_scope, sure.window_scope);
    EXPECT_LE(unsure.window_without_tty, sure.window_without_tty);
    EXPECT_GE(unsure.foreground_only, sure.foreground_only);
    EXPECT_LE(unsure.weaker_factors, sure.weaker_factors);
    EXPECT_LE(unsure.key_only_allowed, sure.key_only_allowed);
    EXPECT_TRUE(unsure.security_key_login <= sure.security_key_login || !takes_codes(unsure));
    EXPECT_TRUE(compare_strictness(unsure.key_trust, sure.key_trust) >= 0);
    EXPECT_LE(unsure.key_trust.duration, sure.key_trust.duration);
    EXPECT_GE(unsure.key_trust.same_network, sure.key_trust.same_network);
}

}  // namespace

TEST(Doubt, never_yields_a_laxer_requirement_than_any_truth_behind_it) {
    for (unsigned seed = 0; seed < 8'000; ++seed) {
        SCOPED_TRACE(seed);
        Chance chance(seed);
        const auto policy = chance.policy();
        const auto truth = chance.facts();
        const auto sure = decide(policy, truth);
        for (unsigned forgotten = 1; forgotten < 128; ++forgotten) {
            auto known = truth;
            if ((forgotten & 32U) != 0) known.date.reset();
            if ((forgotten & 64U) != 0) known.signals.untold = chance.signals();
            if ((forgotten & 1U) != 0) known.groups.reset();
            if ((forgotten & 2U) != 0) known.target.reset();
            if ((forgotten & 4U) != 0) known.whence.address.reset();
            if ((forgotten & 8U) != 0) known.whence.from.reset();
            if ((forgotten & 16U) != 0) known.time.reset();
            expect_nothing_is_laxer(decide(policy, known), sure);
        }
        if (HasFailure()) return;
    }
}

TEST(Doubt, never_lets_one_more_signal_make_anything_laxer) {
    for (unsigned seed = 0; seed < 8'000; ++seed) {
        SCOPED_TRACE(seed);
        Chance chance(seed);
        const auto policy = chance.policy();
        auto facts = chance.facts();
        const auto before = decide(policy, facts);
        facts.signals.fired.insert(static_cast<Signal>(chance.below(signal_rows.size())));
        expect_nothing_is_laxer(decide(policy, facts), before);
        if (HasFailure()) return;
    }
}

TEST(Doubt, invents_no_outcome_that_no_truth_can_have) {
    // The other side of it: with one rule in doubt, the answer is that of some group membership, made no stricter than
    // the others make it.
    for (unsigned seed = 0; seed < 5'000; ++seed) {
        SCOPED_TRACE(seed);
        Chance chance(seed);
        auto policy = chance.policy();
        policy.rules.resize(std::min<std::size_t>(policy.rules.size(), 1));
        auto facts = chance.facts();
        std::vector<Ruling> truths;
        for (const auto& groups : std::vector<std::vector<std::string>>{{}, {"a", "b", "c"}}) {
            facts.groups = groups;
            truths.push_back(rule_on(policy, facts));
        }
        facts.groups.reset();
        const auto unsure = rule_on(policy, facts);
        EXPECT_TRUE(std::any_of(truths.begin(), truths.end(), [&](const Ruling& truth) {
            return truth.rule == unsure.rule && truth.requirement.level == unsure.requirement.level
                && truth.requirement.allowed == unsure.requirement.allowed
                && truth.requirement.min_strength == unsure.requirement.min_strength;
        }));
        EXPECT_EQ(unsure.in_doubt, truths[0].rule != truths[1].rule);
        if (HasFailure()) return;
    }
}
