#pragma once

#include <string>

#include "daemon/core/ports.hpp"

namespace stepup {

/// Ends windows when somebody leaves: as soon as it is told, and durably.
class Departures {
public:
    Departures(const Clock& clock, Accounts& accounts, const Records& records, Recorder& recorder)
        : clock_(clock),
          accounts_(accounts),
          records_(records),
          recorder_(recorder) { }

    /// logind's session `id` is over, or its screen was locked (`why`).
    void session_left(const std::string& id, const char* why);
    /// The host goes to sleep: whoever wakes it proves himself again.
    void host_sleeps();
    /// The host's accounts may have changed: those that are gone, or have another uid, keep no window. An account that
    /// cannot be looked up keeps its own.
    void accounts_changed();

private:
    void end(WindowsGone gone);
    void look_for(const AccountKey& account);
    [[nodiscard]] AuditEntry entry(const AccountKey& account, const char* why) const;

    const Clock& clock_;
    Accounts& accounts_;
    const Records& records_;
    Recorder& recorder_;
};

}  // namespace stepup
