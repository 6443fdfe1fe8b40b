#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// A FIDO2 key that OpenSSH takes for one (SecurityKeyProvider, OpenSSH's PROTOCOL.u2f and sk-api.h), and that protects
// nothing: its key handle is the private key itself. It is touched at once, and verifies its user by the PIN 1234.

namespace {

using Bytes = std::vector<std::uint8_t>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

constexpr std::uint32_t api_version = 0x000a0000;
constexpr std::uint32_t ed25519 = 1;
constexpr std::uint8_t user_present = 0x01;
constexpr std::uint8_t user_verified = 0x04;
constexpr int failed = -1;
constexpr int unsupported = -2;
constexpr int pin_required = -3;
constexpr std::string_view right_pin = "1234";
constexpr std::size_t key_size = 32;

/// A copy that OpenSSH frees.
std::uint8_t* given_away(std::span<const std::uint8_t> bytes) {
    auto* copy = static_cast<std::uint8_t*>(std::malloc(std::max<std::size_t>(bytes.size(), 1)));
    if (copy != nullptr) std::copy(bytes.begin(), bytes.end(), copy);
    return copy;
}

template <class T> T* given_away() { return static_cast<T*>(std::calloc(1, sizeof(T))); }

Key key_of(const std::uint8_t* seed) {
    return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, key_size), &EVP_PKEY_free};
}

void append_hash(Bytes& to, const void* data, std::size_t size) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(static_cast<const unsigned char*>(data), size, digest.data());
    to.insert(to.end(), digest.begin(), digest.end());
}

}  // namespace

extern "C" {

struct sk_option;

struct sk_enroll_response {
    std::uint8_t flags;
    std::uint8_t* public_key;
    std::size_t public_key_len;
    std::uint8_t* key_handle;
    std::size_t key_handle_len;
    std::uint8_t* signature;
    std::size_t signature_len;
    std::uint8_t* attestation_cert;
    std::size_t attestation_cert_len;
    std::uint8_t* authdata;
    std::size_t authdata_len;
};

struct sk_sign_response {
    std::uint8_t flags;
    std::uint32_t counter;
    std::uint8_t* sig_r;
    std::size_t sig_r_len;
    std::uint8_t* sig_s;
    std::size_t sig_s_len;
};

[[gnu::visibility("default")]] std::uint32_t sk_api_version() { return api_version; }

[[gnu::visibility("default")]] int sk_enroll(std::uint32_t algorithm, const std::uint8_t*, std::size_t, const char*,
                                             std::uint8_t flags, const char*, sk_option**, sk_enroll_response** out) {
    if (algorithm != ed25519) return unsupported;
    std::array<std::uint8_t, key_size> seed{};
    std::array<std::uint8_t, key_size> point{};
    std::size_t size = point.size();
    auto* made = given_away<sk_enroll_response>();
    if (made == nullptr || RAND_bytes(seed.data(), static_cast<int>(seed.size())) != 1) return failed;
    const auto key = key_of(seed.data());
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), point.data(), &size) != 1) return failed;
    made->flags = flags;
    made->public_key = given_away(point);
    made->public_key_len = point.size();
    made->key_handle = given_away(seed);
    made->key_handle_len = seed.size();
    made->signature = given_away(point);  // an attestation, which ssh-keygen only stores
    made->signature_len = point.size();
    *out = made;
    return 0;
}

[[gnu::visibility("default")]] int sk_sign(std::uint32_t algorithm, const std::uint8_t* data, std::size_t size,
                                           const char* application, const std::uint8_t* handle, std::size_t handle_size,
                                           std::uint8_t flags, const char* pin, sk_option**, sk_sign_response** out) {
    if (algorithm != ed25519 || handle_size != key_size) return unsupported;
    const bool verifies = (flags & user_verified) != 0;
    if (verifies && (pin == nullptr || pin != right_pin)) return pin_required;
    const auto done = static_cast<std::uint8_t>((flags & user_present) | (verifies ? user_verified : 0));
    Bytes message;
    append_hash(message, application, std::strlen(application));
    message.insert(message.end(), {done, 0, 0, 0, 1});  // the counter of signatures
    append_hash(message, data, size);
    std::array<std::uint8_t, 64> signature{};
    std::size_t signed_size = signature.size();
    const auto key = key_of(handle);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    auto* made = given_away<sk_sign_response>();
    if (!key || !context || made == nullptr
        || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1
        || EVP_DigestSign(context.get(), signature.data(), &signed_size, message.data(), message.size()) != 1)
        return failed;
    made->flags = done;
    made->counter = 1;
    made->sig_r = given_away(signature);
    made->sig_r_len = signature.size();
    *out = made;
    return 0;
}

[[gnu::visibility("default")]] int sk_load_resident_keys(const char*, sk_option**, void***, std::size_t*) {
    return unsupported;
}
}
