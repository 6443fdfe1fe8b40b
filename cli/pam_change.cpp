#include "cli/pam_change.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/pam/file.hpp"

namespace stepup::cli {
namespace {

constexpr const char* backups = "/etc/stepup/backup";
constexpr const char* turns = "/run/stepup-pam.lock";  ///< root's alone: whoever may open a file may lock it
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds pause{50};

pam::Told<> write(const Change& change) {
    if (change.before.empty()) return pam::write_new(change.path, change.after);
    if (!change.after.empty()) return pam::replace(change.path, change.before, change.after);
    if (::unlink(change.path.c_str()) != 0) return pam::refused("Cannot remove " + change.path + ".");
    return {};
}

std::string now_in(const Change& change) { return pam::contents(change.path).value_or(""); }

/// Puts back what those up to `last` have become; what is to be said of it.
std::string put_back(const std::vector<Change>& changes, std::size_t last) {
    std::string failed;
    for (std::size_t at = last + 1; at-- > 0;) {
        const auto& change = changes[at];
        if (!change.is_one() || now_in(change) == change.before) continue;
        if (const auto done = write({change.service, change.path, change.after, change.before}); !done)
            failed += ' ' + done.error()
                + (change.backup.empty() ? " Remove it." : " What it held is in " + change.backup + '.');
    }
    return failed.empty() ? " Nothing has changed." : failed;
}

pam::Told<> write_heeded(const Change& change) {
    TRY(write(change));
    if (change.is_heeded) TRY(change.is_heeded());
    return {};
}

}  // namespace

pam::Told<UniqueFd> take_turn() {
    UniqueFd turn(::open(turns, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    const auto until = std::chrono::steady_clock::now() + patience;
    while (turn && ::flock(turn.get(), LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() > until) turn.reset();
        std::this_thread::sleep_for(pause);
    }
    if (!turn) return pam::refused("Another `stepup pam` is at work. Try again when it is done.");
    return turn;
}

pam::Told<> can_be_made(const std::vector<Change>& changes) {
    for (const auto& change : changes)
        if (change.is_one()) TRY(pam::may_be_written(change.path));
    return {};
}

bool is_undone(const std::vector<Change>& changes) {
    return std::none_of(changes.begin(), changes.end(),
                        [](const Change& one) { return one.is_one() && now_in(one) != one.before; });
}

pam::Told<> keep(std::vector<Change>& changes) {
    for (auto& change : changes)
        if (change.is_one() && !change.before.empty())
            change.backup = TRY(pam::back_up(backups, change.path, change.before));
    return {};
}

pam::Told<> write(const std::vector<Change>& changes) {
    for (std::size_t at = 0; at < changes.size(); ++at) {
        if (!changes[at].is_one()) continue;
        if (const auto done = write_heeded(changes[at]); !done)
            return pam::refused(done.error() + put_back(changes, at));
    }
    return {};
}

}  // namespace stepup::cli
