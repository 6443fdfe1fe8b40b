#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/event.hpp"
#include "daemon/storage/audit_rows.hpp"
#include "daemon/storage/database.hpp"

namespace stepup {

/// The fields of `entry` as they are stored: a JSON object of texts.
[[nodiscard]] std::string fields_text(const AuditEntry& entry);

/// The audit trail as it is stored: every row's SHA-256 covers the row and the hash before it, so no row can be
/// changed, dropped or slipped in without changing every later hash.
class AuditChain {
public:
    /// Gives an event the name that the trail keeps.
    using NameOf = std::string_view (*)(Event);

    /// `queued_as`: what the queue of events calls one, "" for those that are not queued; null: none is.
    AuditChain(std::string boot, NameOf name_of, NameOf queued_as = nullptr)
        : boot_(std::move(boot)),
          name_of_(name_of),
          queued_as_(queued_as) { }

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
    /// Where the chain ends, as an entry for the journal: `seq` and `hash`.
    [[nodiscard]] AuditEntry anchor(Instant now) const;
    /// What append() appended since the last call, for the journal, with `seq` and `hash` as further fields.
    [[nodiscard]] std::vector<AuditEntry> take_appended() { return std::exchange(appended_, {}); }

private:
    void put_place(AuditEntry& entry) const;

    std::string boot_;
    NameOf name_of_;
    NameOf queued_as_;
    Mark head_;
    std::vector<AuditEntry> appended_;
};

}  // namespace stepup
