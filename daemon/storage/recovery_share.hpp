#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/random.hpp"
#include "daemon/storage/crypto.hpp"

// The recovery share: the private half of a key pair, kept on paper. Whatever is sealed for its public half (the master
// key, a backup) opens with it and with nothing else.

namespace stepup {

/// 32 random bytes.
[[nodiscard]] Secret make_share(StrongRandom& random);

/// The share as it is written down: fourteen groups of four base32 letters; the last 24 bits are a checksum.
[[nodiscard]] std::string share_in_words(const Secret& share);
/// The share that was typed: case, blanks and dashes do not matter; 0, 1 and 8 are read as O, I and B. Nothing if a
/// letter is missing or wrong.
[[nodiscard]] std::optional<Secret> share_of(std::string_view typed);

/// Bytes at the beginning of what is sealed for a share: the public half of a pair made for it alone.
constexpr std::size_t envelope_size = key_size;

/// A key that only the holder of the private half of `share` can find again from `envelope`; `purpose` tells uses
/// apart.
struct Envelope {
    Bytes bytes;
    Secret key;
};
[[nodiscard]] Result<Envelope> make_envelope(std::string_view public_share, std::string_view purpose,
                                             StrongRandom& random);
[[nodiscard]] Result<Secret> open_envelope(const Secret& share, std::string_view envelope, std::string_view purpose);

/// A short secret sealed for a share. Errors of the second: corrupt (another share, or it was changed).
[[nodiscard]] Result<Bytes> seal_for_share(const Secret& secret, std::string_view public_share,
                                           std::string_view purpose, StrongRandom& random);
[[nodiscard]] Result<Secret> unseal_with_share(std::string_view sealed, const Secret& share, std::string_view purpose);

}  // namespace stepup
