#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cli/foreign/file.hpp"
#include "cli/foreign/reading.hpp"
#include "cli/options.hpp"

namespace stepup::cli {

/// Where another tool keeps its secrets, and how they are read.
struct Tool {
    const char* name;
    const char* in_home;    ///< below a user's home; null: nowhere
    const char* in_system;  ///< null: nowhere
    bool names_users;       ///< each line says whose it is
    foreign::Reading (*read)(std::string_view text, std::int64_t now);
};

/// A file to be read, and whose it must be.
struct Place {
    std::string path;
    std::string user;             ///< whose factors it holds; empty: it names them
    std::vector<uid_t> owners;    ///< of the file
    bool opened_by_user = false;  ///< in a home: opened as its owner would
    gid_t gid = 0;                ///< with that
    bool may_be_missing = false;
};

/// True if the caller acts on others' accounts: he is root, or says whose.
[[nodiscard]] bool acts_as_admin(const Options& options);

/// The files that are meant. Errors: invalid_argument, no_such_user.
[[nodiscard]] Managed<std::vector<Place>> places(const Tool& tool, const Options& options);

/// Reads one; nothing: it is not there, and may be missing. Errors: invalid_argument.
[[nodiscard]] Managed<std::optional<foreign::File>> open(const Place& place);
/// Gives it another name; that name. Errors: invalid_argument.
[[nodiscard]] Managed<std::string> put_aside(const Place& place, const foreign::File& file);

}  // namespace stepup::cli
