#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/identity.hpp"
#include "common/random.hpp"
#include "daemon/storage/crypto.hpp"
#include "policy/factor_kind.hpp"

namespace stepup {

/// What a secret is sealed for. It opens nowhere else: a row copied to another user, table or row is corrupt.
struct SealedPlace {
    std::string_view table;
    std::int64_t row = 0;
    const AccountKey& account;
    FactorKind kind;
    std::int64_t epoch;  ///< of the key
};

/// Secrets at rest: AES-256-GCM with a fresh 96-bit nonce. Every use has a key of its own, made from the master key by
/// HKDF-SHA256 (RFC 5869). May be used by several threads.
class Seal {
public:
    static constexpr std::int64_t first_epoch = 1;  ///< of a master key that replaced no other

    /// `random` outlives the seal. Errors: unavailable (no AES-GCM or HKDF in this OpenSSL).
    [[nodiscard]] static Result<Seal> open(const Secret& master, StrongRandom& random,
                                           std::int64_t epoch = first_epoch);

    /// nonce, ciphertext, tag.
    [[nodiscard]] Result<Bytes> seal(std::string_view plain, const SealedPlace& place) const;
    /// Errors: corrupt (not what was sealed for this place by this key).
    [[nodiscard]] Result<Secret> unseal(std::string_view sealed, const SealedPlace& place) const;

    /// Of the master key: one more with every rotation.
    [[nodiscard]] std::int64_t epoch() const { return epoch_; }
    /// What recovery codes are peppered with before they are hashed: 32 bytes.
    [[nodiscard]] Secret recovery_pepper() const;
    /// Keeps an older master key's pepper: what was hashed with it cannot be hashed again.
    void keep_pepper(Secret pepper) { pepper_ = std::move(pepper); }
    /// Says which key this is without saying anything about it: 32 bytes.
    [[nodiscard]] Bytes key_check() const { return key_check_; }
    /// Shows that a text stored in the clear is ours: 32 bytes that nobody without the master key can make.
    [[nodiscard]] Bytes proof_of(std::string_view text) const { return hmac_sha256(proof_key_, text); }
    /// One of 65,536 buckets for a name that nobody has, as four hex digits.
    [[nodiscard]] std::string bucket_of(std::string_view name) const;
    /// A TOTP seed that nobody holds: 20 bytes.
    [[nodiscard]] Secret decoy_seed() const;

private:
    Seal(StrongRandom& random, Aead aead, std::int64_t epoch)
        : random_(&random),
          aead_(std::move(aead)),
          epoch_(epoch) { }

    StrongRandom* random_;
    Aead aead_;
    std::int64_t epoch_;
    Secret record_key_;
    Secret pepper_;
    Secret bucket_key_;
    Secret decoy_;
    Secret proof_key_;
    Bytes key_check_;
};

}  // namespace stepup
