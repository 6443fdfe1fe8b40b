#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stepup {

/// What calendar and clock on the host's wall show.
struct LocalTime {
    unsigned weekday = 0;  ///< 0: Monday … 6: Sunday
    unsigned minute = 0;   ///< of the day, 0 to 1439
    [[nodiscard]] bool operator==(const LocalTime&) const = default;
};

/// A part of every week.
struct TimeSpan {
    static constexpr unsigned day_long = 24 * 60;
    static constexpr std::uint8_t every_day = 0x7F;

    std::uint8_t days = every_day;  ///< on which it begins; bit 0: Monday
    unsigned begin = 0;             ///< minute of the day, 0 to 1439
    unsigned end = day_long;        ///< the first minute that is not in it; beyond 1440: on the day after

    /// "mon-fri 08:00-18:00", "sat,sun", "22:00-06:00". Nothing if it is not written so.
    [[nodiscard]] static std::optional<TimeSpan> parse(std::string_view text);
    [[nodiscard]] bool contains(LocalTime time) const;
    /// True if whatever is in `other` is in this. It may miss that for spans over midnight.
    [[nodiscard]] bool contains(const TimeSpan& other) const;
    [[nodiscard]] bool operator==(const TimeSpan&) const = default;
};

}  // namespace stepup
