#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "daemon/core/ports.hpp"
#include "daemon/core/ssh_key.hpp"
#include "policy/facts.hpp"

namespace stepup {

/// From where login sessions were opened, for what happens in them later: sudo does not say it. Kept in memory only: of
/// a session that was open before stepupd started, nothing is known.
class Origins {
public:
    static constexpr std::size_t most = 4096;  ///< sessions; the one opened first is forgotten

    explicit Origins(const ProcReader& proc) : proc_(proc) { }

    /// `opener`: the process that opens a login session, standing in it already if the kernel or logind has one.
    /// `account`: whose; `keys`: those that sshd accepted from him.
    void opened(const Session& opener, const Whence& whence, const AccountKey& account = {},
                const std::vector<SshKey>& keys = {});
    void closed(const Session& opener);
    /// From where the session was opened that a process at `place` stands in.
    [[nodiscard]] Whence of(const Session& place) const;
    /// Fingerprint of the security key with which `account` itself opened that session; "" if there was none. Who came
    /// into somebody else's session, by su, has opened nothing.
    [[nodiscard]] std::string security_key_of(const Session& place, const AccountKey& account) const;

private:
    struct Entry {
        Whence whence;
        AccountKey account;
        std::string security_key;
        std::uint64_t number = 0;  ///< one more for each
    };

    [[nodiscard]] const Entry* find(const Session& place) const;

    const ProcReader& proc_;
    std::map<std::string, Entry> sessions_;  ///< by Session::key(), else by lineage_key()
    std::uint64_t count_ = 0;
};

/// Adds `at` by the host's time zone and calendar (localtime(3)); nothing if it cannot be told.
void tell_time(Facts& facts, Millis at);

/// What is known when `account`, in a process at `place`, asks for himself what `service` would demand. Of
/// signals, nothing.
[[nodiscard]] Facts own_facts(const Account& account, const std::optional<Session>& place, std::string_view service,
                              const Origins& origins, Instant now);

}  // namespace stepup
