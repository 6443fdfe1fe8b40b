#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "common/random.hpp"
#include "common/secret.hpp"
#include "daemon/core/factor.hpp"

// What one-time-password generators have in common: RFC 4226 and, counting time, RFC 6238.

namespace stepup {

/// The codes of one seed, by counter. Keyed once, then one HMAC a code.
class OathCodes {
public:
    /// `seed`: the raw key. Errors: internal (the crypto library refused).
    [[nodiscard]] static Result<OathCodes> open(std::string_view seed, const OathParameters& oath);

    /// HOTP value of `counter` (RFC 4226 §5.3), zero-padded. Errors: internal.
    [[nodiscard]] Result<std::string> at(std::uint64_t counter);

private:
    struct FreeContext {
        void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    };

    explicit OathCodes(unsigned digits) : digits_(digits) { }

    std::unique_ptr<EVP_MAC_CTX, FreeContext> context_;
    unsigned digits_;
    bool used_ = false;
};

/// True if `text` is `digits` digits and nothing else.
[[nodiscard]] bool is_oath_code(std::string_view text, unsigned digits);
/// The same, as it may be typed: "123 456".
[[nodiscard]] bool could_be_oath_code(std::string_view typed, unsigned digits);
[[nodiscard]] Secret without_blanks(const Secret& typed);
/// "6 digits"
[[nodiscard]] std::string_view oath_example(const OathParameters& oath);

[[nodiscard]] std::string_view name_of(OathHash hash);  ///< "SHA1", "SHA256", "SHA512"

/// A seed as `wish` wants it: the one it brings (base32; RFC 4226 R6 asks for 16 bytes), or a fresh one as long as the
/// hash. Parameters are checked. Errors: invalid_argument.
[[nodiscard]] Managed<Draft> oath_draft(const EnrollmentWish& wish, OathParameters oath, StrongRandom& random);
/// The hash that a wish names. Errors: invalid_argument.
[[nodiscard]] Managed<OathHash> oath_hash(const EnrollmentWish& wish);

/// The URI an authenticator app reads from a QR code ("Key Uri Format"): otpauth://`type`/…&`last`.
[[nodiscard]] std::string otpauth_uri(std::string_view type, const Holder& holder, const Draft& draft,
                                      const std::string& last);

}  // namespace stepup
