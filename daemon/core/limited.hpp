#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "common/management_error.hpp"
#include "daemon/core/judgement.hpp"

namespace stepup {

/// What an answer that was not judged is to its caller: rate_limited or locked, with the seconds to wait where they are
/// known.
[[nodiscard]] inline tl::unexpected<Refusal> refuse_as_limited(const Judged& judged, Instant now) {
    const bool is_locked = judged.outcome == Outcome::locked;
    const auto error = is_locked ? ManagementError::locked : ManagementError::rate_limited;
    if (judged.later <= now.boot) return refuse(error);
    const auto seconds = static_cast<std::uint32_t>(std::chrono::ceil<Seconds>(judged.later - now.boot).count());
    const auto wait = seconds < 120 ? std::to_string(seconds) + " s" : std::to_string((seconds + 59) / 60) + " min";
    return refuse(error,
                  is_locked ? "This account is locked after too many wrong codes. Wait " + wait
                          + ", or ask an administrator to unlock it."
                            : "Too many wrong codes. Wait " + wait + ", then try again.",
                  seconds);
}

}  // namespace stepup
