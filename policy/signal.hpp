#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/covers.hpp"
#include "common/enum_set.hpp"

namespace stepup {

/// A risk signal: one reason to ask although policy otherwise would not.
enum class Signal : std::uint8_t {
    new_device,             ///< an SSH key this user never verified with; without a key, a network likewise
    new_location,           ///< a network this user never verified from; with a database, a country or operator
    suspicious_ip,          ///< a listed address, or one with many failures just now
    after_password_change,  ///< the password was changed and nothing was verified since
};

struct SignalRow {
    Signal signal;
    std::string_view name;   ///< in policy, CLI and audit
    std::string_view words;  ///< at the prompt; never "password", for which scripts and password managers wait
};
constexpr std::array signal_rows{
    SignalRow{Signal::new_device, "new-device", "new device"},
    SignalRow{Signal::new_location, "new-location", "new location"},
    SignalRow{Signal::suspicious_ip, "suspicious-ip", "suspicious address"},
    SignalRow{Signal::after_password_change, "after-password-change", "credentials changed"},
};
static_assert(covers(signal_rows, &SignalRow::signal, Signal::after_password_change));
[[nodiscard]] constexpr std::string_view name_of(Signal signal) {
    return signal_rows[static_cast<std::size_t>(signal)].name;
}
[[nodiscard]] constexpr std::optional<Signal> signal_named(std::string_view name) {
    for (const auto& row : signal_rows)
        if (row.name == name) return row.signal;
    return std::nullopt;
}

using SignalSet = EnumSet<Signal>;
constexpr SignalSet all_signals{Signal::new_device, Signal::new_location, Signal::suspicious_ip,
                                Signal::after_password_change};

/// What is known of the signals of one attempt. Until somebody looked, nothing is.
struct Signals {
    SignalSet fired{};
    SignalSet untold = all_signals;  ///< nobody can tell whether these fired; such a one counts as if it had

    [[nodiscard]] constexpr SignalSet possible() const { return fired | untold; }
    [[nodiscard]] bool operator==(const Signals&) const = default;
};

/// Those in `signals`, in the order of the enumeration: by `SignalRow::name` or `SignalRow::words`, ", " between them.
[[nodiscard]] std::string listed(SignalSet signals, std::string_view SignalRow::*by);

}  // namespace stepup
