#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/pam/stack.hpp"
#include "cli/pam/told.hpp"

namespace stepup::pam {

/// What comes before the code. Keys are sshd's alone.
enum class First : std::uint8_t { password, key };

/// The text of the file of `service` with our lines in it, where docs/pam-lines.md says that they belong; those that
/// are there already, also in what it includes, stay as they are. Or a sentence that says why it cannot be done.
[[nodiscard]] Told<std::string> enabled(const Places& places, const std::string& service, std::string_view text,
                                        First first);

/// The text without any line of ours; what `enabled` changed besides is as it was.
[[nodiscard]] std::string disabled(std::string_view text);

/// What changes from `before` to `after`, as diff -u shows it, with three lines around; empty if nothing does.
[[nodiscard]] std::string difference(const std::string& path, std::string_view before, std::string_view after);

}  // namespace stepup::pam
