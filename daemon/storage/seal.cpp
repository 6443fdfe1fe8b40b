#include "daemon/storage/seal.hpp"

#include <array>

namespace stepup {
namespace {

constexpr std::uint32_t seal_version = 1;

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

Result<Seal> Seal::open(const Secret& master, StrongRandom& random, std::int64_t epoch) {
    auto aead = TRY(Aead::open());
    Seal seal(random, std::move(aead), epoch);
    seal.record_key_ = TRY(derive(master, "StepUp 1 records"));
    seal.pepper_ = TRY(derive(master, "StepUp 1 recovery codes"));
    seal.bucket_key_ = TRY(derive(master, "StepUp 1 unknown names"));
    seal.decoy_ = TRY(derive(master, "StepUp 1 decoy seed", {}, 20));
    seal.proof_key_ = TRY(derive(master, "StepUp 1 our own words"));
    const Secret check = TRY(derive(master, "StepUp 1 key check"));
    seal.key_check_ = check.reveal();
    return seal;
}

Result<Bytes> Seal::seal(std::string_view plain, const SealedPlace& place) const {
    Bytes out(nonce_size + plain.size() + tag_size, '\0');
    random_->fill(std::span(out).first(nonce_size));
    const auto nonce = std::string_view(out).substr(0, nonce_size);
    TRY(aead_.seal(record_key_, nonce, associated_data(place), plain, out.data() + nonce_size));
    return out;
}

Result<Secret> Seal::unseal(std::string_view sealed, const SealedPlace& place) const {
    constexpr std::size_t around = nonce_size + tag_size;
    if (place.epoch != epoch_) return fail(Errc::corrupt, "a secret was sealed with a key that is not here");
    if (sealed.size() < around || sealed.size() > around + Secret::capacity)
        return fail(Errc::corrupt, "a sealed secret has an impossible size");
    std::array<char, Secret::capacity> plain;
    const auto opened = aead_.unseal(record_key_, sealed.substr(0, nonce_size), associated_data(place),
                                     sealed.substr(nonce_size), plain.data());
    Secret secret;
    (void)secret.take(std::span(plain).first(sealed.size() - around));
    if (!opened) return tl::make_unexpected(opened.error());
    return secret;
}

Secret Seal::recovery_pepper() const { return copy_of(pepper_); }

Secret Seal::decoy_seed() const { return copy_of(decoy_); }

std::string Seal::bucket_of(std::string_view name) const {
    return to_hex(std::string_view(hmac_sha256(bucket_key_, name)).substr(0, 2));
}

}  // namespace stepup
