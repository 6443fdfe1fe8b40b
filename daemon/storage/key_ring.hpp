#pragma once

#include <optional>

#include "daemon/storage/chain.hpp"
#include "daemon/storage/seal.hpp"

namespace stepup {

/// What opens the secrets of a database.
struct KeyRing {
    Seal seal;
    /// The master key that has replaced the given one in the database but not yet in its place: a rotation was cut
    /// short, and running it again finishes it.
    std::optional<Secret> successor;
};

/// The seal that belongs to `database`, found with the master key on file, or with the one before if a rotation was cut
/// short. A new database gets one of the first epoch. Errors: untrusted (another key), corrupt, unavailable.
[[nodiscard]] Result<KeyRing> open_key_ring(Database& database, const Secret& master, StrongRandom& random);
/// The same for the database at `path`, which may be missing.
[[nodiscard]] Result<KeyRing> open_key_ring(const std::string& path, const Secret& master, StrongRandom& random);

/// Seals everything anew under `next`, in one transaction with `event`, and leaves `next` itself there, sealed by the
/// old key, until finish_rotation(): whenever this ends, at least one of the two keys opens everything. What was hashed
/// with the old key's pepper keeps it. Errors: corrupt (a secret does not open; nothing was changed), unavailable.
[[nodiscard]] Result<> rotate_key(Database& database, const Seal& old, const Secret& next, StrongRandom& random,
                                  AuditChain& chain, const AuditEntry& event);
/// Takes the old key's way in away. To be called when `next` stands where the master key is read from.
[[nodiscard]] Result<> finish_rotation(Database& database);

/// Seals the master key for the recovery share whose public half is given. Inside a transaction.
[[nodiscard]] Result<> entrust_key(Database& database, const Seal& seal, const Secret& master,
                                   std::string_view public_share, StrongRandom& random);
/// The public half of the recovery share; nothing if there is none. Errors: corrupt (not put there by us).
[[nodiscard]] Result<std::optional<Bytes>> public_share_of(Database& database, const Seal& seal);

/// Names of rows of `meta`.
namespace meta {
constexpr std::string_view key_check = "key_check";     ///< see Seal::key_check
constexpr std::string_view key_epoch = "key_epoch";     ///< of the master key; missing: the first
constexpr std::string_view pepper = "pepper";           ///< that of an older master key, sealed
constexpr std::string_view handover = "key_handover";   ///< the new master key, sealed by the one before
constexpr std::string_view share = "recovery_share";    ///< public half of the recovery share, and our proof of it
constexpr std::string_view entrusted = "recovery_key";  ///< the master key, sealed for the recovery share
}  // namespace meta

constexpr std::string_view entrusted_purpose = "StepUp 1 master key for the recovery share";

}  // namespace stepup
