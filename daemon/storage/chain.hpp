#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/event.hpp"
#include "daemon/storage/database.hpp"

namespace stepup {

using ChainHash = std::array<char, 32>;

/// The audit trail as it is stored: every row's SHA-256 covers the row and the hash before it, so no row can be
/// changed, dropped or slipped in without changing every later hash.
class AuditChain {
public:
    /// Gives an event the name that the trail keeps.
    using NameOf = std::string_view (*)(Event);

    AuditChain(std::string boot, NameOf name_of) : boot_(std::move(boot)), name_of_(name_of) { }

    /// Where the chain ends. Rolling back to it forgets what was appended since.
    struct Mark {
        std::int64_t seq = 0;
        ChainHash hash{};
        std::size_t appended = 0;
    };

    /// Goes to the end of what is stored.
    [[nodiscard]] Result<> load(Database& database);
    [[nodiscard]] Result<> append(Database& database, const AuditEntry& entry);
    /// The same for an entry that the journal has shown already.
    [[nodiscard]] Result<> append_shown(Database& database, const AuditEntry& entry);

    [[nodiscard]] Mark mark() const { return {head_.seq, head_.hash, appended_.size()}; }
    void return_to(const Mark& mark);
    /// What append() appended since the last call, for the journal, with `seq` and `hash` as further fields.
    [[nodiscard]] std::vector<AuditEntry> take_appended() { return std::exchange(appended_, {}); }

private:
    std::string boot_;
    NameOf name_of_;
    Mark head_;
    std::vector<AuditEntry> appended_;
};

struct ChainReport {
    std::int64_t length = 0;  ///< rows from the start that verify
    ChainHash head{};
    bool whole = true;  ///< false: the row after `length` does not
};

/// Follows the chain from its first row. A cut tail shows only where the head was written down (the journal).
[[nodiscard]] Result<ChainReport> verify_chain(Database& database);

}  // namespace stepup
