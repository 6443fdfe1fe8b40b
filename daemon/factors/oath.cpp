#include "daemon/factors/oath.hpp"

#include <algorithm>
#include <array>
#include <mutex>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "common/bytes.hpp"

namespace stepup {
namespace {

using enum ManagementError;

constexpr std::size_t least_seed = 16;  // bytes; RFC 4226 R6
constexpr std::size_t weak_seed = 10;   // bytes; what apps made before they heeded it
constexpr std::size_t most_seed = 64;   // longer keys are hashed by HMAC first: nothing is gained

struct HashRow {
    OathHash hash;
    std::string_view name;
    std::size_t seed;  ///< bytes of a fresh one: as long as the hash (RFC 4226 R6, RFC 6238 §5.1)
};
constexpr std::array hashes{
    HashRow{OathHash::sha1, "SHA1", 20},
    HashRow{OathHash::sha256, "SHA256", 32},
    HashRow{OathHash::sha512, "SHA512", 64},
};
static_assert(covers(hashes, &HashRow::hash, OathHash::sha512));

const HashRow& row_of(OathHash hash) { return hashes.at(static_cast<std::size_t>(hash)); }

/// HMAC with this hash, without a key. Null: the library cannot now.
EVP_MAC_CTX* make_hmac(const HashRow& row) {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    std::string digest(row.name);
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                OSSL_PARAM_construct_end()};
    if (context != nullptr && EVP_MAC_CTX_set_params(context, parameters.data()) == 1) return context;
    EVP_MAC_CTX_free(context);
    return nullptr;
}

/// Finding HMAC and a hash costs more than computing some codes: once for the life of the process, then copied. Not so
/// a failure: short of memory once must not mean no codes for ever.
const EVP_MAC_CTX* hmac(OathHash hash) {
    static std::mutex making;
    static std::array<EVP_MAC_CTX*, hashes.size()> prepared{};
    const std::lock_guard lock(making);
    auto*& mine = prepared.at(static_cast<std::size_t>(hash));
    if (mine == nullptr) mine = make_hmac(row_of(hash));
    return mine;
}

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

/// Dynamic truncation (RFC 4226 §5.3).
std::uint32_t truncate(const Digest& digest, std::size_t size) {
    const std::size_t offset = digest[size - 1] & 15U;
    return (digest[offset] & 0x7FU) << 24U | static_cast<std::uint32_t>(digest[offset + 1]) << 16U
        | static_cast<std::uint32_t>(digest[offset + 2]) << 8U | digest[offset + 3];
}

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

Secret fresh_seed(OathHash hash, StrongRandom& random) {
    std::array<char, most_seed> raw{};
    const std::span<char> seed(raw.data(), row_of(hash).seed);
    random.fill(seed);
    Secret secret;
    (void)secret.take(seed);  // 64 bytes at most always fit
    return secret;
}

Managed<Secret> seed_in(const Secret& base32, bool weak) {
    auto raw = from_base32(base32.reveal());
    if (!raw) return refuse(invalid_argument, "A secret is base32 without padding: letters A to Z and digits 2 to 7.");
    Secret seed;
    (void)seed.take(*raw);  // shorter than its letters, which a Secret held
    if (seed.size() < (weak ? weak_seed : least_seed) || seed.size() > most_seed)
        return refuse(invalid_argument, "A secret has 16 to 64 bytes: 26 to 103 letters of base32.");
    return seed;
}

}  // namespace

Result<OathCodes> OathCodes::open(std::string_view seed, const OathParameters& oath) {
    OathCodes codes(oath.digits);
    const auto* prepared = hmac(oath.hash);
    codes.context_.reset(prepared != nullptr ? EVP_MAC_CTX_dup(prepared) : nullptr);
    const auto* key = reinterpret_cast<const unsigned char*>(seed.data());
    if (!codes.context_ || EVP_MAC_init(codes.context_.get(), key, seed.size(), nullptr) != 1)
        return fail(Errc::internal, "the crypto library takes no HMAC key");
    return codes;
}

Result<std::string> OathCodes::at(std::uint64_t counter) {
    std::array<unsigned char, 8> message{};  // RFC 4226 §5.2
    for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<unsigned char>(counter >> (8 * (7 - i)));
    Digest digest{};
    std::size_t size = 0;
    const bool done = (!used_ || EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1)  // the same key again
        && EVP_MAC_update(context_.get(), message.data(), message.size()) == 1
        && EVP_MAC_final(context_.get(), digest.data(), &size, digest.size()) == 1;
    used_ = true;
    if (!done || size < 20) return fail(Errc::internal, "the crypto library made no HMAC");
    std::uint32_t modulus = 1;
    for (unsigned i = 0; i < digits_; ++i) modulus *= 10;
    const std::string code = std::to_string(truncate(digest, size) % modulus);
    return std::string(digits_ - code.size(), '0') + code;
}

bool is_oath_code(std::string_view text, unsigned digits) {
    return text.size() == digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool could_be_oath_code(std::string_view typed, unsigned digits) {
    const auto blanks = static_cast<std::size_t>(std::count(typed.begin(), typed.end(), ' '));
    const bool foreign = typed.find_first_not_of("0123456789 ") != std::string_view::npos;
    return !foreign && typed.size() - blanks == digits;
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

std::string_view oath_example(const OathParameters& oath) {
    constexpr std::array<std::string_view, 3> examples{"6 digits", "7 digits", "8 digits"};
    return examples.at(oath.digits - 6);
}

std::string_view name_of(OathHash hash) { return row_of(hash).name; }

Managed<OathHash> oath_hash(const EnrollmentWish& wish) {
    for (const auto& row : hashes)
        if (row.name == wish.algorithm) return row.hash;
    return refuse(invalid_argument, "The algorithm must be SHA1, SHA256 or SHA512.");
}

Managed<Draft> oath_draft(const EnrollmentWish& wish, OathParameters oath, StrongRandom& random) {
    if (wish.digits < 6 || wish.digits > 8) return refuse(invalid_argument, "A code has 6, 7 or 8 digits.");
    Draft draft;
    draft.oath = oath;
    draft.oath.digits = wish.digits;
    if (wish.secret.empty())
        draft.seed = fresh_seed(oath.hash, random);
    else
        draft.seed = TRY(seed_in(wish.secret, wish.weak));
    return draft;
}

std::string otpauth_uri(std::string_view type, const Holder& holder, const Draft& draft, const std::string& last) {
    return "otpauth://" + std::string(type) + '/' + uri_escape(holder.issuer) + ':' + uri_escape(holder.account)
        + "?secret=" + to_base32(draft.seed.reveal()) + "&issuer=" + uri_escape(holder.issuer) + "&algorithm="
        + std::string(name_of(draft.oath.hash)) + "&digits=" + std::to_string(draft.oath.digits) + '&' + last;
}

}  // namespace stepup
