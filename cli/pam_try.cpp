#include <ctime>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "cli/pam/file.hpp"
#include "cli/pam_plan.hpp"
#include "cli/trial/record.hpp"
#include "cli/trial/timer.hpp"
#include "cli/verbs.hpp"

// A change that takes itself back unless somebody could log in through it.

namespace stepup::cli {
namespace {

std::uint64_t since_boot() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

trial::Login this_login() { return trial::login_of("/proc", ::getpid()).value_or(trial::Login{UINT32_MAX, 0}); }

void end_trial(bool has_drop_in) {
    if (has_drop_in) trial::reload_sshd();
    ::unlink(trial::record_file);
    trial::disarm();
}

/// Nothing is to change behind a trial that has ended, as while this run was stopped.
pam::Told<> is_under_way() {
    struct stat there { };
    if (::lstat(trial::record_file, &there) == 0) return {};
    return pam::refused("The trial has been ended meanwhile.");
}

/// Everything that ends the trial stands before the first file changes.
pam::Told<> begin(std::vector<Change>& changes) {
    TRY(keep(changes));
    trial::Record record{since_boot(), this_login().session, {}};
    for (const auto& change : changes)
        if (change.is_one()) record.files.push_back({change.path, change.backup});
    TRY(pam::write_new(trial::record_file, encode(record)));
    if (const auto armed = trial::arm(); !armed) {
        ::unlink(trial::record_file);
        return pam::refused(armed.error());
    }
    for (auto& change : changes)
        change.is_heeded = [asked = std::move(change.is_heeded)]() -> pam::Told<> {
            if (asked) TRY(asked());
            return is_under_way();
        };
    auto written = write(changes);
    if (!written && is_undone(changes)) end_trial(false);  // else it is taken back in two minutes
    return written;
}

bool is_lost(const trial::Changed& file) { return !file.backup.empty() && !pam::contents(file.backup); }

/// What is to be done where the text of before is gone.
std::string by_hand(const trial::Changed& file) {
    const std::string stacks = "/etc/pam.d/";
    return ' ' + file.path + " stays as it is: " + file.backup + ", which has what it held before, cannot be read. "
        + (file.path.starts_with(stacks)
               ? "`stepup pam disable " + file.path.substr(stacks.size()) + "` takes our lines out."
               : "Put it right by hand.");
}

/// What the file was like before, once more.
pam::Told<> take_back(const trial::Changed& file) {
    const auto before = file.backup.empty() ? std::string() : pam::contents(file.backup).value_or("");
    std::vector<Change> changes{{"", file.path, pam::contents(file.path).value_or(""), before}};
    TRY(can_be_made(changes));
    (void)keep(changes);  // the way back is worth more than what the trial wrote
    auto done = write(changes);
    if (!done) ::unlink(changes.front().backup.c_str());  // it is tried again, and again
    return done;
}

bool concerns_sshd_config(const trial::Record& record) {
    for (const auto& file : record.files)
        if (file.path.starts_with("/etc/ssh/")) return true;
    return false;
}

constexpr const char* none_under_way = "No trial is under way.";

}  // namespace

std::optional<trial::Record> trial_under_way(Desk& desk) {
    struct stat there { };
    if (::lstat(trial::record_file, &there) != 0) return std::nullopt;
    const auto text = pam::contents(trial::record_file);
    auto record = text ? trial::decode(*text) : std::nullopt;
    if (record) return record;
    const auto aside = std::string(trial::record_file) + ".unreadable";
    (void)::rename(trial::record_file, aside.c_str());
    trial::disarm();
    desk.say_why_not(
        std::string("The record of a trial, ") + trial::record_file + ", cannot be read; it is now " + aside
        + ". That trial has ended: what it changed stays, and what was there before is in /etc/stepup/backup.");
    return std::nullopt;
}

Exit pam_try(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto turn = take_turn();
    if (!turn) return say_no(desk, turn.error());
    if (trial_under_way(desk)) return say_no(desk, trial::under_way);
    auto changes = plan_to_enable(desk);
    if (!changes) return say_no(desk, changes.error());
    show(desk, *changes);
    const bool any = any_in(*changes) && !desk.options.dry_run;
    if (any)
        if (const auto begun = begin(*changes); !begun) return say_no(desk, begun.error());
    if (any && has_drop_in(*changes)) trial::reload_sshd();
    std::vector<std::string> advice;
    if (any)
        advice.emplace_back("In two minutes all of it is taken back, unless somebody logs in anew and says there:\n"
                            "  stepup pam confirm");
    return report(desk, *changes, "Nothing to try: the lines are there.\n", advice);
}

Exit pam_confirm(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto turn = take_turn();
    if (!turn) return say_no(desk, turn.error());
    const auto record = trial_under_way(desk);
    if (!record) return say_no(desk, none_under_way);
    if (!desk.options.anyway && !is_fresh(this_login(), *record))
        return say_no(desk,
                      "This login is older than the trial: log in anew, which shows that it works, and say it there.");
    end_trial(false);
    desk.say_json({{"confirmed", true}});
    desk.say("Confirmed: the lines stay.\n");
    return Exit::done;
}

Exit pam_revert(Desk& desk) {
    if (const auto exit = not_root(desk)) return *exit;
    const auto turn = take_turn();  // if there is none, as behind a run that was stopped, it goes on all the same
    const auto record = trial_under_way(desk);
    if (!record) return say_no(desk, none_under_way);
    std::string failed;
    std::string lost;
    for (const auto& file : record->files) {
        if (is_lost(file)) {
            lost += by_hand(file);
            continue;
        }
        if (const auto done = take_back(file); !done) failed += (failed.empty() ? "" : " ") + done.error();
    }
    if (!failed.empty()) return say_no(desk, failed + lost);
    end_trial(concerns_sshd_config(*record));
    if (!lost.empty()) return say_no(desk, "The trial has ended, but not everything is as it was." + lost);
    desk.say_json({{"reverted", true}});
    desk.say("Taken back: everything is as it was before the trial.\n");
    return Exit::done;
}

}  // namespace stepup::cli
