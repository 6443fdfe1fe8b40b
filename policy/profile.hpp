#pragma once

#include <string>
#include <vector>

#include "policy/diagnosis.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// How what a host has stands to what a profile wants.
enum class Bearing : std::uint8_t { laxer, as_wanted, stricter };

struct BearingRow {
    Bearing bearing;
    std::string_view name;
};
constexpr std::array bearing_rows{
    BearingRow{Bearing::laxer, "laxer"},
    BearingRow{Bearing::as_wanted, "as wanted"},
    BearingRow{Bearing::stricter, "stricter"},
};
static_assert(covers(bearing_rows, &BearingRow::bearing, Bearing::stricter));
[[nodiscard]] constexpr std::string_view name_of(Bearing bearing) {
    return bearing_rows[static_cast<std::size_t>(bearing)].name;
}

/// One key that a profile states, beside what one place of a policy says of it.
struct Deviation {
    std::string key;      ///< "window", "limits.lock_after"
    std::string service;  ///< for which the profile has a rule of its own; empty: for all others
    std::string wanted;   ///< as the files write it
    std::string found;
    std::string where;  ///< "[defaults]", "[limits]", or the rule and its place
    Bearing bearing = Bearing::as_wanted;
    [[nodiscard]] bool operator==(const Deviation&) const = default;
};

/// What a standard asks for, written as a policy whose rules match by services alone.
struct Profile {
    Policy policy;
    std::vector<std::string> limits;  ///< the keys of [limits] that it states
};
/// Errors: those of parse(); a rule that matches by anything but services.
[[nodiscard]] Read<Profile> read_profile(std::string_view text, std::string_view name);

/// Every key that `profile` states, beside what [defaults], [limits] and each rule of `host` make of it that may decide
/// the same attempts, on the day `today` of the host's calendar: what is required only from a later one on is optional.
/// A rule that says nothing else than [defaults] is passed over; one that asks nothing is laxer in `requirement`, and
/// says no more. A grace_period is laxer than none though the profile does not speak of it.
[[nodiscard]] std::vector<Deviation> compare(const Profile& profile, const Policy& host, std::chrono::sys_days today);

}  // namespace stepup
