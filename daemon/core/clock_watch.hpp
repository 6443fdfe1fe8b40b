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

}  // namespace stepup
