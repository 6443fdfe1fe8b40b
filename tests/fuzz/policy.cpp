#include "policy/parse.hpp"

#include "common/printable.hpp"
#include "policy/explain.hpp"
#include "policy/setting.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/policy_model.hpp"

// policy.toml: a complaint with its place, or a policy that decides as the model does and never gets laxer where less
// is known. A form feed begins a drop-in.

namespace {

using namespace stepup;
using fuzz::must;

constexpr std::size_t most_rules = 12;  // the model tries every group with every target

void check(const Requirement& demanded) {
    std::size_t ways = 0;
    for (const auto& row : factor_kinds) ways += demanded.permits(row.kind) ? 1 : 0;
    must(demanded.level == Level::disabled || ways > (demanded.two_different ? 1U : 0U),
         "what is demanded can be proved");
    must(demanded.window >= Seconds(0) && demanded.window <= Seconds(86'400), "a window is at most a day");
}

void check(const Policy& policy, const Facts& facts) {
    const auto ruling = rule_on(policy, facts);
    check(ruling.requirement);
    must(is_printable(explain(facts, ruling), 100'000), "a ruling can be explained");
    const bool placed = facts.whence.from && (facts.whence.from == From::local || facts.whence.address);
    const bool known
        = facts.groups && facts.target && facts.time && facts.date && facts.signals.untold.empty() && placed;
    if (known) must(ruling.requirement == fuzz::first_match(policy, facts), "the first rule that matches decides");
    if (known) must(!ruling.in_doubt, "nothing is in doubt where all is known");
    const auto limits = limits_on(policy, facts.user, facts.groups).limits;
    must(limits.lock_after <= limits.ceiling && limits.delay_from <= limits.lock_after, "limits come in their order");
    for (const auto& possible : fuzz::possibilities(policy, facts)) {
        must(fuzz::is_at_least(ruling.requirement, fuzz::first_match(policy, possible)), "doubt never makes laxer");
        const auto truth = fuzz::first_limits(policy, possible);
        must(facts.groups ? limits == truth : fuzz::is_at_least(limits, truth), "limits are the account's");
    }
    if (ruling.requirement.level == Level::required && !ruling.requirement.report_only && known)
        must(requires_somewhere(policy, facts.user, facts.groups), "what is required here is required somewhere");
}

/// Attempts that `match` is for, and some that it is just not for, with more and more of it unknown.
void check(const Policy& policy, const Match& match) {
    const auto one_of = [](const std::vector<std::string>& names) { return names.empty() ? "other" : names.back(); };
    const Network network
        = match.networks.among.empty() ? Network{*Address::parse("192.0.2.1")} : match.networks.among.back();
    const TimeSpan span = match.times.empty() ? TimeSpan{} : match.times.back();
    Facts facts{one_of(match.services),
                one_of(match.users),
                std::vector<std::string>{},
                "somebody",
                {From::remote, network.address},
                LocalTime{2, span.begin},
                {},
                {}};
    facts.date = std::chrono::sys_days(std::chrono::days(20'000));
    facts.signals = {{}, {}};
    check(policy, facts);
    facts.signals.fired.insert(Signal::new_location);
    check(policy, facts);
    facts.signals.untold.insert(Signal::suspicious_ip);
    check(policy, facts);
    facts.signals = {};
    check(policy, facts);
    facts.signals = {all_signals, {}};
    facts.date.reset();
    check(policy, facts);
    facts.date = std::chrono::sys_days(std::chrono::days(20'820));
    if (facts.service == "su") facts.service = "su-l";
    if (facts.service == "sudo") facts.service = "sudo-i";
    facts.groups = match.groups;
    facts.target = one_of(match.targets);
    check(policy, facts);
    facts.groups.reset();
    check(policy, facts);
    facts.target.reset();
    check(policy, facts);
    facts.groups.emplace();
    check(policy, facts);
    facts.target = "somebody";
    facts.whence = {From::local, {}};
    check(policy, facts);
    facts.time.reset();
    check(policy, facts);
    facts.time = LocalTime{6, (span.end + 1439) % 1440};
    facts.whence = {From::remote, {}};
    check(policy, facts);
    facts.whence = {};
    check(policy, facts);
}

/// One value put into a good file: it is there, and nothing else is another.
void check_setting(const Policy& policy, const ConfigTexts& texts, std::string_view key, std::string_view value) {
    auto changed = texts;
    const auto set = with_setting(texts[0].text, texts[0].name, setting_path(key, ""), value);
    if (!set) return;
    changed[0].text = *set;
    const auto again = with_setting(*set, texts[0].name, setting_path(key, ""), value);
    must(again && *again == *set, "what is set already stays as it is");
    auto after = parse(changed);
    if (!after) return;  // the value contradicts others
    must(after->defaults.window == Seconds(300) || after->limits.lock_after == 100, "what was set is there");
    after->defaults.window = policy.defaults.window;
    after->limits.lock_after = policy.limits.lock_after;
    for (std::size_t i = 0; i < std::min(policy.rules.size(), after->rules.size()); ++i)
        after->rules[i].line = policy.rules[i].line;
    must(*after == policy, "nothing else was changed");
}

void check(const Diagnosis& problem) {
    must(problem.line > 0 && problem.column > 0, "a complaint has line and column");
    must(problem.file.substr(0, 5) == "file ", "a complaint names its file");
    must(printable(problem.text(), 100'000) == problem.text(), "a complaint can be shown");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    ConfigTexts texts;
    do texts.push_back({"file " + std::to_string(texts.size()), input.until('\f')});
    while (!input.empty());
    const auto policy = parse(texts);
    if (!policy) {
        check(policy.error());
        return 0;
    }
    must(policy->defaults.level.has_value(), "a policy says what holds for everybody");
    must(policy->limits.lock_after <= policy->limits.ceiling && policy->limits.delay_from <= policy->limits.lock_after,
         "limits come in their order");
    check(*policy, Match{});
    check_setting(*policy, texts, "window", "\"5m\"");
    check_setting(*policy, texts, "limits.lock_after", "100");
    for (std::size_t i = 0; i < std::min(policy->rules.size(), most_rules); ++i) check(*policy, policy->rules[i].match);
    return 0;
}
