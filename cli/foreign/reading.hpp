#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/covers.hpp"
#include "common/secret.hpp"

// Files of other tools, as values. Each reader takes any bytes, and never quotes them: a file may be another than it
// was thought to be.

namespace stepup::foreign {

/// What became of a line.
enum class Outcome : std::uint8_t { taken, present, changed, refused, kept };

struct OutcomeRow {
    Outcome outcome;
    std::string_view name;  ///< in JSON
    std::string_view word;  ///< on the screen
};
constexpr std::array outcomes{
    OutcomeRow{Outcome::taken, "taken", "taken"},       OutcomeRow{Outcome::present, "present", "is here"},
    OutcomeRow{Outcome::changed, "changed", "changed"}, OutcomeRow{Outcome::refused, "refused", "refused"},
    OutcomeRow{Outcome::kept, "kept", "left there"},
};
static_assert(covers(outcomes, &OutcomeRow::outcome, Outcome::kept));
[[nodiscard]] constexpr const OutcomeRow& row_of(Outcome outcome) {
    return outcomes[static_cast<std::size_t>(outcome)];
}

/// One line of the report.
struct Note {
    unsigned line = 0;  ///< or the number of the entry; 0: the file
    std::string user;   ///< where the file names users
    Outcome outcome = Outcome::refused;
    std::string text;       ///< a sentence of ours
    bool is_factor = true;  ///< false: an option, or what replaces a factor
};

/// A generator of one-time passwords, as the other tool kept it.
struct Generator {
    unsigned line = 0;
    std::string user;  ///< where the file names users; not checked
    std::string name;  ///< where the file names entries; not checked
    bool counts_time = true;
    std::string algorithm = "SHA1";
    unsigned digits = 6;
    unsigned period = 30;       ///< seconds
    std::uint64_t counter = 0;  ///< as EnrollTotp and EnrollHotp have it: the last step used, or the next code's number
    Secret secret;              ///< base32, without padding
    std::size_t bytes = 0;      ///< of the secret
};

struct Reading {
    std::vector<Generator> generators;
    std::vector<Note> notes;
};

constexpr std::size_t least_bytes = 16;        ///< of a secret; RFC 4226 R6
constexpr std::size_t weak_bytes = 10;         ///< that an administrator may take all the same
constexpr std::size_t longest_secret = 64;     ///< bytes
constexpr std::uint64_t farthest_step = 1510;  ///< ahead of now that a tool may have called used: 12.5 h

/// ~/.google_authenticator of google-authenticator-libpam. `now`: seconds since 1970.
[[nodiscard]] Reading read_google_authenticator(std::string_view text, std::int64_t now);
/// users.oath of pam_oath.
[[nodiscard]] Reading read_users_oath(std::string_view text, std::int64_t now);
/// otpauth:// links, one a line ("Key Uri Format").
[[nodiscard]] Reading read_otpauth(std::string_view text);
/// A vault that Aegis exported without encryption.
[[nodiscard]] Reading read_aegis(std::string_view text);
/// u2f_keys or u2f_mappings of pam_u2f.
[[nodiscard]] Reading read_u2f(std::string_view text);
/// authorized_yubikeys of pam_yubico.
[[nodiscard]] Reading read_yubico(std::string_view text);

}  // namespace stepup::foreign
