#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <sstream>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "cli/doctor/checks.hpp"

// Clock, /proc, disk.

namespace stepup::doctor {
namespace {

constexpr double worst_clock = 15;  // seconds: half a step of TOTP
constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t least_free = 32 * mib;  // below this the daemon gives its reserve back
constexpr std::uint64_t little_free = 256 * mib;

std::string in_seconds(double seconds) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", seconds);
    return text.data();
}

/// The options of the last mount on /proc; "": there is none.
std::string options_of_proc(std::string_view mounts) {
    std::istringstream lines{std::string(mounts)};
    std::string options;
    for (std::string device, where, kind, found, rest; lines >> device >> where >> kind >> found;
         std::getline(lines, rest))
        if (where == "/proc") options = found;
    return options;
}

std::string option(const std::string& options, const std::string& name) {
    std::istringstream words(options);
    for (std::string word; std::getline(words, word, ',');)
        if (word.starts_with(name + '=')) return word.substr(name.size() + 1);
    return {};
}

bool is_among(const std::string& number, const std::vector<gid_t>& groups) {
    gid_t group = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), group);
    return error == std::errc() && end == number.data() + number.size()
        && std::find(groups.begin(), groups.end(), group) != groups.end();
}

}  // namespace

std::optional<ClockState> ask_clock() {
    timex state{};
    const int told = ::adjtimex(&state);
    if (told < 0) return std::nullopt;
    return ClockState{told != TIME_ERROR && (state.status & STA_UNSYNC) == 0,
                      static_cast<double>(state.maxerror) / 1e6};
}

Findings check_clock(const std::optional<ClockState>& clock) {
    const std::string fix = "`timedatectl set-ntp true`, or install chrony or systemd-timesyncd.";
    if (!clock) return {{Light::yellow, "clock", "The kernel does not tell whether it is synchronized.", fix}};
    if (!clock->synchronized)
        return {
            {Light::yellow, "clock", "It is not synchronized: codes of authenticator apps stop working at 30 s.", fix}};
    if (clock->error > worst_clock)
        return {{Light::yellow, "clock", "It may be off by " + in_seconds(clock->error) + '.', fix}};
    return {{Light::green, "clock", "Synchronized, and off by " + in_seconds(clock->error) + " at most.", ""}};
}

Findings check_proc(std::string_view mounts, const std::vector<gid_t>& groups) {
    const auto options = options_of_proc(mounts);
    const auto hides = option(options, "hidepid");
    if (hides.empty() || hides == "0" || hides == "off")
        return {{Light::green, "proc", "stepupd can see who calls it.", ""}};
    if (is_among(option(options, "gid"), groups))
        return {{Light::green, "proc", "Hidden from others, but not from stepupd.", ""}};
    return {{Light::red, "proc", "Mounted with hidepid=" + hides + ": stepupd cannot see who calls it, and refuses.",
             "Mount /proc with gid= of a group that the user stepup is in, or without hidepid."}};
}

Findings check_disk(const std::string& folder) {
    struct statvfs disk { };
    if (::statvfs(folder.c_str(), &disk) != 0)
        return {{Light::yellow, "disk", folder + " cannot be looked at.", "Is it there? Has stepupd ever run?"}};
    return check_room(folder, static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize);
}

Findings check_room(const std::string& folder, std::uint64_t free) {
    const auto left = std::to_string(free / mib) + " MiB are free for " + folder + '.';
    if (free < least_free)
        return {{Light::red, "disk", left + " Logins cannot be written down soon.", "Make room there."}};
    Findings found;
    if (free < little_free) found.push_back({Light::yellow, "disk", left, "Make room there."});
    struct stat reserve { };
    if (::stat((folder + "/stepup.reserve").c_str(), &reserve) != 0)
        found.push_back({Light::yellow, "disk", "No room is set aside for the day that the disk is full.",
                         "Make room there, then restart stepupd."});
    if (found.empty()) found.push_back({Light::green, "disk", left, ""});
    return found;
}

}  // namespace stepup::doctor
