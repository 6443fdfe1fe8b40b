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

/// What the journal knows of the audit trail: numbers and hashes of records, in the order in which the daemon wrote
/// them there. Only entries that journald saw coming from the daemon's user count: anybody may write to the journal.
class Journal {
public:
    /// Opens the journal of this host, or the files in `folder`, with the rights that we have now; what they allow is
    /// kept when they are given up later. Errors: unavailable.
    [[nodiscard]] static Result<Journal> open(const std::string& folder);
    /// From now on only entries count that journald saw coming from `daemon`: anybody may write to the journal.
    void only_from(uid_t daemon);

    /// Calls `visit` for every record the journal knows, oldest entry first, until it returns false.
    void each(const std::function<bool(const Anchor&)>& visit) const;

private:
    struct Close {
        void operator()(sd_journal* journal) const noexcept;
    };
    [[nodiscard]] std::optional<Anchor> current() const;
    [[nodiscard]] std::string field(const char* name) const;

    std::unique_ptr<sd_journal, Close> handle_;
};

}  // namespace stepup
