#include "cli/pam_change.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/pam/file.hpp"
#include "common/unique_fd.hpp"

namespace stepup::cli {
namespace {

constexpr const char* backups = "/etc/stepup/backup";

pam::Told<> write(const Change& change) {
    if (change.before.empty()) return pam::write_new(change.path, change.after);
    if (!change.after.empty()) return pam::replace(change.path, change.before, change.after);
    if (::unlink(change.path.c_str()) != 0) return pam::refused("Cannot remove " + change.path + ".");
    return {};
}

}  // namespace

pam::Told<> keep(std::vector<Change>& changes) {
    for (auto& change : changes)
        if (change.is_one() && !change.before.empty())
            change.backup = TRY(pam::back_up(backups, change.path, change.before));
    return {};
}

pam::Told<> write(const std::vector<Change>& changes) {
    const UniqueFd folder(::open("/etc/pam.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
        return pam::refused("Another `stepup pam` is at work. Try again.");
    for (const auto& change : changes)
        if (change.is_one()) TRY(write(change));
    return {};
}

}  // namespace stepup::cli
