#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <openssl/evp.h>

#include "common/bytes.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

// The two primitives that everything sealed is made of, and the key agreement of the recovery share.

namespace stepup {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;  // NIST SP 800-38D §5.2.1.1
constexpr std::size_t tag_size = 16;

/// `size` bytes (32 at most) of `key` for the purpose `info`: HKDF-SHA256 (RFC 5869). Errors: unavailable.
[[nodiscard]] Result<Secret> derive(const Secret& key, std::string_view info, std::string_view salt = {},
                                    std::size_t size = key_size);

/// AES-256-GCM. May be used by several threads.
class Aead {
public:
    /// Errors: unavailable (this OpenSSL has no AES-256-GCM).
    [[nodiscard]] static Result<Aead> open();

    /// Ciphertext and tag, into `out`, which has `tag_size` more bytes than `plain`. A nonce serves once under a key.
    [[nodiscard]] Result<> seal(const Secret& key, std::string_view nonce, std::string_view associated,
                                std::string_view plain, char* out) const;
    /// The plain bytes, into `out`, which has `tag_size` bytes less than `sealed`. Errors: corrupt.
    [[nodiscard]] Result<> unseal(const Secret& key, std::string_view nonce, std::string_view associated,
                                  std::string_view sealed, char* out) const;

private:
    struct FreeCipher {
        void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
    };
    explicit Aead(EVP_CIPHER* cipher) : cipher_(cipher) { }
    std::unique_ptr<EVP_CIPHER, FreeCipher> cipher_;
};

/// HMAC-SHA256.
[[nodiscard]] Bytes hmac_sha256(const Secret& key, std::string_view text);

/// X25519 (RFC 7748): the public half of a private key of 32 bytes, and what two parties agree on.
/// Errors: unavailable, malformed (a public half that agrees on nothing).
[[nodiscard]] Result<Bytes> x25519_public(const Secret& private_half);
[[nodiscard]] Result<Secret> x25519_agree(const Secret& private_half, std::string_view public_half);

void put_number(Bytes& out, std::uint64_t value);               ///< eight bytes, little-endian
void put_text(Bytes& out, std::string_view text);               ///< its length, then the text
[[nodiscard]] std::uint64_t number_in(std::string_view eight);  ///< what put_number() wrote

}  // namespace stepup
