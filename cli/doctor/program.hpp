#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace stepup::doctor {

/// What `words` (a program's whole path, and its arguments) wrote to standard output; nothing if it is not there, did
/// not end in success, or took longer than `patience`. It runs with an empty input and an environment of our making.
[[nodiscard]] std::optional<std::string> output_of(std::vector<std::string> words,
                                                   std::chrono::seconds patience = std::chrono::seconds(10));

}  // namespace stepup::doctor
