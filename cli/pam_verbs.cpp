#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/doctor/sshd.hpp"
#include "cli/pam/edit.hpp"
#include "cli/pam/file.hpp"
#include "cli/pam_change.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

using pam::Told;

Exit say_no(Desk& desk, const std::string& sentence) {
    const auto message = printable_lines(sentence);
    desk.say_json({{"error", "Refused"}, {"message", message}});
    desk.say_why_not(message);
    return Exit::refused;
}

bool is_service_name(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && !name.starts_with('.') && is_printable(name, 64);
}

Told<Change> file_of(const pam::Places& places, const std::string& service) {
    const auto path = is_service_name(service) ? places.services.front() + '/' + service : std::string();
    const auto text = path.empty() ? std::nullopt : pam::contents(path);
    if (!text) return pam::refused("There is no PAM service " + printable(service) + ": /etc/pam.d has no such file.");
    return Change{service, path, *text, *text, {}};
}

/// A folder's services with `change` in place.
pam::Stacks stacks_with(const pam::Places& places, const Change& change) {
    const auto in = [&](pam::Phase phase) { return effective(places, change.path, change.after, phase); };
    return {in(pam::Phase::auth), in(pam::Phase::account), in(pam::Phase::session)};
}

/// What speaks against a stack that we are about to write.
Told<> look_at(const pam::Places& places, const Change& change) {
    const auto posture = pam::posture_of(change.service, stacks_with(places, change));
    for (const auto& remark : posture.remarks)
        if (remark.weight != pam::Remark::Weight::weak)
            return pam::refused(change.service + ": " + remark.what + ' ' + remark.fix);
    return {};
}

Told<std::vector<Change>> plan_enabling(const Options& options, const pam::Places& places) {
    std::vector<Change> changes;
    for (const auto& service : options.services) {
        auto change = TRY(file_of(places, service));
        const auto first = options.key && service == "sshd" ? pam::First::key : pam::First::password;
        change.after = TRY(pam::enabled(places, service, change.before, first));
        if (!options.anyway) TRY(look_at(places, change));
        changes.push_back(std::move(change));
    }
    return changes;
}

Told<> ask_sshd_first(const Options& options, std::vector<Change>& changes) {
    const auto settings = doctor::ask_sshd();
    if (!settings) {
        if (options.anyway) return {};
        return pam::refused(
            "`sshd -T` fails, so it cannot be told whether sshd could ask for a code. Run it to see why.");
    }
    const auto why = doctor::why_sshd_cannot_ask(*settings, options.key);
    if (!why) return {};
    const auto text = doctor::sshd_drop_in_text(options.key);
    if (!options.sshd_config) {
        if (options.anyway) return {};
        return pam::refused(*why + " --sshd-config writes " + doctor::sshd_drop_in + ", with:\n" + text);
    }
    changes.insert(changes.begin(),
                   {"", doctor::sshd_drop_in, pam::contents(doctor::sshd_drop_in).value_or(""), text, {}});
    return {};
}

Told<> would_answer(Desk& desk) {
    if (pam::Places::usual().module_called("pam_stepup.so").empty())
        return pam::refused("pam_stepup.so is not installed: nobody could get in. Install libpam-stepup first.");
    if (!desk.socket.token())
        return pam::refused("stepupd does not answer: nobody could get in. Start it first: `systemctl start stepupd`.");
    const auto page = desk.as_admin<AccountPage>(
        [](StepUpClient& client, const std::string& token) { return client.accounts("", false, token); });
    if (!page) return pam::refused("Whether anybody is enrolled cannot be told: " + page.error().message);
    const bool anybody = std::any_of(page->accounts.begin(), page->accounts.end(),
                                     [](const AccountStatus& one) { return one.enrolled; });
    if (!anybody) return pam::refused("Nobody is enrolled: enroll yourself first, with `stepup enroll totp`.");
    return {};
}

nlohmann::json json_of(const Change& change) {
    return {{"service", change.service.empty() ? nlohmann::json() : nlohmann::json(change.service)},
            {"file", change.path},
            {"changed", change.is_one()},
            {"difference", pam::difference(change.path, change.before, change.after)},
            {"backup", change.backup.empty() ? nlohmann::json() : nlohmann::json(change.backup)}};
}

bool concerns_sshd(const Options& options) {
    return std::find(options.services.begin(), options.services.end(), "sshd") != options.services.end();
}

bool any_in(const std::vector<Change>& changes) {
    return std::any_of(changes.begin(), changes.end(), [](const Change& one) { return one.is_one(); });
}

Exit finish(Desk& desk, std::vector<Change> changes, const char* nothing) {
    const bool any = any_in(changes);
    for (const auto& change : changes) desk.say(pam::difference(change.path, change.before, change.after));
    if (any && !desk.options.dry_run)
        if (const auto done = carry_out(changes); !done) return say_no(desk, done.error());
    nlohmann::json files = nlohmann::json::array();
    for (const auto& change : changes) files.push_back(json_of(change));
    desk.say_json({{"files", files}, {"written", any && !desk.options.dry_run}});
    for (const auto& change : changes)
        if (!change.backup.empty()) desk.say("Kept as it was: " + change.backup + '\n');
    if (!any) desk.say(nothing);
    if (any && desk.options.dry_run) desk.say("Nothing was written.\n");
    const bool sshd
        = std::any_of(changes.begin(), changes.end(), [](const Change& one) { return one.service.empty(); });
    if (sshd && any && !desk.options.dry_run) desk.say("Now tell sshd: `systemctl reload ssh`.\n");
    return Exit::done;
}

std::optional<Exit> not_root(Desk& desk) {
    if (::geteuid() == 0) return std::nullopt;
    return desk.complain(
        {ManagementError::not_authorized, "Only root may change PAM's files, or look at all of them."});
}

}  // namespace

Exit pam_enable(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto places = pam::Places::usual();
    auto changes = plan_enabling(desk.options, places);
    if (!changes) return say_no(desk, changes.error());
    if (concerns_sshd(desk.options))
        if (const auto ready = ask_sshd_first(desk.options, *changes); !ready) return say_no(desk, ready.error());
    if (!desk.options.anyway)
        if (const auto ready = would_answer(desk); !ready)
            return say_no(desk, ready.error() + " (--anyway does it all the same.)");
    const bool any = any_in(*changes) && !desk.options.dry_run;
    const auto exit = finish(desk, *std::move(changes), "Nothing to do: the lines are there.\n");
    if (any && exit == Exit::done)
        desk.say("Stay logged in here until a fresh login, or sudo in another terminal, has worked.\n");
    return exit;
}

Exit pam_disable(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto places = pam::Places::usual();
    std::vector<Change> changes;
    for (const auto& service : desk.options.services) {
        auto change = file_of(places, service);
        if (!change) return say_no(desk, change.error());
        change->after = pam::disabled(change->before);
        if (!desk.options.anyway && pam::lets_anybody_in(stacks_with(places, *change).auth))
            return say_no(desk,
                          service
                              + " would let in anybody, without a password: put back the line that checks it, "
                                "as `@include common-auth`, then try again.");
        changes.push_back(*std::move(change));
    }
    if (const auto text = pam::contents(doctor::sshd_drop_in);
        concerns_sshd(desk.options) && text && doctor::is_our_drop_in(*text))
        changes.push_back({"", doctor::sshd_drop_in, *text, "", {}});
    return finish(desk, std::move(changes), "Nothing to do: no line there is ours.\n");
}

}  // namespace stepup::cli
