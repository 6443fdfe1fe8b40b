#include "daemon/factors/totp.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/bytes.hpp"

namespace stepup {
namespace {

constexpr std::int64_t skew = 1;  // steps either side; RFC 6238 §5.2 asks for at most one

struct FreeMacContext {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMacContext>;

/// Fetching an algorithm costs more than computing one code: once for the life of the process.
EVP_MAC* hmac_algorithm() {
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): OpenSSL counts references in it
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    return algorithm;
}

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

/// HMAC of the eight-byte counter (RFC 4226 §5.2); gives the digest's length, 0 if the library refused.
std::size_t hmac_of_counter(std::string_view seed, std::uint64_t counter, OathHash hash, Digest& out) {
    std::array<unsigned char, 8> message{};
    for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<unsigned char>(counter >> (8 * (7 - i)));
    const MacContext context(EVP_MAC_CTX_new(hmac_algorithm()));
    std::string digest_name(name_of(hash));
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
                                OSSL_PARAM_construct_end()};
    std::size_t size = 0;
    const auto* key = reinterpret_cast<const unsigned char*>(seed.data());
    const bool done = context && EVP_MAC_init(context.get(), key, seed.size(), parameters.data()) == 1
        && EVP_MAC_update(context.get(), message.data(), message.size()) == 1
        && EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1;
    return done ? size : 0;
}

/// Dynamic truncation (RFC 4226 §5.3).
std::uint32_t truncate(const Digest& digest, std::size_t size) {
    const std::size_t offset = digest[size - 1] & 15U;
    return (digest[offset] & 0x7FU) << 24U | static_cast<std::uint32_t>(digest[offset + 1]) << 16U
        | static_cast<std::uint32_t>(digest[offset + 2]) << 8U | digest[offset + 3];
}

bool is_code(std::string_view text, unsigned digits) {
    return text.size() == digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Secret without_blanks(const Secret& typed) {
    std::array<char, Secret::capacity> kept{};
    std::size_t size = 0;
    for (const char c : typed.reveal())
        if (c != ' ') kept.at(size++) = c;
    Secret normal;
    (void)normal.take({kept.data(), size});  // no longer than what was typed
    return normal;
}

class Totp final : public Factor {
public:
    bool could_answer(const Enrollment& enrollment, std::string_view answer) const override {
        const auto blanks = std::count(answer.begin(), answer.end(), ' ');
        const bool foreign = answer.find_first_not_of("0123456789 ") != std::string_view::npos;
        return !foreign && answer.size() - static_cast<std::size_t>(blanks) == enrollment.oath.digits;
    }

    Secret normal(const Secret& typed) const override { return without_blanks(typed); }

    Result<Check> verify(const Enrollment& enrollment, const Material& material, const Secret& answer,
                         Instant now) const override {
        if (!is_code(answer.reveal(), enrollment.oath.digits)) return Rejected{};
        const auto current = now.wall.count() / 1000 / enrollment.oath.period;
        std::optional<std::uint64_t> matched;
        for (auto step = current - skew; step <= current + skew; ++step) {
            if (step < 0) continue;
            const auto counter = static_cast<std::uint64_t>(step);
            const auto expected = TRY(hotp(material.secret.reveal(), counter, enrollment.oath));
            // The latest match counts: were two steps to show the same code, spending the later one voids both.
            if (equal_constant_time(expected, answer.reveal())) matched = counter;
        }
        if (!matched) return Rejected{};
        if (*matched <= enrollment.counter) return Rejected{Rejected::Why::replayed};  // RFC 6238 §5.2: once only
        return Accepted{SpendCounter{enrollment.id, *matched}};
    }

    std::string_view example(const Enrollment& enrollment) const override {
        constexpr std::array<std::string_view, 3> examples{"6 digits", "7 digits", "8 digits"};
        return examples.at(enrollment.oath.digits - 6);
    }
};

/// Percent-encoding of everything but unreserved characters (RFC 3986 §2.3).
std::string uri_escape(std::string_view text) {
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (unreserved.find(c) != std::string_view::npos)
            out += c;
        else
            out += {'%', hex[byte >> 4U], hex[byte & 15U]};
    }
    return out;
}

}  // namespace

std::string_view name_of(OathHash hash) {
    constexpr std::array<std::string_view, 3> names{"SHA1", "SHA256", "SHA512"};
    return names.at(static_cast<std::size_t>(hash));
}

Result<std::string> hotp(std::string_view seed, std::uint64_t counter, const OathParameters& oath) {
    Digest digest{};
    const auto size = hmac_of_counter(seed, counter, oath.hash, digest);
    if (size < 20) return fail(Errc::internal, "the crypto library made no HMAC");
    std::uint32_t modulus = 1;
    for (unsigned i = 0; i < oath.digits; ++i) modulus *= 10;
    std::string code = std::to_string(truncate(digest, size) % modulus);
    return std::string(oath.digits - code.size(), '0') + code;
}

std::unique_ptr<Factor> make_totp() { return std::make_unique<Totp>(); }

Secret make_seed(OathHash hash, StrongRandom& random) {
    constexpr std::array<std::size_t, 3> sizes{20, 32, 64};
    std::array<char, 64> raw{};
    const std::span<char> seed(raw.data(), sizes.at(static_cast<std::size_t>(hash)));
    random.fill(seed);
    Secret secret;
    (void)secret.take(seed);  // 64 bytes at most always fit
    return secret;
}

std::string otpauth_uri(std::string_view issuer, std::string_view account, const Secret& seed,
                        const OathParameters& oath) {
    return "otpauth://totp/" + uri_escape(issuer) + ':' + uri_escape(account) + "?secret=" + to_base32(seed.reveal())
        + "&issuer=" + uri_escape(issuer) + "&algorithm=" + std::string(name_of(oath.hash))
        + "&digits=" + std::to_string(oath.digits) + "&period=" + std::to_string(oath.period);
}

}  // namespace stepup
