#include <algorithm>
#include <ctime>

#include "cli/foreign/pieces.hpp"

namespace stepup::foreign {
namespace {

struct TypeRow {
    std::string_view name;
    unsigned period;  ///< 0: it counts presses
    unsigned digits;
};
constexpr std::array types{
    TypeRow{"HOTP", 0, 6},        TypeRow{"HOTP/E", 0, 6},      TypeRow{"HOTP/E/6", 0, 6},
    TypeRow{"HOTP/E/7", 0, 7},    TypeRow{"HOTP/E/8", 0, 8},    TypeRow{"HOTP/T30", 30, 6},
    TypeRow{"HOTP/T30/6", 30, 6}, TypeRow{"HOTP/T30/7", 30, 7}, TypeRow{"HOTP/T30/8", 30, 8},
    TypeRow{"HOTP/T60", 60, 6},   TypeRow{"HOTP/T60/6", 60, 6}, TypeRow{"HOTP/T60/7", 60, 7},
    TypeRow{"HOTP/T60/8", 60, 8},
};

/// Steps ahead of the clock that a code which pam_oath accepted may have been of: it does not write down which.
constexpr std::uint64_t widest_window = 20;

/// "2026-11-22T14:23:28L", in local time, as seconds since 1970.
std::optional<std::int64_t> moment_in(std::string_view text) {
    std::tm local{};
    const std::string terminated(text);
    const char* end = ::strptime(terminated.c_str(), "%Y-%m-%dT%H:%M:%SL", &local);
    if (end == nullptr || *end != '\0') return std::nullopt;
    local.tm_isdst = -1;
    const auto moment = std::mktime(&local);
    if (moment < 0) return std::nullopt;
    return moment;
}

/// Reads what follows the secret: how far it is, the last code, and when that was used. A complaint, or null.
const char* take_state(const std::vector<std::string_view>& words, std::int64_t now, Generator& into) {
    const auto counter = words.size() > 4 ? number_in<std::uint32_t>(words[4]) : std::optional<std::uint32_t>(0);
    if (!counter) return "its counter is no number.";
    const bool was_used = words.size() > 5;
    if (!into.counts_time) {
        into.counter = std::uint64_t{*counter} + (was_used ? 1 : 0);  // pam_oath writes down the last one
        return nullptr;
    }
    if (!was_used) return nullptr;
    const auto when = words.size() > 6 ? moment_in(words[6]) : std::nullopt;
    if (!when) return "the time of its last use cannot be read.";
    into.counter = static_cast<std::uint64_t>(std::min(*when, now)) / into.period + widest_window;
    return nullptr;
}

/// One line: type, user, PIN, secret, state.
const char* take_line(const std::vector<std::string_view>& words, std::int64_t now, Generator& into) {
    const auto* type = std::find_if(types.begin(), types.end(), [&](const auto& row) { return row.name == words[0]; });
    if (words.size() > 1) into.user = words[1];
    if (type == types.end()) return "is of a type that this stepup does not know.";
    if (words.size() < 4) return "is not whole: it has a type, a user, a PIN and a secret.";
    into.counts_time = type->period != 0;
    into.digits = type->digits;
    if (into.counts_time) into.period = type->period;
    if (words[2] != "-" && words[2] != "+")
        return "has a PIN, which stepup does not ask for. Where a password is asked for as well, put - in its place.";
    if (!take_hex(words[3], into)) return "its secret is not hexadecimal, or longer than 64 bytes.";
    return take_state(words, now, into);
}

}  // namespace

Reading read_users_oath(std::string_view text, std::int64_t now) {
    Reading reading;
    each_line(text, [&](std::string_view line, unsigned number) {
        const auto words = words_of(line);
        if (words.empty() || words.front().starts_with('#')) return;
        Generator found;
        found.line = number;
        if (const auto* why = take_line(words, now, found))
            reading.notes.push_back({number, found.user, Outcome::refused, why});
        else
            reading.generators.push_back(std::move(found));
    });
    return reading;
}

}  // namespace stepup::foreign
