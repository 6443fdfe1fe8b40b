#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stepup::testing {

struct Ran {
    int status = -1;     ///< exit status; 128 + n after signal n
    std::string output;  ///< what a terminal showed, or standard output
    std::string errors;  ///< standard error; in a terminal it is part of the output
};

using Words = std::vector<std::string>;
/// Waits until the first is shown, then types the second.
using Dialog = std::vector<std::pair<std::string, std::string>>;

/// Runs $STEPUP_CLI in a terminal of its own, 80 columns wide, in a UTF-8 locale.
[[nodiscard]] Ran in_terminal(const Words& words, const Dialog& dialog = {}, const std::string& kind = "dumb");
/// Runs it where there is no terminal; `input` is its standard input, or that is closed.
[[nodiscard]] Ran without_terminal(const Words& words, const std::optional<std::string>& input = {});

}  // namespace stepup::testing
