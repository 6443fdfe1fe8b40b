#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/identity.hpp"
#include "daemon/core/event.hpp"
#include "daemon/core/ssh_key.hpp"
#include "policy/networks.hpp"
#include "policy/requirement.hpp"

// Trusted keys: what hosted services call trusted devices. Over SSH the only honest identity of a device is the key
// that it logs in with. One stands for the second factor of sshd and for nothing else.

namespace stepup {

constexpr std::size_t most_trusted_keys = 20;  ///< of one account; the oldest goes

/// A key that its user trusts.
struct TrustedKey {
    std::int64_t id = 0;
    AccountKey account;
    std::string fingerprint;  ///< as SshKey
    std::string type;         ///< as SshKey
    FactorKind factor = FactorKind::totp;
    Strength strength = Strength::none;  ///< of what was proved when it was trusted
    std::string network;                 ///< from where; "" if that was not known
    Millis created{};                    ///< wall clock, as what follows
    Millis expires{};
    std::optional<Millis> last_used{};
    unsigned uses = 0;
};

/// A key about to be trusted, right after `enrollment` was proved.
struct KeyTrusting {
    TrustedKey key;
    std::int64_t enrollment = 0;
    AuditEntry audit;
};

/// A login that a trusted key makes.
struct KeyUse {
    AccountKey account;
    std::int64_t key = 0;
    Instant now;
    AuditEntry audit;
};

/// One trusted key of an account, or all of them.
struct KeysForgetting {
    AccountKey account;
    std::optional<std::int64_t> key;  ///< nothing: all
    AuditEntry audit;                 ///< gets `keys`: how many there were
};

/// Who may let a key stand for a second factor: never root, and nobody who must prove two.
[[nodiscard]] bool may_trust_keys(const AccountKey& account, const Requirement& requirement);

/// True if `key` stands for what `requirement` demands of a login from `address`: it is as policy has it today, also
/// where policy was laxer when it was trusted. Nor does it hold while the clock stands before it was.
[[nodiscard]] bool holds(const TrustedKey& key, const Requirement& requirement, const std::optional<Address>& address,
                         Instant now);

/// The first of `trusted` that is one of `presented` and holds; null if there is none.
[[nodiscard]] const TrustedKey* trusted_among(const std::vector<SshKey>& presented,
                                              const std::vector<TrustedKey>& trusted, const Requirement& requirement,
                                              const std::optional<Address>& address, Instant now);

/// What counts as the same place: an IPv4 /24, an IPv6 /64. "" for no address.
[[nodiscard]] std::string network_around(const std::optional<Address>& address);

/// The question that is asked of whoever has just proved a factor.
[[nodiscard]] std::string offer_of_trust(const SshKey& key, Seconds duration);
/// "y" or "yes": nothing else is.
[[nodiscard]] bool is_yes(std::string_view typed);

}  // namespace stepup
