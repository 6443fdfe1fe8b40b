#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/maintenance/journal.hpp"
#include "daemon/maintenance/trail.hpp"
#include "daemon/storage/chain_check.hpp"

namespace stepup {

/// A restore that the trail tells of and the journal has from root himself: what was written before it and after its
/// backup was made is in the journal alone.
struct RestoreFound {
    std::int64_t record = 0;    ///< that tells of it; the first one that is not the old store's
    std::string backup_of;      ///< moment, as the record has it
    std::string login_uid;      ///< who did it; empty if that is not known
    std::int64_t known_to = 0;  ///< the last record of before that the journal knows; 0: none is missing
    std::int64_t place = 0;     ///< in the order of the journal
};

/// The chain's own word, and what those say who wrote parts of it down elsewhere.
struct Verified {
    ChainReport chain;                   ///< with what the comparison found, if that comes first
    std::int64_t compared = 0;           ///< records that the journal knows, too
    std::int64_t last_known = 0;         ///< the last of them
    std::vector<RestoreFound> restored;  ///< in the order of the journal
};

/// Compares records that were written down elsewhere with what stands in the trail.
class Comparison {
public:
    Comparison(Database& database, Verified& verified) : database_(database), verified_(verified) { }

    /// What an administrator kept: must stand there, come what may.
    [[nodiscard]] Result<> with_kept(const Anchor& anchor);
    /// The journal's next entry. `may_end_before`: the trail is an old copy, which need not reach as far.
    [[nodiscard]] Result<> with(const JournalEntry& entry, bool may_end_before);
    /// After the last entry: what no restore explains is a fault.
    void conclude();

private:
    struct Doubt {
        ChainFault fault = ChainFault::none;
        std::int64_t at = 0;
        std::int64_t seq = 0;
        std::int64_t place = 0;
    };
    [[nodiscard]] Result<std::optional<Doubt>> compare(const Anchor& anchor);
    [[nodiscard]] Result<> look_for_restore(const Anchor& anchor);
    void found(const Doubt& doubt);

    Database& database_;
    Verified& verified_;
    std::vector<Doubt> doubts_;
    std::int64_t place_ = 0;
};

/// Follows the chain, compares it, and says on standard output what came out: done if it is whole, else refused.
[[nodiscard]] Exit verify_trail(const AuditQuestion& question, Trail& trail, std::optional<Journal>& journal);

}  // namespace stepup
