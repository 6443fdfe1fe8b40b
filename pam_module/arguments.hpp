#pragma once

#include <span>
#include <string_view>

#include <tl/expected.hpp>

#include "common/clock.hpp"

namespace stepup {

/// What the administrator wrote behind `pam_stepup.so`.
struct Arguments {
    std::string_view socket = "/run/stepup/pam.sock";  ///< socket=PATH, absolute
    Seconds timeout{90};                               ///< timeout=SECONDS, 5 to 300: one whole login
    bool after_key = false;                            ///< after_key: auth refuses whom sshd has no key of
    bool debug = false;                                ///< debug: steps to the log, never answers
};

/// Reads the arguments; the error is the first one that means nothing to us. A typo must not weaken a login, so the
/// caller refuses. The result points into `given`.
[[nodiscard]] tl::expected<Arguments, const char*> parse_arguments(std::span<const char* const> given);

}  // namespace stepup
