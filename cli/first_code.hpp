#pragma once

#include "cli/desk.hpp"

namespace stepup::cli {

/// What is said of one type of factor.
struct Words {
    const char* question;  ///< for the first code
    const char* check;     ///< after three wrong ones
};
constexpr Words totp_words{"Code that the app shows: ", "Check that the device's clock is right, then start again."};
constexpr Words hotp_words{"Next code of the token: ", "Check the secret and the --counter, then start again."};

/// Asks for the first code of the enrollment `id` until it is right, three times; then it is given up.
Exit ask_first_code(Desk& desk, std::int64_t id, const Words& words);

/// Confirms the enrollment `id` by `code`.
Exit confirm_by(Desk& desk, std::int64_t id, std::string_view code);

/// Forgets the enrollment `id`, which nobody will confirm any more; if this fails it runs out by itself.
void give_up(Desk& desk, std::int64_t id);

/// How to confirm `id` later, in a sentence.
[[nodiscard]] std::string not_confirmed_yet(std::int64_t id);

}  // namespace stepup::cli
