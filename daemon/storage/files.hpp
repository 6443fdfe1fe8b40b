#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "common/result.hpp"
#include "common/unique_fd.hpp"

namespace stepup {

/// A folder that only we can look into, and its path without symbolic links.
struct PrivateFolder {
    UniqueFd fd;
    std::string path;
};

/// Opens `path` if it is a folder of ours, not a symbolic link, and closed to group and world (security.md V-99).
/// Errors: not_found, untrusted, unavailable.
[[nodiscard]] Result<PrivateFolder> open_private_folder(const std::string& path);

/// Makes `name` in `folder` with mode 0600 whatever the umask is; true if it was not there. An existing one must be a
/// plain file of ours, closed to group and world. Errors: untrusted, unavailable.
[[nodiscard]] Result<bool> ensure_private_file(int folder, const std::string& name);

/// The same check for a file that may be missing.
[[nodiscard]] Result<> check_private_file(int folder, const std::string& name);

/// Whether there is anything of that name.
[[nodiscard]] bool exists(int folder, const std::string& name);

/// Replaces `name` in `folder` by a file of mode `mode` that holds `text`: durably, and all or nothing.
/// Errors: unavailable.
[[nodiscard]] Result<> replace_file(int folder, const std::string& name, std::string_view text, mode_t mode);

/// A file by what the kernel knows it by.
struct FileId {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;

    [[nodiscard]] static Result<FileId> of(const std::string& path);
    /// Whether `path` still names it.
    [[nodiscard]] bool is_in_place() const;
};

/// "/var/lib/stepup/stepup.db" and "mark": "/var/lib/stepup/stepup.mark".
[[nodiscard]] std::string beside(const std::string& database, std::string_view ending);

}  // namespace stepup
