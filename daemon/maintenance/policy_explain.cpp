#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/printable.hpp"
#include "daemon/accounts/look_up.hpp"
#include "daemon/core/foretelling.hpp"
#include "daemon/maintenance/policy.hpp"
#include "daemon/maintenance/policy_screen.hpp"
#include "policy/demand_fields.hpp"
#include "policy/explain.hpp"

namespace stepup {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                               "Friday", "Saturday", "Sunday"};

struct MatchesRow {
    Matches matches;
    std::string_view name;
};
constexpr std::array matches_rows{
    MatchesRow{Matches::no, "no"},
    MatchesRow{Matches::unknown, "unknown"},
    MatchesRow{Matches::yes, "yes"},
};
static_assert(covers(matches_rows, &MatchesRow::matches, Matches::yes));

/// One rule as far as it was looked at: none stands behind the first that surely matches.
struct Step {
    const Rule& rule;
    RuleFit fit;
};

std::vector<Step> steps_of(const Policy& policy, const Facts& facts) {
    std::vector<Step> steps;
    for (const auto& rule : policy.rules) {
        steps.push_back({rule, fit_of(rule.match, facts)});
        if (steps.back().fit.matches == Matches::yes) break;
    }
    return steps;
}

std::string clock_text(LocalTime time) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%02u:%02u", time.minute / 60 % 24, time.minute % 60);
    return text.data();
}

std::string whence_text(const Whence& whence) {
    if (whence.address) return "from " + whence.address->text();
    if (!whence.from) return "from an unknown place";
    return *whence.from == From::local ? "at the machine itself" : "from an unknown address";
}

std::string attempt_text(const Facts& facts) {
    auto text = printable(facts.user) + " in " + printable(facts.service) + ", " + whence_text(facts.whence);
    if (!facts.target)
        text += ", becoming nobody knows whom";
    else if (*facts.target != facts.user)
        text += ", becoming " + printable(*facts.target);
    if (facts.time) text += ", on " + std::string(days.at(facts.time->weekday)) + " at " + clock_text(*facts.time);
    if (!facts.groups) text += "; not every group of the policy can be resolved";
    return text;
}

std::string step_text(const Step& step) {
    std::string keys;
    for (const auto key : step.fit.keys) keys += (keys.empty() ? "" : ", ") + std::string(key);
    const auto place = step.rule.file + ":" + std::to_string(step.rule.line);
    const auto what = "rule \"" + printable(step.rule.name) + "\" (" + place + ") ";
    switch (step.fit.matches) {
    case Matches::no: return what + "does not match: " + keys;
    case Matches::unknown: return what + "may match: nobody can tell by " + keys;
    case Matches::yes: break;
    }
    return what + "matches";
}

json step_json(const Step& step) {
    return {{"name", step.rule.name},
            {"file", step.rule.file},
            {"line", step.rule.line},
            {"matches", matches_rows.at(static_cast<std::size_t>(step.fit.matches)).name},
            {"keys", step.fit.keys}};
}

json requirement_json(const Requirement& requirement) {
    auto object = json::object();
    for (const auto& field : fields_of(requirement))
        object[std::string(field.key)] = std::visit([](const auto& value) { return json(value); }, field.value);
    return object;
}

json limits_json(const AccountLimits& of) {
    return {{"by", of.rule},
            {"delay_from", of.limits.delay_from},
            {"lock_after", of.limits.lock_after},
            {"lock_for", of.limits.lock_for.count()},
            {"ceiling", of.limits.ceiling}};
}

json attempt_json(const Facts& facts) {
    json object{{"user", facts.user}, {"service", facts.service}};
    if (facts.groups) object["groups"] = *facts.groups;
    if (facts.target) object["target"] = *facts.target;
    if (facts.whence.from) object["from"] = *facts.whence.from == From::local ? "local" : "remote";
    if (facts.whence.address) object["address"] = facts.whence.address->text();
    if (facts.time) object["day"] = days.at(facts.time->weekday);
    if (facts.time) object["time"] = clock_text(*facts.time);
    return object;
}

}  // namespace

Facts facts_of(const PolicyQuestion& question, const Settings& settings,
               std::optional<std::vector<std::string>> groups) {
    const AttemptInMind attempt{question.user,   question.service, question.whence,
                                question.target, question.at,      question.signals};
    return facts_of(attempt, settings.lockers, std::move(groups));
}

std::string explanation(const Policy& policy, const Facts& facts, std::string_view note) {
    auto text = attempt_text(facts) + ":\n";
    const auto steps = steps_of(policy, facts);
    for (const auto& step : steps) text += "  " + step_text(step) + "\n";
    if (const auto left = policy.rules.size() - steps.size(); left > 0)
        text += "  (" + std::to_string(left) + (left == 1 ? " more is" : " more are") + " not looked at)\n";
    text += explain(facts, rule_on(policy, facts)) + ".\n";
    if (!note.empty()) text += std::string(note) + ".\n";
    const auto limits = limits_on(policy, facts.user, facts.groups);
    return limits.rule.empty() ? text : text + explain(facts.user, limits) + ".\n";
}

std::string explanation_json(const Policy& policy, const Facts& facts, std::string_view note) {
    const auto ruling = rule_on(policy, facts);
    auto rules = json::array();
    for (const auto& step : steps_of(policy, facts)) rules.push_back(step_json(step));
    json object{{"attempt", attempt_json(facts)},
                {"rules", std::move(rules)},
                {"decides", ruling.rule},
                {"in_doubt", ruling.in_doubt},
                {"demands", requirement_json(ruling.requirement)},
                {"limits", limits_json(limits_on(policy, facts.user, facts.groups))},
                {"why", explain(facts, ruling)}};
    if (!note.empty()) object["note"] = note;
    return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Exit explain_policy(const PolicyQuestion& question, const Settings& settings) {
    const auto texts = texts_of_host(settings);
    if (!texts) return tell({texts.error()}, question.json);
    const auto policy = parse(*texts);
    if (!policy) return tell({policy.error()}, question.json);
    auto account = look_up_account(question.user, groups_named(*policy));
    if (!account) {
        const bool unknown = account.error().code == Errc::not_found;
        say_why_not(unknown ? ManagementError::no_such_user : ManagementError::unavailable,
                    printable(question.user) + ": " + account.error().why, question.json);
        return unknown ? Exit::refused : Exit::unreachable;
    }
    const auto facts = facts_of(question, settings, std::move(account->groups));
    const auto note = question.target && !facts.target ? hidden_target_text : std::string_view{};
    if (question.json)
        return std::fputs(explanation_json(*policy, facts, note).c_str(), stdout) < 0 ? Exit::refused : Exit::done;
    if (!sees_state(settings))
        show(stdout, "(Rules that programs have set over D-Bus are not seen here: only root may read them.)");
    return show(stdout, explanation(*policy, facts, note)) ? Exit::done : Exit::refused;
}

}  // namespace stepup
