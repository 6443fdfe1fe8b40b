#pragma once

#include <chrono>
#include <cstdint>

#include <time.h>

namespace stepup {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;

/// One moment on both clocks. `wall` (CLOCK_REALTIME) is for TOTP steps and for people; `boot` (CLOCK_BOOTTIME, which
/// counts suspend and which nobody can set) is for windows, delays and locks.
struct Instant {
    Millis wall{};  ///< since 1970-01-01 UTC
    Millis boot{};  ///< since this host booted
};

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
};

/// The kernel's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return {read(CLOCK_REALTIME), read(CLOCK_BOOTTIME)}; }

private:
    static Millis read(clockid_t id) {
        timespec at{};
        ::clock_gettime(id, &at);
        return Millis(static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000);
    }
};

}  // namespace stepup
