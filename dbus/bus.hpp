#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <string.h>

#include <systemd/sd-bus.h>

#include "common/secret.hpp"

// sd-bus handles that let go of themselves.

namespace stepup::bus {

struct CloseBus {
    /// Drops what is still queued: flushing would wait for a bus that may never read.
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;

struct UnrefMessage {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, UnrefMessage>;

[[nodiscard]] inline Message share(sd_bus_message* message) { return Message(sd_bus_message_ref(message)); }

/// An sd_bus_error that frees what it holds.
class BusError {
public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&error_); }
    [[nodiscard]] sd_bus_error* get() { return &error_; }

private:
    sd_bus_error error_ = SD_BUS_ERROR_NULL;
};

/// Wipes a text that was shown once.
inline void wipe(std::string& text) {
    explicit_bzero(text.data(), text.size());
    text.clear();
}

// One argument of a message, by its C++ type. False: it is not there, is of another type, or is too long.

constexpr std::size_t longest_argument = 512;
constexpr std::size_t most_elements = 1000;  ///< of an array

[[nodiscard]] bool read(sd_bus_message* message, std::string& value);
[[nodiscard]] bool read(sd_bus_message* message, std::vector<std::string>& value);
[[nodiscard]] bool read(sd_bus_message* message, Secret& value);
[[nodiscard]] bool read(sd_bus_message* message, std::int64_t& value);
[[nodiscard]] bool read(sd_bus_message* message, std::uint32_t& value);
[[nodiscard]] bool read(sd_bus_message* message, std::uint64_t& value);
[[nodiscard]] bool read(sd_bus_message* message, bool& value);

/// A structure: its fields in order.
template <class... Fields> [[nodiscard]] bool read(sd_bus_message* message, std::tuple<Fields...>& value);
/// An array of structures.
template <class... Fields> [[nodiscard]] bool read(sd_bus_message* message, std::vector<std::tuple<Fields...>>& value);

namespace detail {
/// Enters the array or structure (`type`) at the cursor, whatever it holds: what is read of it says what it must hold.
[[nodiscard]] bool enter(sd_bus_message* message, char type);
[[nodiscard]] bool leave(sd_bus_message* message);
[[nodiscard]] bool at_end(sd_bus_message* message);
}  // namespace detail

template <class... Fields> bool read(sd_bus_message* message, std::tuple<Fields...>& value) {
    return detail::enter(message, SD_BUS_TYPE_STRUCT)
        && std::apply([&](auto&... field) { return (read(message, field) && ...); }, value) && detail::leave(message);
}

template <class... Fields> bool read(sd_bus_message* message, std::vector<std::tuple<Fields...>>& value) {
    if (!detail::enter(message, SD_BUS_TYPE_ARRAY)) return false;
    while (!detail::at_end(message))
        if (value.size() == most_elements || !read(message, value.emplace_back())) return false;
    return detail::leave(message);
}

using Replied = std::function<void(sd_bus_message* reply)>;

/// Sends `call` and returns; `replied` gets the reply, be it an error, on the thread that processes `bus`, unless the
/// bus goes away before. Negative errno if it could not even be queued.
int call_async(sd_bus* bus, sd_bus_message* call, Replied replied, std::uint64_t timeout_usec);

}  // namespace stepup::bus
