#include "daemon/storage/seal.hpp"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

namespace stepup {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;  // NIST SP 800-38D §5.2.1.1
constexpr std::size_t tag_size = 16;
constexpr std::uint32_t seal_version = 1;

const std::uint8_t* bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }
std::uint8_t* bytes(char* text) { return reinterpret_cast<std::uint8_t*>(text); }

struct FreeKdf {
    void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};
struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

/// `size` bytes for one purpose.
Result<Secret> derive(const Secret& master, std::string_view purpose, std::size_t size = key_size) {
    const std::unique_ptr<EVP_KDF, FreeKdf> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    if (!context) return fail(Errc::unavailable, "this OpenSSL has no HKDF");
    char digest[] = "SHA256";
    std::string info(purpose);
    std::string_view key = master.reveal();
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<char*>(key.data()), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end(),
    };
    std::array<char, key_size> out{};
    if (EVP_KDF_derive(context.get(), bytes(out.data()), size, parameters.data()) != 1)
        return fail(Errc::unavailable, "a key could not be derived");
    Secret derived;
    (void)derived.take(std::span(out).first(size));
    return derived;
}

void put_number(Bytes& out, std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

void put_text(Bytes& out, std::string_view text) {
    put_number(out, text.size());
    out += text;
}

Bytes associated_data(const SealedPlace& place) {
    Bytes out("StepUp");
    put_number(out, seal_version);
    put_text(out, place.table);
    put_number(out, static_cast<std::uint64_t>(place.row));
    put_number(out, place.account.uid);
    put_text(out, place.account.name);
    put_number(out, static_cast<std::uint64_t>(place.kind));
    put_number(out, static_cast<std::uint64_t>(place.epoch));
    return out;
}

Secret copy_of(const Secret& secret) {
    Secret copy;
    (void)copy.copy(secret.reveal());
    return copy;
}

}  // namespace

Result<Seal> Seal::open(const Secret& master, StrongRandom& random) {
    Seal seal(random);
    seal.cipher_.reset(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    if (!seal.cipher_) return fail(Errc::unavailable, "this OpenSSL has no AES-256-GCM");
    seal.record_key_ = TRY(derive(master, "StepUp 1 records"));
    seal.pepper_ = TRY(derive(master, "StepUp 1 recovery codes"));
    seal.bucket_key_ = TRY(derive(master, "StepUp 1 unknown names"));
    seal.decoy_ = TRY(derive(master, "StepUp 1 decoy seed", 20));
    seal.key_check_ = TRY(derive(master, "StepUp 1 key check")).reveal();
    return seal;
}

Result<Bytes> Seal::seal(std::string_view plain, const SealedPlace& place) const {
    Bytes out(nonce_size + plain.size() + tag_size, '\0');
    random_.fill(std::span(out).first(nonce_size));
    const Bytes place_bytes = associated_data(place);
    const Context context(EVP_CIPHER_CTX_new());
    int size = 0;
    char* const text = out.data() + nonce_size;
    const bool sealed = context
        && EVP_EncryptInit_ex2(context.get(), cipher_.get(), bytes(record_key_.reveal()), bytes(out.data()), nullptr)
            == 1
        && EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(place_bytes), static_cast<int>(place_bytes.size()))
            == 1
        && EVP_EncryptUpdate(context.get(), bytes(text), &size, bytes(plain), static_cast<int>(plain.size())) == 1
        && EVP_EncryptFinal_ex(context.get(), bytes(text) + size, &size) == 1
        && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, text + plain.size()) == 1;
    if (!sealed) return fail(Errc::unavailable, "a secret could not be sealed");
    return out;
}

Result<Secret> Seal::unseal(std::string_view sealed, const SealedPlace& place) const {
    constexpr std::size_t around = nonce_size + tag_size;
    if (place.epoch != epoch) return fail(Errc::corrupt, "a secret was sealed with a key that is not here");
    if (sealed.size() < around || sealed.size() > around + Secret::capacity)
        return fail(Errc::corrupt, "a sealed secret has an impossible size");
    const auto text = sealed.substr(nonce_size, sealed.size() - around);
    const auto tag = sealed.substr(sealed.size() - tag_size);
    const Bytes place_bytes = associated_data(place);
    const Context context(EVP_CIPHER_CTX_new());
    std::array<char, Secret::capacity> plain;
    int size = 0;
    const bool opened = context
        && EVP_DecryptInit_ex2(context.get(), cipher_.get(), bytes(record_key_.reveal()), bytes(sealed), nullptr) == 1
        && EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(place_bytes), static_cast<int>(place_bytes.size()))
            == 1
        && EVP_DecryptUpdate(context.get(), bytes(plain.data()), &size, bytes(text), static_cast<int>(text.size())) == 1
        && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, const_cast<char*>(tag.data())) == 1
        && EVP_DecryptFinal_ex(context.get(), bytes(plain.data()) + size, &size) == 1;
    Secret secret;
    (void)secret.take(std::span(plain).first(text.size()));
    if (!opened) return fail(Errc::corrupt, "a sealed secret does not open: another key, or it was moved or changed");
    return secret;
}

Secret Seal::recovery_pepper() const { return copy_of(pepper_); }

Secret Seal::decoy_seed() const { return copy_of(decoy_); }

std::string Seal::bucket_of(std::string_view name) const {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
    const auto key = bucket_key_.reveal();
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(name), name.size(), mac.data(), nullptr);
    return to_hex(std::string_view(reinterpret_cast<const char*>(mac.data()), 2));
}

}  // namespace stepup
