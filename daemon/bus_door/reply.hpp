#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "dbus/bus.hpp"

// What replies are made of. Each gives a negative errno if it could not.

namespace stepup {

inline int put_entry(sd_bus_message* reply, const char* key, std::string_view text) {
    return sd_bus_message_append(reply, "{sv}", key, "s", std::string(text).c_str());
}
inline int put_entry(sd_bus_message* reply, const char* key, bool truth) {
    return sd_bus_message_append(reply, "{sv}", key, "b", truth ? 1 : 0);
}
inline int put_entry(sd_bus_message* reply, const char* key, std::int64_t number) {
    return sd_bus_message_append(reply, "{sv}", key, "x", number);
}
inline int put_entry(sd_bus_message* reply, const char* key, std::uint64_t number) {
    return sd_bus_message_append(reply, "{sv}", key, "t", number);
}
inline int put_entry(sd_bus_message* reply, const char* key, std::uint32_t number) {
    return sd_bus_message_append(reply, "{sv}", key, "u", number);
}

inline int put_count(sd_bus_message* reply, unsigned& count) {
    return sd_bus_message_append(reply, "u", std::uint32_t{count});
}

inline std::uint64_t unix_seconds(Millis wall) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(wall.count(), 0) / 1000);
}

/// Opens a container, puts what `fill` puts into it, closes it.
template <class Fill> int put_in(sd_bus_message* reply, char type, const char* contents, Fill fill) {
    if (const int error = sd_bus_message_open_container(reply, type, contents); error < 0) return error;
    if (const int error = fill(); error < 0) return error;
    return sd_bus_message_close_container(reply);
}

/// Texts that are shown once: they are wiped here.
inline int put_once(sd_bus_message* reply, std::vector<std::string>& texts) {
    return put_in(reply, 'a', "s", [&] {
        int error = 0;
        for (auto& text : texts) {
            if (error >= 0) error = sd_bus_message_append_basic(reply, 's', text.c_str());
            bus::wipe(text);
        }
        return error;
    });
}

}  // namespace stepup
