#pragma once

#include <string>
#include <string_view>

namespace stepup {

/// `foreign`, safe to print on a terminal or into a log line: control characters (C0, C1, DEL), bidirectional and
/// zero-width marks, line separators and bytes that are not UTF-8 become `?`; longer than `limit` bytes is cut at a
/// character and ends in `…`.
[[nodiscard]] std::string printable(std::string_view foreign, std::size_t limit = 256);

/// True if `printable(text, limit)` would change nothing and `text` is not empty: what we accept as a label.
[[nodiscard]] bool is_printable(std::string_view text, std::size_t limit = 256);

}  // namespace stepup
