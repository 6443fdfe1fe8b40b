#pragma once

#include <string>
#include <vector>

namespace stepup::cli {

/// Goes through this host's accounts that could log in: root, and whoever has a shell and no program's low uid.
class LocalUsers {
public:
    /// How many names the daemon takes at once.
    static constexpr std::size_t most_at_once = 500;

    LocalUsers();
    ~LocalUsers();
    LocalUsers(const LocalUsers&) = delete;
    LocalUsers& operator=(const LocalUsers&) = delete;

    /// The next ones; fewer than most_at_once: those were the last.
    [[nodiscard]] std::vector<std::string> next();
};

}  // namespace stepup::cli
