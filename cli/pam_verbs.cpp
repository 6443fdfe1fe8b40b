#include <set>

#include "cli/doctor/sshd.hpp"
#include "cli/pam/edit.hpp"
#include "cli/pam/file.hpp"
#include "cli/pam/walk.hpp"
#include "cli/pam_plan.hpp"
#include "cli/trial/record.hpp"
#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

Exit finish(Desk& desk, std::vector<Change> changes, const char* nothing, const char* then = nullptr) {
    show(desk, changes);
    if (desk.options.dry_run || !any_in(changes)) return report(desk, changes, nothing);
    auto done = keep(changes);
    if (done) done = write(changes);
    if (!done) return say_no(desk, done.error());
    std::vector<std::string> advice;
    if (has_drop_in(changes)) advice.emplace_back("Now tell sshd: `systemctl reload ssh`.");
    if (then != nullptr) advice.emplace_back(then);
    return report(desk, changes, nothing, advice);
}

/// What a vendor has of a service, if the file in /etc/pam.d stands in its place; "": nothing.
std::string vendors(pam::Places places, const std::string& service) {
    places.services.erase(places.services.begin());
    return pam::contents(places.file_of(service)).value_or("");
}

/// The files besides its own by which a service would still ask, but for those that `changes` takes care of.
std::set<std::string> others_with_ours(const pam::Stacks& stacks, const std::vector<Change>& changes) {
    std::set<std::string> files;
    for (const auto* stack : {&stacks.auth, &stacks.account, &stacks.session})
        for (const auto& entry : stack->entries)
            if (entry.line.is_ours()) files.insert(entry.file);
    for (const auto& change : changes) files.erase(change.path);
    return files;
}

/// Why taking our lines out of the service's own file does not help.
std::string by_includes(const std::string& service, const std::set<std::string>& files) {
    std::string names;
    for (const auto& file : files) names += (names.empty() ? "" : ", ") + file;
    const auto& first = *files.begin();
    const auto name = first.substr(first.rfind('/') + 1);
    return service + " has no line of ours itself, but by what it includes: " + names + ". "
        + (name.starts_with("common-") ? "`pam-auth-update --disable stepup` takes them out, of every service."
                                       : "`stepup pam disable " + name + "` takes them out.");
}

/// A jump over a line of ours would lead elsewhere without it, as behind the password of whom it is about.
pam::Told<> leaves_jumps_alone(const pam::Places& places, const Change& change) {
    for (const auto phase : {pam::Phase::auth, pam::Phase::account, pam::Phase::session, pam::Phase::password}) {
        const auto goes = [&](const pam::Entry& one) { return one.line.is_ours() && one.file == change.path; };
        const auto stack = effective(places, change.path, change.start, phase);
        if (const auto* jump = jump_over(stack, goes); jump != nullptr)
            return pam::refused(change.service + ": " + jump->place()
                                + " jumps over our line, and would jump over another one then. Take out both by hand.");
    }
    return {};
}

pam::Told<Change> plan_to_disable(const Options& options, const pam::Places& places, const std::string& service) {
    auto change = TRY(file_of(places, service));
    if (!options.anyway) TRY(leaves_jumps_alone(places, change));
    const auto text = pam::disabled(change.start);
    if (!options.anyway && pam::lets_anybody_in(stacks_with(places, change.path, text).auth))
        return pam::refused(service
                            + " would let in anybody, without a password: put back the line that checks it, "
                              "as `@include common-auth`, then try again.");
    if (text == change.start) return change;
    change.after = text == vendors(places, service) ? "" : text;
    return change;
}

pam::Told<std::vector<Change>> plan_to_disable(const Options& options) {
    const auto places = pam::Places::usual();
    std::vector<Change> changes;
    for (const auto& service : named_once(options.services))
        changes.push_back(TRY(plan_to_disable(options, places, service)));
    for (const auto& change : changes) {
        if (change.is_one()) continue;
        const auto left = others_with_ours(stacks_with(places, change.path, change.start), changes);
        if (!left.empty()) return pam::refused(by_includes(change.service, left));
    }
    if (const auto text = pam::contents(doctor::sshd_drop_in);
        concerns_sshd(options) && text && doctor::is_our_drop_in(*text))
        changes.push_back({"", doctor::sshd_drop_in, *text, ""});
    TRY(can_be_made(changes));
    return changes;
}

}  // namespace

Exit pam_enable(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto turn = take_turn();
    if (!turn) return say_no(desk, turn.error());
    if (trial_under_way(desk)) return say_no(desk, trial::under_way);
    auto changes = plan_to_enable(desk);
    if (!changes) return say_no(desk, changes.error());
    return finish(desk, *std::move(changes), "Nothing to do: the lines are there.\n",
                  "Stay logged in here until a fresh login, or sudo in another terminal, has worked.");
}

Exit pam_disable(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto turn = take_turn();
    if (!turn) return say_no(desk, turn.error());
    if (trial_under_way(desk)) return say_no(desk, trial::under_way);  // its end would put lines back
    auto changes = plan_to_disable(desk.options);
    if (!changes) return say_no(desk, changes.error());
    return finish(desk, *std::move(changes), "Nothing to do: no line there is ours.\n");
}

}  // namespace stepup::cli
