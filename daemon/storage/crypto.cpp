#include "daemon/storage/crypto.hpp"

#include <array>
#include <span>

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

namespace stepup {
namespace {

const std::uint8_t* bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }
std::uint8_t* bytes(char* text) { return reinterpret_cast<std::uint8_t*>(text); }

struct Free {
    void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

Owned<EVP_PKEY> private_key(const Secret& half) {
    return Owned<EVP_PKEY>(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes(half.reveal()), half.size()));
}

}  // namespace

Result<Secret> derive(const Secret& key, std::string_view info, std::string_view salt, std::size_t size) {
    const Owned<EVP_KDF> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const Owned<EVP_KDF_CTX> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    if (!context) return fail(Errc::unavailable, "this OpenSSL has no HKDF");
    char digest[] = "SHA256";
    const auto part = [](const char* name, std::string_view text) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(text.data()), text.size());
    };
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        part(OSSL_KDF_PARAM_KEY, key.reveal()),
        part(OSSL_KDF_PARAM_INFO, info),
        salt.empty() ? OSSL_PARAM_construct_end() : part(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_end(),
    };
    std::array<char, key_size> out{};
    if (size > out.size() || EVP_KDF_derive(context.get(), bytes(out.data()), size, parameters.data()) != 1)
        return fail(Errc::unavailable, "a key could not be derived");
    Secret derived;
    (void)derived.take(std::span(out).first(size));
    return derived;
}

Result<Aead> Aead::open() {
    EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    if (cipher == nullptr) return fail(Errc::unavailable, "this OpenSSL has no AES-256-GCM");
    return Aead(cipher);
}

Result<> Aead::seal(const Secret& key, std::string_view nonce, std::string_view associated, std::string_view plain,
                    char* out) const {
    const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool sealed = context && key.size() == key_size && nonce.size() == nonce_size
        && EVP_EncryptInit_ex2(context.get(), cipher_.get(), bytes(key.reveal()), bytes(nonce), nullptr) == 1
        && EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(associated), static_cast<int>(associated.size())) == 1
        && EVP_EncryptUpdate(context.get(), bytes(out), &size, bytes(plain), static_cast<int>(plain.size())) == 1
        && EVP_EncryptFinal_ex(context.get(), bytes(out) + size, &size) == 1
        && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out + plain.size()) == 1;
    if (!sealed) return fail(Errc::unavailable, "a secret could not be sealed");
    return {};
}

Result<> Aead::unseal(const Secret& key, std::string_view nonce, std::string_view associated, std::string_view sealed,
                      char* out) const {
    const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    if (sealed.size() < tag_size) return fail(Errc::corrupt, "a sealed secret has an impossible size");
    const auto text = sealed.substr(0, sealed.size() - tag_size);
    auto* tag = const_cast<char*>(sealed.data() + text.size());
    int size = 0;
    const bool opened = context && key.size() == key_size && nonce.size() == nonce_size
        && EVP_DecryptInit_ex2(context.get(), cipher_.get(), bytes(key.reveal()), bytes(nonce), nullptr) == 1
        && EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(associated), static_cast<int>(associated.size())) == 1
        && EVP_DecryptUpdate(context.get(), bytes(out), &size, bytes(text), static_cast<int>(text.size())) == 1
        && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag) == 1
        && EVP_DecryptFinal_ex(context.get(), bytes(out) + size, &size) == 1;
    if (!opened) return fail(Errc::corrupt, "a sealed secret does not open: another key, or it was moved or changed");
    return {};
}

Bytes hmac_sha256(const Secret& key, std::string_view text) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.size()), bytes(text), text.size(), mac.data(), &size);
    return Bytes(reinterpret_cast<const char*>(mac.data()), size);
}

Result<Bytes> x25519_public(const Secret& private_half) {
    const auto key = private_key(private_half);
    Bytes half(key_size, '\0');
    std::size_t size = half.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), bytes(half.data()), &size) != 1 || size != half.size())
        return fail(Errc::unavailable, "this OpenSSL has no X25519");
    return half;
}

Result<Secret> x25519_agree(const Secret& private_half, std::string_view public_half) {
    const auto key = private_key(private_half);
    const Owned<EVP_PKEY> peer(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes(public_half), public_half.size()));
    const Owned<EVP_PKEY_CTX> context(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
    std::array<char, key_size> out{};
    std::size_t size = out.size();
    const bool agreed = peer && context && EVP_PKEY_derive_init(context.get()) == 1
        && EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1
        && EVP_PKEY_derive(context.get(), bytes(out.data()), &size) == 1 && size == out.size();
    Secret shared;
    (void)shared.take(out);
    if (!agreed) return fail(Errc::malformed, "a public key that agrees on nothing");
    return shared;
}

void put_number(Bytes& out, std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

void put_text(Bytes& out, std::string_view text) {
    put_number(out, text.size());
    out += text;
}

std::uint64_t number_in(std::string_view eight) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8 && i < eight.size(); ++i)
        value |= std::uint64_t{static_cast<std::uint8_t>(eight[i])} << (8 * i);
    return value;
}

}  // namespace stepup
