#pragma once

#include <cstdint>

#include "daemon/storage/audit_rows.hpp"

namespace stepup {

/// What somebody did to the audit trail, as far as its rows tell.
enum class ChainFault : std::uint8_t {
    none,
    edited,        ///< record `at` no longer is what was hashed, and its hash is the old one
    hash_changed,  ///< record `at` is what it was, its hash is not
    hash_moved,    ///< the same, and its hash stands at `other`
    missing,       ///< records `at` to `other` are gone
    swapped,       ///< records `at` and `other` changed places
    inserted,      ///< record `at` was slipped in; what belongs there stands at `other`
    moved,         ///< record `at` is not in its place but at `other`
    rewritten,     ///< record `at` is not the one whose hash was written down elsewhere
    cut,           ///< records `at` to `other`, the last ones, are gone; only what was written down elsewhere knows
};

struct ChainReport {
    std::int64_t first = 1;   ///< the oldest record that was not removed for its age
    std::int64_t length = 0;  ///< the last record that verifies, from the first one on without a gap
    ChainHash head{};         ///< its hash
    bool whole = true;
    ChainFault fault = ChainFault::none;
    std::int64_t at = 0;     ///< the first record that is wrong
    std::int64_t other = 0;  ///< see ChainFault
};

/// Follows the chain from its first row and finds out what happened to the first one that does not fit. Takes as much
/// memory for a long trail as for a short one. A cut tail shows only where the head was written down (the journal).
[[nodiscard]] Result<ChainReport> verify_chain(Database& database);

}  // namespace stepup
