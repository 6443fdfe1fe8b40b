#include <algorithm>

#include <grp.h>
#include <nlohmann/json.hpp>
#include <pwd.h>

#include "cli/doctor/checks.hpp"
#include "cli/doctor/policy.hpp"
#include "cli/doctor/program.hpp"
#include "cli/doctor/running.hpp"
#include "cli/doctor/sshd_matches.hpp"
#include "cli/pam/file.hpp"
#include "cli/pam/survey.hpp"
#include "cli/people_check.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

using doctor::Finding;
using doctor::Findings;
using doctor::Light;

const pam::Posture* named(const std::vector<pam::Posture>& services, std::string_view name) {
    const auto found
        = std::find_if(services.begin(), services.end(), [&](const pam::Posture& one) { return one.service == name; });
    return found == services.end() ? nullptr : &*found;
}

bool is_gated(const std::vector<pam::Posture>& services, std::string_view name) {
    const auto* service = named(services, name);
    return service != nullptr && service->is_gated();
}

std::vector<gid_t> groups_of(const passwd& user) {
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) count = static_cast<int>(groups.size());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    return groups;
}

/// What the kernel and the disk have to do with it.
Findings look_at_machine(const pam::Places& places) {
    Findings found;
    const auto add = [&](Findings more) { found.insert(found.end(), more.begin(), more.end()); };
    const auto* user = ::getpwnam("stepup");
    if (user == nullptr)
        found.push_back({Light::red, "files", "There is no user stepup.", "`systemd-sysusers stepup.conf`."});
    else
        add(doctor::check_proc(pam::contents("/proc/self/mounts").value_or(""), groups_of(*user)));
    if (user != nullptr) add(check_files(doctor::usual_files(user->pw_uid, places.module_called("pam_stepup.so"))));
    add(doctor::check_disk("/var/lib/stepup"));
    add(doctor::check_clock(doctor::ask_clock()));
    add(doctor::check_confinement());
    return found;
}

/// sshd outside of its Match blocks, and within each.
Findings look_at_sshd(bool after_key) {
    const auto settings = doctor::ask_sshd();
    auto found = doctor::check_sshd(settings, after_key);
    if (!settings) return found;
    const auto matches = doctor::find_matches();
    const auto within = doctor::check_matches(matches, *settings, after_key, doctor::ask_sshd);
    found.insert(found.end(), within.begin(), within.end());
    const auto places = doctor::places_with_security_keys(doctor::output_of({STEPUPD, "policy", "check", "--json"}));
    const auto keys = doctor::check_security_keys(places, settings, matches, doctor::ask_sshd);
    found.insert(found.end(), keys.begin(), keys.end());
    return found;
}

Findings look_at_everything(Desk& desk) {
    const auto places = pam::Places::usual();
    const auto services = pam::survey(places);
    const bool gated = std::any_of(services.begin(), services.end(), [](const auto& one) { return one.is_gated(); });
    auto found = check_daemon(desk);
    const bool answers = count(found, Light::red) == 0;
    const auto add = [&](Findings more) { found.insert(found.end(), more.begin(), more.end()); };
    add(doctor::check_services(services));
    const bool sshd_asks = is_gated(services, "sshd") && doctor::has_sshd();
    if (sshd_asks) add(look_at_sshd(pam::asks_after_key(pam::stacks_of(places, "sshd").auth)));
    add(doctor::look_at_trail(STEPUPD, STEPUP_VERSION, sshd_asks));
    if (is_gated(services, "sudo"))
        add(check_sudo(doctor::ask_sudoers(), [&](const std::string& name) { return is_gated(services, name); }));
    if (answers) add(check_people(desk, gated));
    add(doctor::look_at_policy(STEPUPD));
    add(look_at_machine(places));
    std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) { return a.light > b.light; });
    return found;
}

std::string colored(Light light, const std::string& word, const Canvas& canvas) {
    constexpr std::array colors{"\033[32m", "\033[33m", "\033[1;31m"};
    if (!canvas.colors) return word;
    return colors[static_cast<std::size_t>(light)] + word + "\033[0m";
}

/// "red     sshd      Nobody gets in …", its further lines below the text.
std::string screen_of(const Finding& finding, const Canvas& canvas) {
    constexpr std::size_t light_column = 8;
    constexpr std::size_t about_column = 10;
    constexpr std::size_t indent = light_column + about_column;
    const std::size_t room = canvas.width > 2 * indent ? canvas.width - indent : 0;
    auto text = wrapped(printable(finding.what, 512), room);
    if (!finding.fix.empty()) text += '\n' + wrapped("Fix: " + printable(finding.fix, 512), room);
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
        text.insert(at + 1, indent, ' ');
    return colored(finding.light, padded(std::string(name_of(finding.light)), light_column), canvas)
        + padded(cut(printable(finding.about), about_column - 1), about_column) + text + '\n';
}

nlohmann::json json_of(const Finding& finding) {
    return {{"light", name_of(finding.light)}, {"about", finding.about}, {"what", finding.what}, {"fix", finding.fix}};
}

}  // namespace

Exit doctor(Desk& desk) {
    if (::geteuid() != 0)
        return desk.complain(
            {ManagementError::not_authorized, "Only root can look at everything: sudo stepup doctor."});
    const auto found = look_at_everything(desk);
    nlohmann::json json{{"findings", nlohmann::json::array()}};
    std::string sum;
    for (const auto& finding : found) {
        desk.say(screen_of(finding, desk.canvas));
        json["findings"].push_back(json_of(finding));
    }
    for (const Light light : {Light::red, Light::yellow, Light::green}) {
        json[std::string(name_of(light))] = count(found, light);
        sum += (sum.empty() ? "" : ", ") + std::to_string(count(found, light)) + ' ' + std::string(name_of(light));
    }
    desk.say_json(json);
    desk.say(sum + ".\n");
    const bool fails = count(found, Light::red) > 0 || (desk.options.strict && count(found, Light::yellow) > 0);
    return fails ? Exit::refused : Exit::done;
}

}  // namespace stepup::cli
