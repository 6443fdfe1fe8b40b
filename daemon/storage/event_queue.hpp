#pragma once

#include <string_view>

#include "daemon/storage/audit_rows.hpp"
#include "daemon/storage/database.hpp"

namespace stepup {

/// So many events wait to be carried; then the oldest are forgotten, which a gap in the ids shows.
constexpr std::int64_t most_queued = 10'000;

/// Queues what `row` of the audit trail tells, as `kind`, within the same transaction.
[[nodiscard]] Result<> enqueue(Database& database, std::string_view kind, const AuditRow& row);

}  // namespace stepup
