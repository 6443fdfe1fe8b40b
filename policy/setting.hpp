#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnosis.hpp"

namespace stepup {

/// One value of a policy file: the tables that lead to it, and its key.
struct SettingPath {
    std::string rule;               ///< the name of the [[rule]] it stands in; empty: it stands in a table of the top
    std::vector<std::string> keys;  ///< "limits", "lock_after": tables, then the key
};

/// The path that people write as "window", "defaults.window", "limits.lock_after" or, in a rule, "window". A single
/// word is a key of [defaults]; or of [limits], if only that has it.
[[nodiscard]] SettingPath setting_path(std::string_view written, std::string_view rule);

/// `text`, the TOML of the file `name`, with one value put there: replaced where it stands, or added as the last line
/// of its table. Everything else stays as it is, to the byte, comments included. `value` is TOML, on one line. Errors:
/// text or value is not TOML; there is no such rule; the table is written in a way that only people can edit.
[[nodiscard]] Read<std::string> with_setting(std::string_view text, std::string_view name, const SettingPath& path,
                                             std::string_view value);

/// True if `written` is one value of TOML, on one line.
[[nodiscard]] bool is_toml_value(std::string_view written);

/// `written` in quotes, as a TOML string.
[[nodiscard]] std::string as_toml_text(std::string_view written);

}  // namespace stepup
