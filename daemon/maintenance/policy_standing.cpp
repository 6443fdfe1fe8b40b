#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/printable.hpp"
#include "daemon/core/origins.hpp"
#include "daemon/maintenance/policy.hpp"
#include "policy/load.hpp"
#include "policy/reader.hpp"

// What `stepup doctor` judges: the files, what is in force instead of them, and what in it is not meant to last.

namespace stepup {
namespace {

using nlohmann::json;

/// [defaults] or a rule, and what it says itself.
struct Table {
    std::string name;
    const Terms* terms;
};

std::vector<Table> tables_of(const Policy& policy) {
    static const Terms nothing_more;
    std::vector<Table> tables{{"[defaults]", &nothing_more}};
    for (const auto& rule : policy.rules) tables.push_back({"rule \"" + printable(rule.name) + '"', &rule.terms});
    return tables;
}

/// Where it stands that a rule only reports.
json reports_in(const Policy& policy) {
    auto found = json::array();
    if (complete({}, policy.defaults).report_only) found.push_back("[defaults]");
    for (const auto& table : tables_of(policy))
        if (table.terms->report_only.value_or(false)) found.push_back(table.name);
    return found;
}

std::string grace_text(Seconds grace) {
    constexpr std::chrono::days day(1);
    if (grace == Seconds(0)) return {};
    return grace % day == Seconds(0) ? std::to_string(grace / day) + 'd' : duration_text(grace);
}

/// Where who has not enrolled is let in for some time; `today`: by the host's calendar.
json delays_in(const Policy& policy, std::chrono::sys_days today) {
    auto found = json::array();
    bool by_default = false;
    for (const auto& table : tables_of(policy)) {
        const bool is_default = table.name == "[defaults]";
        const auto demands = complete(*table.terms, policy.defaults);
        const auto from = table.terms->required_from ? table.terms->required_from : policy.defaults.required_from;
        const auto days = from && *from > today ? (*from - today).count() : 0;
        const bool repeats = by_default && !table.terms->grace && !table.terms->required_from;
        if (demands.level < Level::risk_based || demands.report_only) continue;
        if (repeats || (demands.grace == Seconds(0) && days == 0)) continue;
        by_default = by_default || is_default;
        found.push_back({{"where", table.name}, {"days", days}, {"grace", grace_text(demands.grace)}});
    }
    return found;
}

json warnings_about(const Policy& policy, const std::string& main_file) {
    auto found = json::array();
    for (const auto& problem : shut_doors(policy, main_file)) found.push_back(problem.text());
    for (const auto& problem : doubts_about(policy)) found.push_back(problem.text());
    return found;
}

json beside_profile(const std::string& name, const Policy& policy, std::chrono::sys_days today) {
    const auto profile = profile_called(name);
    if (!profile) return {{"name", name}, {"problem", profile.error().text()}, {"laxer", json::array()}};
    auto laxer = json::array();
    for (const auto& one : compare(*profile, policy, today)) {
        if (one.bearing != Bearing::laxer) continue;
        const auto key = one.key + (one.service.empty() ? "" : " in " + one.service);
        if (std::find(laxer.begin(), laxer.end(), key) == laxer.end()) laxer.push_back(key);
    }
    return {{"name", name}, {"problem", ""}, {"laxer", std::move(laxer)}};
}

Parsed parsed(const Read<ConfigTexts>& texts) {
    if (!texts) return tl::unexpected<Diagnosis>(texts.error());
    return parse(*texts);
}

}  // namespace

std::chrono::sys_days day_of(Millis at) {
    Facts facts;
    tell_time(facts, at);
    return facts.date.value_or(std::chrono::sys_days::max());
}

std::string standing_json(const Settings& settings, Millis at) {
    const auto texts = texts_of_host(settings);
    const auto kept = last_good_texts(settings.state);
    const auto files = parsed(texts);
    const auto before = parsed(kept);
    const auto instead = before ? Origin::last_good : Origin::built_in;
    const auto policy = files ? *files : before.value_or(built_in_policy());
    const auto today = day_of(at);
    json told{{"in_force", name_of(files ? Origin::files : instead)},
              {"problem", files ? "" : files.error().text()},
              {"differs", files && !(kept && *kept == *texts)},
              {"rules", policy.rules.size()},
              {"warnings", warnings_about(policy, settings.policy.native())},
              {"report_only", reports_in(policy)},
              {"delays", delays_in(policy, today)}};
    if (!settings.profile.empty()) told["profile"] = beside_profile(settings.profile, policy, today);
    return told.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace stepup
