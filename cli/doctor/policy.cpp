#include "cli/doctor/policy.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/doctor/program.hpp"

namespace stepup::doctor {
namespace {

using nlohmann::json;

constexpr std::size_t most_names = 5;

/// "a, b", and how many there are more.
std::string some_of(const std::vector<std::string>& names, const char* between = ", ") {
    std::string text;
    for (std::size_t at = 0; at < names.size() && at < most_names; ++at) text += (at == 0 ? "" : between) + names[at];
    const auto more = names.size() - std::min(names.size(), most_names);
    return text + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::string counted(long long number, const std::string& what) {
    return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

Finding yellow(std::string what, std::string fix) { return {Light::yellow, "policy", std::move(what), std::move(fix)}; }
Finding green(std::string what) { return {Light::green, "policy", std::move(what), ""}; }

void check_force(const json& standing, Findings& into) {
    const auto in_force = standing.at("in_force").get<std::string>();
    if (in_force != "files")
        into.push_back(
            {Light::red, "policy",
             (in_force == "last good" ? "The files are not good, and the last good policy stays in force: "
                                      : "The files are not good, and never were: everybody is asked every time: ")
                 + standing.at("problem").get<std::string>(),
             "Mend that, then `stepup policy reload`."});
    if (standing.at("differs").get<bool>())
        into.push_back(yellow("The files say something else than what is in force.",
                              "`stepup policy diff` shows what, `stepup policy reload` puts it in force."));
    const auto warnings = standing.at("warnings").get<std::vector<std::string>>();
    if (warnings.empty()) return;
    const auto more = warnings.size() > 1 ? " And " + std::to_string(warnings.size() - 1) + " more." : "";
    into.push_back(yellow(warnings.front() + '.' + more, "`stepup policy check` shows all."));
}

/// What is not meant to last.
void check_rehearsals(const json& standing, Findings& into) {
    const auto reports = standing.at("report_only").get<std::vector<std::string>>();
    if (!reports.empty())
        into.push_back(yellow("Nobody is asked or refused, it only reports: " + some_of(reports) + '.',
                              "If `stepup audit --event would-have-refused` shows nobody whom you would miss, "
                              "set report_only to false."));
    std::vector<std::string> delays;
    for (const auto& one : standing.at("delays")) {
        const auto days = one.at("days").get<long long>();
        const auto grace = one.at("grace").get<std::string>();
        auto text = one.at("where").get<std::string>() + ',';
        if (days > 0) text += " for " + counted(days, "day") + (grace.empty() ? "" : " and then");
        if (!grace.empty()) text += " for " + grace + " from each one's first login on";
        delays.push_back(std::move(text));
    }
    if (!delays.empty()) into.push_back(green("Who has no factor is still let in by " + some_of(delays, "; ") + '.'));
}

void check_profile(const json& profile, Findings& into) {
    const auto name = profile.at("name").get<std::string>();
    const auto problem = profile.at("problem").get<std::string>();
    const auto laxer = profile.at("laxer").get<std::vector<std::string>>();
    if (!problem.empty())
        return into.push_back(yellow("This host's profile cannot be read: " + problem + '.',
                                     "`stepup policy profile` lists those there are; stepup.toml names this one."));
    if (laxer.empty()) return into.push_back(green("Nowhere laxer than the profile " + name + '.'));
    into.push_back(yellow("Laxer than the profile " + name + " in " + some_of(laxer) + '.',
                          "`stepup policy profile " + name + " --diff` shows how."));
}

Findings judge(const json& standing) {
    Findings found;
    check_force(standing, found);
    if (found.empty())
        found.push_back(green("In force as the files say, with " + counted(standing.at("rules"), "rule") + '.'));
    check_rehearsals(standing, found);
    if (standing.contains("profile")) check_profile(standing["profile"], found);
    return found;
}

}  // namespace

Findings check_policy(const std::optional<std::string>& standing) {
    try {
        if (standing) return judge(json::parse(*standing));
    } catch (const json::exception&) {  // another version's stepupd
    }
    return {yellow("What it comes to cannot be told.", "`stepup policy check` says why.")};
}

Findings look_at_policy(const std::string& stepupd) { return check_policy(output_of({stepupd, "policy", "standing"})); }

}  // namespace stepup::doctor
