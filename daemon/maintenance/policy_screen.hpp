#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "common/management_error.hpp"
#include "policy/diagnosis.hpp"

// What `stepup policy` shows.

namespace stepup {

/// `text` in lines of at most `width` columns, 0: as long as they are. What does not fit goes below its line, further
/// in.
[[nodiscard]] std::string in_lines(std::string_view text, std::size_t width);
/// The same of what is wrong, behind `before`: its place stays whole, so that editors and people can go there.
[[nodiscard]] std::string in_lines(std::string_view before, const Diagnosis& problem, std::size_t width);

/// Shows it there, in lines that fit if that is a terminal. False if that failed.
bool show(std::FILE* there, std::string_view text);
bool show(std::FILE* there, std::string_view before, const Diagnosis& problem);

/// One object on standard output.
bool show(const nlohmann::json& object);

/// Says in one sentence why not: on standard error, or as the JSON object that `stepup` has for errors.
void say_why_not(ManagementError error, const std::string& sentence, bool as_json);

}  // namespace stepup
