#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/printable.hpp"
#include "common/result.hpp"
#include "daemon/maintenance/policy.hpp"
#include "daemon/maintenance/policy_screen.hpp"

// `stepup policy profile`.

namespace stepup {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> names_of_profiles() {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(STEPUP_PROFILES, error))
        if (entry.path().extension() == ".toml") names.push_back(printable(entry.path().stem().native()));
    std::sort(names.begin(), names.end());
    return names;
}

fs::path file_of_profile(const std::string& name) {
    return name.find('/') != name.npos ? fs::path(name) : fs::path(STEPUP_PROFILES) / (name + ".toml");
}

constexpr std::string_view none_installed = "No profiles are installed: there is no *.toml in " STEPUP_PROFILES
                                            ". A file can be named, too, as in ./ours.toml.";

Exit list_profiles(bool as_json) {
    const auto names = names_of_profiles();
    if (as_json) return show(json(names)) ? Exit::done : Exit::refused;
    if (names.empty()) show(stdout, none_installed);
    for (const auto& name : names) std::printf("%s\n", name.c_str());
    return Exit::done;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

json as_json(const Deviation& one) {
    return {{"key", one.key},     {"service", one.service}, {"wanted", one.wanted},
            {"found", one.found}, {"where", one.where},     {"bearing", name_of(one.bearing)}};
}

std::string line_of(const Deviation& one) {
    auto text = std::string(name_of(one.bearing));
    text.resize(11, ' ');
    text += one.key + (one.service.empty() ? "" : " in " + one.service) + ": ";
    if (one.bearing == Bearing::as_wanted) return text + one.found + ", " + one.where + "\n";
    return text + one.wanted + " is wanted; " + one.found + ", " + one.where + "\n";
}

Exit tell_deviations(const std::string& name, const std::vector<Deviation>& deviations, bool json_wanted) {
    const auto is_laxer = [](const Deviation& one) { return one.bearing == Bearing::laxer; };
    const bool laxer = std::any_of(deviations.begin(), deviations.end(), is_laxer);
    if (json_wanted) {
        auto all = json::array();
        for (const auto& one : deviations) all.push_back(as_json(one));
        show(json{{"laxer", laxer}, {"keys", std::move(all)}});
    } else {
        show(stdout, deviations_text(name, deviations));
    }
    return laxer ? Exit::refused : Exit::done;
}

}  // namespace

std::string deviations_text(const std::string& name, std::vector<Deviation> deviations) {
    std::stable_sort(deviations.begin(), deviations.end(),
                     [](const Deviation& a, const Deviation& b) { return a.bearing < b.bearing; });
    std::string text;
    std::array<unsigned, bearing_rows.size()> counts{};
    for (const auto& one : deviations) {
        ++counts.at(static_cast<std::size_t>(one.bearing));
        text += line_of(one);
    }
    text += name + ":";
    for (const auto& row : bearing_rows)
        text += (row.bearing == Bearing::laxer ? " " : ", ")
            + std::to_string(counts.at(static_cast<std::size_t>(row.bearing))) + " " + std::string(row.name);
    return text + ".\n";
}

std::string no_such_profile(const std::string& name, const std::vector<std::string>& names) {
    return "there is no profile \"" + printable(name) + '"'
        + (names.empty() ? ", and none is installed; name a file, as in ./ours.toml" : "; there is " + listed(names));
}

Read<Profile> profile_called(const std::string& name) {
    const auto text = TRY(read_text(file_of_profile(name)));
    return read_profile(text, printable(name));
}

Exit show_profile(const PolicyQuestion& question, const Settings& settings) {
    const auto& name = question.profile;
    if (name.empty()) return list_profiles(question.json);
    const bool is_file = name.find('/') != name.npos;
    const auto text = read_text(file_of_profile(name));
    if (!text) {
        say_why_not(ManagementError::invalid_argument,
                    is_file ? text.error().text() : no_such_profile(name, names_of_profiles()), question.json);
        return Exit::refused;
    }
    if (!question.diff && question.json)
        return show(json{{"profile", printable(name)}, {"text", *text}}) ? Exit::done : Exit::refused;
    if (!question.diff) return std::fputs(text->c_str(), stdout) < 0 ? Exit::refused : Exit::done;
    const auto profile = read_profile(*text, printable(name));
    if (!profile) return tell({profile.error()}, question.json);
    const auto texts = texts_of_host(settings);
    if (!texts) return tell({texts.error()}, question.json);
    const auto host = parse(*texts);
    if (!host) return tell({host.error()}, question.json);
    return tell_deviations(printable(name), compare(*profile, *host, day_of(question.at)), question.json);
}

}  // namespace stepup
