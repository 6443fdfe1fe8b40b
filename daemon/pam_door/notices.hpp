#pragma once

#include <string>

#include "policy/signal.hpp"

namespace stepup {

/// What stands above the first question where something is asked because of `signals`; nothing if there are none.
[[nodiscard]] inline std::string unusual_text(SignalSet signals) {
    return signals.empty() ? std::string() : "This login is unusual: " + listed(signals, &SignalRow::words) + ".\n";
}

/// What who must enroll and has not is told in each of the `days` that are left; 1: the last.
[[nodiscard]] inline std::string time_left_text(unsigned days) {
    const auto left = days <= 1 ? std::string("This is the last day to set up a second factor")
                                : "You have " + std::to_string(days) + " days left to set up a second factor";
    return left + ".\nRun `stepup enroll totp` to do so.";
}

constexpr std::string_view time_is_over_text
    = "Your time to set up a second factor is over. Ask your administrator for an\ninvite: it lets you in and lets you "
      "set one up.";

}  // namespace stepup
