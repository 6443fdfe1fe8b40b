#pragma once

#include <optional>
#include <string_view>

#include "policy/toml.hpp"

namespace stepup {

/// What keeps a text from being TOML, and where.
struct TextFault {
    toml::source_position at;
    const char* message;
};

/// Finds the mistakes that toml++ 3.0 does not survive, before it sees them: a control character (a power cut can leave
/// a file full of zeros), a letter beyond ASCII outside of quotes and comments, a table header that begins with neither
/// name nor quote. Nothing: the parser may have it, and finds whatever else is wrong.
[[nodiscard]] std::optional<TextFault> fault_before_parsing(std::string_view text);

}  // namespace stepup
