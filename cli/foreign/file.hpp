#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/management_error.hpp"

namespace stepup::foreign {

/// As long as it lives, the files of this process are opened as `user` would open them, where root runs it; else
/// nothing changes. Ends the process rather than going on as somebody else than before.
class AsUser {
public:
    AsUser(const std::string& user, uid_t uid, gid_t gid);
    ~AsUser();
    AsUser(const AsUser&) = delete;
    AsUser& operator=(const AsUser&) = delete;

private:
    bool changed_;
    gid_t own_gid_;
    std::vector<gid_t> own_groups_;
};

/// A file as it was read. Its text is wiped.
class File {
public:
    static constexpr std::size_t most_bytes = std::size_t{4} << 20U;

    /// Reads `path`, unless it is a symbolic link, no plain file, larger than most_bytes, belongs to nobody of
    /// `owners`, or others may write to it. Nothing: there is no such file, or not for us. Errors: invalid_argument.
    [[nodiscard]] static Managed<std::optional<File>> read(const std::string& path, const std::vector<uid_t>& owners);

    File(File&&) = default;
    File& operator=(File&&) = default;
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] const std::string& text() const { return text_; }
    /// Others than its owner may read it, and so know what it holds.
    [[nodiscard]] bool is_readable_by_others() const { return readable_; }

    /// Gives it the name `path`.imported; that name. Errors: invalid_argument (there is one of that name, another file
    /// is at `path` by now, or it may not be renamed).
    [[nodiscard]] Managed<std::string> put_aside() const;

private:
    File(std::string path, dev_t device, ino_t inode, bool readable)
        : path_(std::move(path)),
          device_(device),
          inode_(inode),
          readable_(readable) { }

    std::string path_;
    dev_t device_;
    ino_t inode_;
    bool readable_;
    std::string text_;
};

}  // namespace stepup::foreign
