#pragma once

#include <span>
#include <string_view>

namespace stepup {

struct Migration {
    std::string_view name;  ///< "0001_initial.sql": the first digits are the schema version it leads to
    std::string_view sql;
};

/// All of them, oldest first; the file's user_version says how many it has seen.
[[nodiscard]] std::span<const Migration> migrations();

}  // namespace stepup
