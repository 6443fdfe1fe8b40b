#pragma once

#include <string>

#include "daemon/storage/audit_rows.hpp"
#include "daemon/storage/chain_check.hpp"

// The audit trail as people and programs see it; what stands in the rows may be foreign, and is made safe.

namespace stepup {

/// One record in lines of at most `width` columns; 0: in one line.
[[nodiscard]] std::string to_text(const AuditRecord& record, std::size_t width);
/// One JSON object in a line, ASCII alone.
[[nodiscard]] std::string to_json(const AuditRecord& record);

/// What is wrong, in one sentence.
[[nodiscard]] std::string sentence(ChainFault fault, std::int64_t at, std::int64_t other);
/// A word that stays: "edited", "missing" …
[[nodiscard]] std::string_view word(ChainFault fault);

/// How wide the terminal is at standard output; 0: there is none.
[[nodiscard]] std::size_t width_of_output();

}  // namespace stepup
