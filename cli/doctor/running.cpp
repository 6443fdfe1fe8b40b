#include "cli/doctor/running.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/doctor/program.hpp"
#include "cli/pam/file.hpp"

namespace stepup::doctor {
namespace {

using nlohmann::json;

/// A text of a record; "" if it is not there.
std::string text_of(const json& record, const char* name) {
    const auto found = record.is_object() ? record.find(name) : record.end();
    return record.is_object() && found != record.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

bool has_record_of(const std::string& printed, std::string_view service) {
    std::istringstream lines(printed);
    for (std::string line; std::getline(lines, line);)
        if (text_of(json::parse(line, nullptr, false), "service") == service) return true;
    return false;
}

/// The first line of a file of /sys, without its end.
std::string line_of(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

Findings check_selinux(const std::string& root) {
    const bool enforces = line_of(root + "/sys/fs/selinux/enforce") == "1";
    for (const auto* folder : {"/var/lib/selinux/targeted", "/var/lib/selinux/default", "/var/lib/selinux/mls"}) {
        std::error_code error;
        for (const auto& priority : std::filesystem::directory_iterator(root + folder + "/active/modules", error))
            if (std::filesystem::exists(priority.path() / "stepup", error))
                return {{Light::green, "selinux",
                         enforces ? "Enforces, and knows stepup." : "Permits, and knows stepup.", ""}};
    }
    if (!enforces) return {{Light::green, "selinux", "Permits everything: it is not enforcing.", ""}};
    return {{Light::yellow, "selinux", "Enforces, and has no module stepup: sshd may not reach stepupd.",
             "Build and load that module; `ausearch -m avc -c sshd` shows what was denied."}};
}

Findings check_apparmor(const std::string& root) {
    std::istringstream profiles(pam::contents(root + "/sys/kernel/security/apparmor/profiles").value_or(""));
    for (std::string line; std::getline(profiles, line);)
        if (line.starts_with("stepupd ") || line.starts_with("/usr/sbin/stepupd ")) {
            if (line.ends_with("(enforce)")) return {{Light::green, "apparmor", "Confines stepupd.", ""}};
            return {{Light::yellow, "apparmor", "Its profile of stepupd only complains.", "`aa-enforce stepupd`."}};
        }
    std::error_code error;
    for (const auto* name : {"/etc/apparmor.d/stepupd", "/etc/apparmor.d/usr.sbin.stepupd"})
        if (std::filesystem::exists(root + name, error))
            return {{Light::yellow, "apparmor", "Its profile of stepupd is not loaded.",
                     std::string("`apparmor_parser -r ") + name + "`, then restart stepupd."}};
    return {{Light::green, "apparmor", "Has no profile of stepupd: its unit confines it.", ""}};
}

}  // namespace

Findings check_version(const std::optional<std::string>& starts, std::string_view here) {
    if (!starts) return {{Light::yellow, "stepupd", "The audit trail cannot be read.", "`stepup audit` says why."}};
    const auto record = json::parse(*starts, nullptr, false);
    const bool has_fields = record.is_object() && record.contains("fields");
    const auto version = has_fields ? text_of(record["fields"], "version") : std::string();
    if (version.empty())
        return {{Light::yellow, "stepupd", "The audit trail knows of no start.", "`stepup audit --verify`."}};
    if (version == here) return {{Light::green, "stepupd", "It is version " + version + ", as this program is.", ""}};
    return {{Light::yellow, "stepupd",
             "It was started as version " + version + ", and this program is " + std::string(here) + '.',
             "`systemctl restart stepupd`; logins wait for it meanwhile."}};
}

Findings check_calls(const std::optional<std::string>& week, const std::optional<std::string>& before) {
    if (!week || !before || has_record_of(*week, "sshd")) return {};
    if (before->empty()) return {};  // it is too early to say
    return {{Light::yellow, "sshd",
             "Its stack asks for a factor, and for " + std::to_string(quiet_days)
                 + " days stepupd has heard nothing of it.",
             "If people did log in, another stack is in force: `stepup pam status`, `sshd -T | grep -i pam`."}};
}

Findings look_at_trail(const std::string& stepupd, std::string_view here, bool sshd_asks) {
    const auto ask = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {stepupd, "audit", "--json"});
        return output_of(std::move(words));
    };
    auto found = check_version(ask({"--event", "MFA-1901", "--lines", "1"}), here);
    if (!sshd_asks) return found;
    const auto days = std::to_string(quiet_days) + "d";
    const auto calls = check_calls(ask({"--since", days, "--lines", "5000"}), ask({"--until", days, "--lines", "1"}));
    found.insert(found.end(), calls.begin(), calls.end());
    return found;
}

Findings check_confinement(const std::string& root) {
    Findings found;
    std::error_code error;
    if (std::filesystem::exists(root + "/sys/fs/selinux/enforce", error)) found = check_selinux(root);
    if (line_of(root + "/sys/module/apparmor/parameters/enabled") == "Y") {
        const auto apparmor = check_apparmor(root);
        found.insert(found.end(), apparmor.begin(), apparmor.end());
    }
    return found;
}

}  // namespace stepup::doctor
