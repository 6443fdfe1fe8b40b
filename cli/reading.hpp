#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/management_error.hpp"
#include "common/printable.hpp"
#include "dbus/bus.hpp"

// How replies of stepupd are read.

namespace stepup::cli {

inline tl::unexpected<Refusal> not_understood() {
    return refuse(ManagementError::unavailable,
                  "stepupd answered in a way this `stepup` does not know. Are both up to date?");
}

/// The value of a {sv} entry, by its type; texts made printable.
inline bool read_text(sd_bus_message* m, std::string& value) {
    const char* text = nullptr;
    if (sd_bus_message_read(m, "v", "s", &text) <= 0) return false;
    value = printable(text);
    return true;
}
template <class Number> bool read_as(sd_bus_message* m, const char* type, Number& value) {
    return sd_bus_message_read(m, "v", type, &value) > 0;
}
inline bool read_truth(sd_bus_message* m, bool& value) {
    int number = 0;
    if (!read_as(m, "b", number)) return false;
    value = number != 0;
    return true;
}

/// Goes through an a{sv}; `take` reads the value of a key, or answers false for one it does not know.
inline bool read_entries(sd_bus_message* m, const std::function<bool(std::string_view)>& take) {
    if (sd_bus_message_enter_container(m, 'a', "{sv}") <= 0) return false;
    while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
        const char* key = nullptr;
        if (sd_bus_message_read_basic(m, 's', &key) <= 0) return false;
        if (!take(key) && sd_bus_message_skip(m, "v") < 0) return false;
        if (sd_bus_message_exit_container(m) < 0) return false;
    }
    return sd_bus_message_exit_container(m) >= 0;
}

}  // namespace stepup::cli
