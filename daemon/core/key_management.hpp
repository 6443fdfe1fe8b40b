#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/ports.hpp"
#include "daemon/core/step_up_gate.hpp"

namespace stepup {

struct KeyManagementParts {
    const Clock& clock;
    Accounts& accounts;
    const Records& records;
    Recorder& recorder;
};

/// What becomes of trusted keys once they are: users look at theirs and forget them, administrators anybody's. To trust
/// one takes a login (daemon/pam_door/login.cpp); to forget one takes no verification, since it only makes stricter.
class KeyManagement {
public:
    explicit KeyManagement(KeyManagementParts parts) : parts_(parts) { }

    [[nodiscard]] Managed<std::vector<TrustedKey>> list(const Caller& caller) const;
    /// Errors: no_such_key, unavailable.
    void forget(const Caller& caller, std::int64_t key, const Answer<>& done);
    /// Answers with how many there were.
    void forget_all(const Caller& caller, const Answer<unsigned>& done);

    /// Those of `user`. Whether the caller is an administrator, the door has asked. Errors: no_such_user, unavailable.
    void list_of(const std::string& user, const Answer<std::vector<TrustedKey>>& done) const;
    /// One key of `user`, or all where none is named; answers with how many there were. Errors: also no_such_key.
    void forget_of(const Caller& caller, const std::string& user, std::optional<std::int64_t> key,
                   const Answer<unsigned>& done);

private:
    [[nodiscard]] Managed<std::vector<TrustedKey>> keys_of(const AccountKey& account) const;
    [[nodiscard]] AuditEntry entry(const Caller& caller, const AccountKey& account) const;
    void forget_in(const AccountKey& account, std::optional<std::int64_t> key, AuditEntry audit,
                   const Answer<unsigned>& done);

    KeyManagementParts parts_;
};

}  // namespace stepup
