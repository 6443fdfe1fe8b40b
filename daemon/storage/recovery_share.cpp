#include "daemon/storage/recovery_share.hpp"

#include <array>

namespace stepup {
namespace {

constexpr std::size_t checksum_size = 3;
constexpr std::size_t letters = (key_size + checksum_size) * 8 / 5;
static_assert(letters * 5 == (key_size + checksum_size) * 8 && letters == 56);

/// Finds a misheard letter; says nothing about the share to who has only it (24 of 256 bits of a one-way function).
Bytes checksum_of(const Secret& share) {
    return hmac_sha256(share, "StepUp 1 recovery share, as typed").substr(0, checksum_size);
}

char as_meant(char letter) {
    switch (letter) {
    case '0': return 'O';
    case '1': return 'I';
    case '8': return 'B';
    default: return letter;
    }
}

constexpr std::string_view first_nonce("\0\0\0\0\0\0\0\0\0\0\0\0", nonce_size);  // every envelope has a key of its own

}  // namespace

Secret make_share(StrongRandom& random) {
    std::array<char, key_size> bytes{};
    random.fill(bytes);
    Secret share;
    (void)share.take(bytes);
    return share;
}

std::string share_in_words(const Secret& share) {
    const auto text = to_base32(Bytes(share.reveal()) + checksum_of(share));
    std::string words;
    for (std::size_t at = 0; at < text.size(); at += 4) words += (at == 0 ? "" : " ") + text.substr(at, 4);
    return words;
}

std::optional<Secret> share_of(std::string_view typed) {
    std::string text;
    for (const char letter : typed)
        if (letter != ' ' && letter != '-' && letter != '\t' && letter != '\n' && letter != '\r')
            text += as_meant(letter);
    auto bytes = from_base32(text);
    if (!bytes || bytes->size() != key_size + checksum_size) return std::nullopt;
    Secret share;
    (void)share.take(std::span(*bytes).first(key_size));
    if (!equal_constant_time(checksum_of(share), std::string_view(*bytes).substr(key_size))) return std::nullopt;
    return share;
}

Result<Envelope> make_envelope(std::string_view public_share, std::string_view purpose, StrongRandom& random) {
    const Secret once = make_share(random);
    Envelope envelope;
    envelope.bytes = TRY(x25519_public(once));
    const Secret shared = TRY(x25519_agree(once, public_share));
    envelope.key = TRY(derive(shared, purpose, envelope.bytes + Bytes(public_share)));
    return envelope;
}

Result<Secret> open_envelope(const Secret& share, std::string_view envelope, std::string_view purpose) {
    const auto public_share = TRY(x25519_public(share));
    const Secret shared = TRY(x25519_agree(share, envelope));
    return derive(shared, purpose, Bytes(envelope) + public_share);
}

Result<Bytes> seal_for_share(const Secret& secret, std::string_view public_share, std::string_view purpose,
                             StrongRandom& random) {
    const auto envelope = TRY(make_envelope(public_share, purpose, random));
    const auto aead = TRY(Aead::open());
    Bytes out = envelope.bytes + Bytes(secret.size() + tag_size, '\0');
    TRY(aead.seal(envelope.key, first_nonce, purpose, secret.reveal(), out.data() + envelope_size));
    return out;
}

Result<Secret> unseal_with_share(std::string_view sealed, const Secret& share, std::string_view purpose) {
    if (sealed.size() < envelope_size + tag_size || sealed.size() > envelope_size + tag_size + Secret::capacity)
        return fail(Errc::corrupt, "what was sealed for the recovery share has an impossible size");
    const auto key = TRY(open_envelope(share, sealed.substr(0, envelope_size), purpose));
    const auto aead = TRY(Aead::open());
    std::array<char, Secret::capacity> plain;
    const auto opened = aead.unseal(key, first_nonce, purpose, sealed.substr(envelope_size), plain.data());
    Secret secret;
    (void)secret.take(std::span(plain).first(sealed.size() - envelope_size - tag_size));
    if (!opened) return fail(Errc::corrupt, "this recovery share does not open it");
    return secret;
}

}  // namespace stepup
