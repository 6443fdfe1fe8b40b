#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "daemon/maintenance/audit_question.hpp"

struct sd_journal;

namespace stepup {

/// A record as the journal has it.
struct JournalEntry {
    Anchor anchor;
    std::string event;  ///< id
    bool of_daemon = false;
    bool of_root = false;
};

/// What the journal knows of the audit trail: numbers and hashes of records, in the order in which they came there.
/// Only entries that journald saw coming from the daemon's user, or from root, count: anybody may write to the journal.
class Journal {
public:
    /// Opens the journal of this host, or the files in `folder`, with the rights that we have now; what they allow is
    /// kept when they are given up later. Errors: unavailable.
    [[nodiscard]] static Result<Journal> open(const std::string& folder);
    /// From now on only entries count that journald saw coming from `daemon` or from root.
    void only_from(uid_t daemon);

    /// Calls `visit` for every record the journal knows, oldest entry first, until it returns false.
    void each(const std::function<bool(const JournalEntry&)>& visit) const;

private:
    struct Close {
        void operator()(sd_journal* journal) const noexcept;
    };
    [[nodiscard]] std::optional<JournalEntry> current() const;
    [[nodiscard]] std::string field(const char* name) const;

    std::unique_ptr<sd_journal, Close> handle_;
    uid_t daemon_ = 0;
};

}  // namespace stepup
