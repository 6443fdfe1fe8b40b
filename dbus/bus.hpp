#pragma once

#include <functional>
#include <memory>
#include <string>
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

using Replied = std::function<void(sd_bus_message* reply)>;

/// Sends `call` and returns; `replied` gets the reply, be it an error, on the thread that processes `bus`, unless the
/// bus goes away before. Negative errno if it could not even be queued.
int call_async(sd_bus* bus, sd_bus_message* call, Replied replied, std::uint64_t timeout_usec);

}  // namespace stepup::bus
