#pragma once

#include <cstdint>
#include <memory>

#include "daemon/core/factor.hpp"

namespace stepup {

/// A code of the counter that comes next, or of the nine after it: a token is pressed without logging in, too. Each is
/// as good for a guesser as for the owner: ten in a million, a hundred guesses at most (RFC 4226 §7.3).
constexpr std::uint64_t hotp_look_ahead = 10;

/// So far ahead, a code is refused but remembered, and the next one, which must follow it directly, is accepted
/// (RFC 4226 §7.4). Two guesses in a row are right once in 10^10.
constexpr std::uint64_t hotp_resynchronizes = 100;

/// RFC 4226, SHA-1. Material::counter is the counter that comes next.
[[nodiscard]] std::unique_ptr<Factor> make_hotp();

}  // namespace stepup
