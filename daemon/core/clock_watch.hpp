#pragma once

#include <optional>
#include <utility>

#include "common/clock.hpp"

namespace stepup {

/// Notices when the wall clock was set. TOTP codes go by it; windows, delays and locks by the clock that nobody can
/// set.
class ClockWatch {
public:
    static constexpr Millis tolerance = Seconds(90);  ///< a code fits one step of 30 s either side: beyond, none does

    /// By how much the wall clock was set since the last look: 0 if it was not, or only corrected.
    [[nodiscard]] Seconds jump(Instant now) {
        const Millis offset = now.wall - now.boot;
        const Millis moved = offset - std::exchange(offset_, offset).value_or(offset);
        const bool far = moved > tolerance || moved < -tolerance;
        return far ? std::chrono::duration_cast<Seconds>(moved) : Seconds(0);
    }

private:
    std::optional<Millis> offset_;  ///< of the wall clock against the other
};

/// Knows whether the wall clock was set forward since we were started. Steps of TOTP that are spent meanwhile are still
/// to come: were they to void those before them, nobody who logged in could log in again until the true time is there.
/// Corrections and steps back are believed, and so is a clock that nobody has set right within a day.
class ClockGuard {
public:
    static constexpr Millis believed_after = std::chrono::hours(24);

    /// `right`: a moment at which the wall clock is believed.
    explicit ClockGuard(Instant right) : offset_(right.wall - right.boot) { }

    [[nodiscard]] bool runs_ahead(Instant now) {
        const Millis offset = now.wall - now.boot;
        if (offset - offset_ <= ClockWatch::tolerance) {
            offset_ = offset;
            since_.reset();
            return false;
        }
        if (!since_) since_ = now.boot;
        if (now.boot - *since_ < believed_after) return true;
        offset_ = offset;
        since_.reset();
        return false;
    }

private:
    Millis offset_;  ///< of the wall clock against the other, when it was right
    std::optional<Millis> since_;
};

}  // namespace stepup
