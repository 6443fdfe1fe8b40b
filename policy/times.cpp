#include "policy/times.hpp"

#include <algorithm>
#include <array>

namespace stepup {

namespace {

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<unsigned> day_named(std::string_view text) {
    const auto* const found = std::find(day_names.begin(), day_names.end(), text);
    if (found == day_names.end()) return std::nullopt;
    return static_cast<unsigned>(found - day_names.begin());
}

/// "mon", "mon-fri", "fri-mon"
std::optional<std::uint8_t> parse_days_in_a_row(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = day_named(text.substr(0, dash));
    const auto last = dash == text.npos ? first : day_named(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    unsigned days = 1U << *last;
    for (unsigned day = *first; day != *last; day = (day + 1) % 7) days |= 1U << day;
    return static_cast<std::uint8_t>(days);
}

/// "mon-wed,fri"
std::optional<std::uint8_t> parse_days(std::string_view text) {
    unsigned days = 0;
    for (;;) {
        const auto comma = text.find(',');
        const auto some = parse_days_in_a_row(text.substr(0, comma));
        if (!some) return std::nullopt;
        days |= *some;
        if (comma == text.npos) return static_cast<std::uint8_t>(days);
        text.remove_prefix(comma + 1);
    }
}

/// "08:30", up to "24:00"; in minutes.
std::optional<unsigned> parse_clock(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto digit
        = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(text[at]) - '0'); };
    for (const std::size_t at : {0U, 1U, 3U, 4U})
        if (digit(at) > 9) return std::nullopt;
    const auto minute = digit(3) * 10 + digit(4);
    const auto all = (digit(0) * 10 + digit(1)) * 60 + minute;
    if (minute > 59 || all > TimeSpan::day_long) return std::nullopt;
    return all;
}

bool parse_hours(std::string_view text, TimeSpan& span) {
    const auto dash = text.find('-');
    if (dash == text.npos) return false;
    const auto begin = parse_clock(text.substr(0, dash));
    const auto end = parse_clock(text.substr(dash + 1));
    if (!begin || !end || *begin == *end || *begin == TimeSpan::day_long) return false;
    span.begin = *begin;
    span.end = *end > *begin ? *end : *end + TimeSpan::day_long;
    return true;
}

bool has(std::uint8_t days, unsigned day) { return (days >> day & 1U) != 0; }

}  // namespace

std::optional<TimeSpan> TimeSpan::parse(std::string_view text) {
    TimeSpan span;
    const auto blank = text.find(' ');
    const auto front = text.substr(0, blank);
    if (blank == text.npos && front.find(':') != front.npos)
        return parse_hours(front, span) ? std::optional(span) : std::nullopt;
    const auto days = parse_days(front);
    if (!days) return std::nullopt;
    span.days = *days;
    if (blank != text.npos && !parse_hours(text.substr(blank + 1), span)) return std::nullopt;
    return span;
}

bool TimeSpan::contains(LocalTime time) const {
    const auto yesterday = (time.weekday + 6) % 7;
    return (has(days, time.weekday) && time.minute >= begin && time.minute < end)
        || (has(days, yesterday) && time.minute + day_long < end);
}

bool TimeSpan::contains(const TimeSpan& other) const {
    return (days & other.days) == other.days && begin <= other.begin && other.end <= end;
}

}  // namespace stepup
