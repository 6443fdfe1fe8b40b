#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "common/bytes.hpp"
#include "common/identity.hpp"
#include "common/random.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"
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
    static constexpr std::int64_t epoch = 1;  ///< of the keys that seal today

    /// `random` outlives the seal. Errors: unavailable (no AES-GCM or HKDF in this OpenSSL).
    [[nodiscard]] static Result<Seal> open(const Secret& master, StrongRandom& random);

    /// nonce, ciphertext, tag.
    [[nodiscard]] Result<Bytes> seal(std::string_view plain, const SealedPlace& place) const;
    /// Errors: corrupt (not what was sealed for this place by this key).
    [[nodiscard]] Result<Secret> unseal(std::string_view sealed, const SealedPlace& place) const;

    /// What recovery codes are peppered with before they are hashed: 32 bytes.
    [[nodiscard]] Secret recovery_pepper() const;
    /// Says which key this is without saying anything about it: 32 bytes.
    [[nodiscard]] Bytes key_check() const { return key_check_; }
    /// One of 65,536 buckets for a name that nobody has, as four hex digits.
    [[nodiscard]] std::string bucket_of(std::string_view name) const;
    /// A TOTP seed that nobody holds: 20 bytes.
    [[nodiscard]] Secret decoy_seed() const;

private:
    struct FreeCipher {
        void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
    };

    explicit Seal(StrongRandom& random) : random_(random) { }

    StrongRandom& random_;
    std::unique_ptr<EVP_CIPHER, FreeCipher> cipher_;
    Secret record_key_;
    Secret pepper_;
    Secret bucket_key_;
    Secret decoy_;
    Bytes key_check_;
};

}  // namespace stepup
