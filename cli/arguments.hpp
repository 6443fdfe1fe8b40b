#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "cli/desk.hpp"
#include "cli/options.hpp"

namespace stepup::cli {

using Run = Exit (*)(Desk&);

/// What to run, or how it ended already: help was shown, or the command line makes no sense.
using Parsed = std::variant<Run, Exit>;

/// Reads the command line into `options`; says what is wrong with it on standard error.
[[nodiscard]] Parsed parse(int count, const char* const* words, Options& options);

/// "90", "90s", "5m", "2h", "1d" in seconds; nothing for anything else, or for more than `longest`.
[[nodiscard]] std::optional<std::uint32_t> seconds_in(std::string_view text, std::uint32_t longest = 86'400);

}  // namespace stepup::cli
