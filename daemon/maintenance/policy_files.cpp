#include "daemon/maintenance/policy_files.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "common/result.hpp"

namespace stepup {
namespace fs = std::filesystem;

Read<UniqueFd> lock_folder(const fs::path& folder) {
    UniqueFd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) return about(folder, "cannot be opened: " + std::generic_category().message(errno));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return about(folder, "somebody else is changing the policy now");
    return lock;
}

ConfigTexts with_change(ConfigTexts texts, const FileChange& change) {
    const auto name = printable(change.file.native(), 4096);
    const auto same = [&](const ConfigText& one) { return one.name == name; };
    if (const auto found = std::find_if(texts.begin(), texts.end(), same); found != texts.end()) {
        found->text = change.after;
        return texts;
    }
    // Those of another folder, the state's, stand behind all of this one.
    const auto folder = change.file.parent_path();
    const auto behind = [&](const ConfigText& one) {
        return one.name > name || std::filesystem::path(one.name).parent_path() != folder;
    };
    const auto first_drop_in = texts.begin() + (texts.empty() ? 0 : 1);
    texts.insert(std::find_if(first_drop_in, texts.end(), behind), {name, change.after});
    return texts;
}

Read<void> put_in_place(const FileChange& change) {
    std::error_code error;
    const auto target = fs::weakly_canonical(change.file, error);
    if (error) return about(change.file, "cannot be found: " + error.message());
    struct stat now { };
    const bool exists = ::stat(target.c_str(), &now) == 0;
    std::string text;
    if (exists) text = TRY(read_text(target));
    if (text != change.before) return about(change.file, "was changed by somebody else meanwhile");
    const FileRights rights = exists ? FileRights{now.st_mode & 07777U, now.st_uid, now.st_gid}
                                     : FileRights{0644, ::geteuid(), ::getegid()};
    return write_durably(target, change.after, rights);
}

}  // namespace stepup
