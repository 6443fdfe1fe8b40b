#pragma once

#include <string>

#include "daemon/core/ports.hpp"
#include "daemon/core/step_up_gate.hpp"

namespace stepup {

/// What an administrator does to the accounts of others. Whether the caller is one, the door has asked already; here it
/// is written down who he is.
class Administration {
public:
    Administration(const Clock& clock, Accounts& accounts, Recorder& recorder)
        : clock_(clock),
          accounts_(accounts),
          recorder_(recorder) { }

    /// Forgets every failure of `user`, and so the lock, also that of the ceiling; answers with how many there were.
    /// Errors: no_such_user, unavailable.
    void unlock(const Caller& caller, const std::string& user, const Answer<unsigned>& done);
    /// The same for an address from which too many failures came. Errors: invalid_argument, unavailable.
    void unlock_source(const Caller& caller, const std::string& address, const Answer<unsigned>& done);

private:
    [[nodiscard]] AuditEntry entry(const Caller& caller, const AccountKey& account) const;
    void forget(std::string whose, AuditEntry audit, const Answer<unsigned>& done);

    const Clock& clock_;
    Accounts& accounts_;
    Recorder& recorder_;
};

}  // namespace stepup
