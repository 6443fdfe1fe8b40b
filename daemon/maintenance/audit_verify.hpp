#pragma once

#include <optional>

#include "daemon/maintenance/journal.hpp"
#include "daemon/maintenance/trail.hpp"
#include "daemon/storage/chain_check.hpp"

namespace stepup {

/// The chain's own word, and what those say who wrote parts of it down elsewhere.
struct Verified {
    ChainReport chain;            ///< with what the comparison found, if that comes first
    std::int64_t compared = 0;    ///< records that the journal knows, too
    std::int64_t last_known = 0;  ///< the last of them
};

/// Compares records that were written down elsewhere with what stands in the trail.
class Comparison {
public:
    Comparison(Database& database, Verified& verified) : database_(database), verified_(verified) { }

    /// `may_end_before`: the trail is an old copy, which need not reach as far as `anchor`.
    [[nodiscard]] Result<> with(const Anchor& anchor, bool may_end_before);

private:
    void found(ChainFault fault, std::int64_t at, std::int64_t other);
    Database& database_;
    Verified& verified_;
};

/// Follows the chain, compares it, and says on standard output what came out: done if it is whole, else refused.
[[nodiscard]] Exit verify_trail(const AuditQuestion& question, Trail& trail, std::optional<Journal>& journal);

}  // namespace stepup
