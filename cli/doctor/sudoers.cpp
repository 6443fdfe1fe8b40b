#include "cli/doctor/sudoers.hpp"

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "cli/doctor/program.hpp"

namespace stepup::doctor {
namespace {

using nlohmann::json;

/// "bob", "%sudo", "ALL": whom a list of users or bindings names.
std::string names_in(const json& list) {
    std::string names;
    for (const auto& one : list)
        for (const auto& [kind, name] : one.items()) {
            if (!name.is_string()) continue;
            if (!names.empty()) names += ", ";
            names += (kind == "usergroup" ? "%" : "") + name.get<std::string>();
        }
    return names;
}

void add(std::vector<std::string>& to, const std::string& name) {
    if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
}

/// Different people may have different ones, and the longest counts.
void take_timeout(double minutes, SudoersFacts& into) {
    if (into.timestamp_timeout < 0) return;
    into.timestamp_timeout = minutes < 0 ? minutes : std::max(into.timestamp_timeout, minutes);
}

void read_default(const std::string& name, const json& value, const std::string& whom, SudoersFacts& into) {
    if (name == "authenticate" && value == false) add(into.without_password, whom);
    if (name == "exempt_group" && value.is_string()) add(into.without_password, '%' + value.get<std::string>());
    if (name == "pam_acct_mgmt" && value == false) add(into.without_account, whom);
    const bool is_service = name == "pam_service" || name == "pam_login_service" || name == "pam_askpass_service";
    if (is_service && value.is_string() && value != "sudo" && value != "sudo-i")
        add(into.other_services, value.get<std::string>());
    if (name == "timestamp_timeout" && value.is_string())
        take_timeout(std::strtod(value.get<std::string>().c_str(), nullptr), into);
    if (name == "timestamp_timeout" && value.is_number()) take_timeout(value.get<double>(), into);
    const bool another = name == "targetpw" || name == "rootpw" || name == "runaspw";
    if (another && value == true) add(into.other_password, name);
}

bool asks_no_password(const json& commands) {
    for (const auto& spec : commands)
        for (const auto& option : spec.value("Options", json::array()))
            if (option.value("authenticate", true) == false) return true;
    return false;
}

}  // namespace

std::optional<SudoersFacts> read_sudoers(std::string_view text) {
    const auto rules = json::parse(text, nullptr, false);
    if (!rules.is_object()) return std::nullopt;
    SudoersFacts facts;
    try {
        for (const auto& line : rules.value("Defaults", json::array())) {
            const auto whom = line.contains("Binding") ? names_in(line["Binding"]) : "ALL";
            for (const auto& option : line.value("Options", json::array()))
                for (const auto& [name, value] : option.items()) read_default(name, value, whom, facts);
        }
        for (const auto& rule : rules.value("User_Specs", json::array()))
            if (asks_no_password(rule.value("Cmnd_Specs", json::array())))
                add(facts.without_password, names_in(rule.value("User_List", json::array())));
    } catch (const json::exception&) {
        return std::nullopt;
    }
    return facts;
}

std::optional<SudoersFacts> ask_sudoers() {
    const auto printed = output_of({"/usr/bin/cvtsudoers", "-e", "-f", "json", "/etc/sudoers"});
    if (!printed) return std::nullopt;
    return read_sudoers(*printed);
}

}  // namespace stepup::doctor
