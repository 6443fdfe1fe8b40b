#pragma once

#include "daemon/storage/chain.hpp"

namespace stepup {

/// Where the trail begins: behind record `seq` with hash `hash`. 0: at the first record there ever was.
struct TrailStart {
    std::int64_t seq = 0;
    ChainHash hash{};
    std::int64_t recorded = 0;  ///< the record that says that those up to `seq` were removed
};

[[nodiscard]] Result<TrailStart> trail_start(Database& database);

/// Whether the record that `start` names is there and says the same.
[[nodiscard]] Result<bool> is_recorded(Database& database, const TrailStart& start);

/// Removes the oldest records if all of them are from before `until`, and appends a record that says so; within a
/// transaction of the caller's. So many at a time that nobody notices: true if there may be more.
[[nodiscard]] Result<bool> shorten_trail(Database& database, AuditChain& chain, Millis until, Instant now);

}  // namespace stepup
