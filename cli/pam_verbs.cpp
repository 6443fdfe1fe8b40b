#include <nlohmann/json.hpp>

#include "cli/doctor/sshd.hpp"
#include "cli/pam/edit.hpp"
#include "cli/pam/file.hpp"
#include "cli/pam_plan.hpp"
#include "cli/trial/record.hpp"
#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

Exit finish(Desk& desk, std::vector<Change> changes, const char* nothing) {
    show(desk, changes);
    if (!desk.options.dry_run && any_in(changes)) {
        auto done = keep(changes);
        if (done) done = write(changes);
        if (!done) return say_no(desk, done.error());
    }
    const auto exit = report(desk, changes, nothing);
    if (has_drop_in(changes) && !desk.options.dry_run) desk.say("Now tell sshd: `systemctl reload ssh`.\n");
    return exit;
}

}  // namespace

Exit pam_enable(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    if (pam::contents(trial::record_file)) return say_no(desk, trial::under_way);
    auto changes = plan_to_enable(desk);
    if (!changes) return say_no(desk, changes.error());
    const bool any = any_in(*changes) && !desk.options.dry_run;
    const auto exit = finish(desk, *std::move(changes), "Nothing to do: the lines are there.\n");
    if (any && exit == Exit::done)
        desk.say("Stay logged in here until a fresh login, or sudo in another terminal, has worked.\n");
    return exit;
}

Exit pam_disable(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    if (pam::contents(trial::record_file)) return say_no(desk, trial::under_way);  // its end would put lines back
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
