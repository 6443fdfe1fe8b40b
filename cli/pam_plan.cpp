#include "cli/pam_plan.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/doctor/sshd.hpp"
#include "cli/pam/edit.hpp"
#include "cli/pam/file.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
using pam::Told;

namespace {

bool is_service_name(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && !name.starts_with('.') && is_printable(name, 64);
}

/// What speaks against a stack that we are about to write.
Told<> look_at(const pam::Places& places, const Change& change, const std::string& text) {
    const auto posture = pam::posture_of(change.service, stacks_with(places, change.path, text));
    for (const auto& remark : posture.remarks)
        if (remark.weight != pam::Remark::Weight::weak)
            return pam::refused(change.service + ": " + remark.what + ' ' + remark.fix);
    return {};
}

/// Puts what the file is to hold into `change`, where the others are as `places` has them.
Told<> enable(const Options& options, const pam::Places& places, Change& change) {
    const auto first = options.key && change.service == "sshd" ? pam::First::key : pam::First::password;
    const auto text = TRY(pam::enabled(places, change.service, change.start, first));
    if (!options.anyway) TRY(look_at(places, change, text));
    change.after = text == change.start ? change.before : text;
    return {};
}

/// Twice, so that a service that includes another one of them gets no line besides: nobody is to be asked twice.
Told<std::vector<Change>> plan_enabling(const Options& options, pam::Places places) {
    std::vector<Change> changes;
    for (const auto& service : named_once(options.services)) {
        changes.push_back(TRY(file_of(places, service)));
        TRY(enable(options, places, changes.back()));
    }
    for (auto& change : changes) {
        places.drafts.clear();
        for (const auto& other : changes)
            if (other.is_one() && other.path != change.path) places.drafts[other.path] = other.after;
        TRY(enable(options, places, change));
    }
    return changes;
}

/// Whether the drop-in has made sshd able to ask.
Told<> is_heeded(bool key) {
    const auto settings = doctor::ask_sshd();
    if (!settings)
        return pam::refused(std::string("`sshd -T` fails with ") + doctor::sshd_drop_in
                            + ": is it included within a Match block?");
    const auto why = doctor::why_sshd_cannot_ask(*settings, key);
    if (!why) return {};
    return pam::refused(*why + ' '
                        + doctor::why_drop_in_is_not_heeded(pam::contents(doctor::sshd_config).value_or(""), key));
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
    Change drop_in{"", doctor::sshd_drop_in, pam::contents(doctor::sshd_drop_in).value_or(""), text};
    if (!options.anyway) {
        if (!drop_in.is_one()) return is_heeded(options.key);  // it is there, and does not help
        drop_in.is_heeded = [key = options.key] { return is_heeded(key); };
    }
    changes.insert(changes.begin(), std::move(drop_in));
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

}  // namespace

Exit say_no(Desk& desk, const std::string& sentence) {
    const auto message = printable_lines(sentence);
    desk.say_json({{"error", "Refused"}, {"message", message}});
    desk.say_why_not(message);
    return Exit::refused;
}

std::optional<Exit> not_root(Desk& desk) {
    if (::geteuid() == 0) return std::nullopt;
    return desk.complain(
        {ManagementError::not_authorized, "Only root may change PAM's files, or look at all of them."});
}

Told<Change> file_of(const pam::Places& places, const std::string& service) {
    const auto read = is_service_name(service) ? places.file_of(service) : std::string();
    const auto text = read.empty() ? std::nullopt : pam::contents(read);
    if (!text) return pam::refused("There is no PAM service " + printable(service) + ": /etc/pam.d has no such file.");
    const auto path = places.services.front() + '/' + service;
    const auto held = read == path ? *text : std::string();
    return Change{service, path, held, held, {}, *text};
}

pam::Stacks stacks_with(const pam::Places& places, const std::string& path, const std::string& text) {
    const auto in = [&](pam::Phase phase) { return or_others(effective(places, path, text, phase), places, phase); };
    return {in(pam::Phase::auth), in(pam::Phase::account), in(pam::Phase::session)};
}

std::vector<std::string> named_once(const std::vector<std::string>& services) {
    std::vector<std::string> once;
    for (const auto& service : services)
        if (std::find(once.begin(), once.end(), service) == once.end()) once.push_back(service);
    return once;
}

bool concerns_sshd(const Options& options) {
    return std::find(options.services.begin(), options.services.end(), "sshd") != options.services.end();
}

bool any_in(const std::vector<Change>& changes) {
    return std::any_of(changes.begin(), changes.end(), [](const Change& one) { return one.is_one(); });
}

Told<std::vector<Change>> plan_to_enable(Desk& desk) {
    auto changes = TRY(plan_enabling(desk.options, pam::Places::usual()));
    if (concerns_sshd(desk.options)) TRY(ask_sshd_first(desk.options, changes));
    TRY(can_be_made(changes));
    if (desk.options.anyway) return changes;
    if (const auto ready = would_answer(desk); !ready)
        return pam::refused(ready.error() + " (--anyway does it all the same.)");
    return changes;
}

void show(Desk& desk, const std::vector<Change>& changes) {
    for (const auto& change : changes) desk.say(pam::difference(change.path, change.before, change.after));
}

Exit report(Desk& desk, const std::vector<Change>& changes, const char* nothing,
            const std::vector<std::string>& advice) {
    const bool written = any_in(changes) && !desk.options.dry_run;
    nlohmann::json files = nlohmann::json::array();
    for (const auto& change : changes) files.push_back(json_of(change));
    desk.say_json({{"files", files}, {"written", written}, {"advice", advice}});
    for (const auto& change : changes)
        if (!change.backup.empty()) desk.say("Kept as it was: " + change.backup + '\n');
    if (!any_in(changes)) desk.say(nothing);
    if (any_in(changes) && desk.options.dry_run) desk.say("Nothing was written.\n");
    for (const auto& sentence : advice) desk.say(wrapped(sentence, desk.canvas.width) + '\n');
    return Exit::done;
}

bool has_drop_in(const std::vector<Change>& changes) {
    return std::any_of(changes.begin(), changes.end(),
                       [](const Change& one) { return one.service.empty() && one.is_one(); });
}

}  // namespace stepup::cli
