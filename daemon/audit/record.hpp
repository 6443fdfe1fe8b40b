#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/event.hpp"

namespace stepup {

/// `entry` as one line: id, name, then name=value pairs. Values that are not plain words stand in quotes with `"` and
/// `\` escaped, and what could end a line or move a cursor is `?`: whatever a client sends stays one value.
[[nodiscard]] std::string to_line(const AuditEntry& entry);

/// `name` and a `foreign` value as one such pair.
[[nodiscard]] std::string to_pair(std::string_view name, std::string_view foreign);

/// `entry` as journald's fields, "NAME=value".
[[nodiscard]] std::vector<std::string> to_journal(const AuditEntry& entry);

}  // namespace stepup
