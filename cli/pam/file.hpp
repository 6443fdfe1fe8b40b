#pragma once

#include <optional>
#include <string>

#include "cli/pam/told.hpp"

namespace stepup::pam {

/// What the file at `path` holds, at most 1 MiB; nothing: it cannot be read.
[[nodiscard]] std::optional<std::string> contents(const std::string& path);

/// Whether the file at `path` can be replaced, or made, as far as can be told without doing so: it is a plain file or
/// none, in a folder that we may write to.
[[nodiscard]] Told<> may_be_written(const std::string& path);

/// Replaces the plain file at `path`, which keeps its mode, its owner and its labels, by one that holds `text`:
/// durably, and all or nothing. What it held before must be `before`.
[[nodiscard]] Told<> replace(const std::string& path, const std::string& before, const std::string& text);

/// Makes a file of root's with mode 0644 that holds `text`; an existing one is replaced.
[[nodiscard]] Told<> write_new(const std::string& path, const std::string& text);

/// Keeps `text`, of the file at `path`, in `folder` (made, mode 0700) under a name of its own; that name.
[[nodiscard]] Told<std::string> back_up(const std::string& folder, const std::string& path, const std::string& text);

}  // namespace stepup::pam
