#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/management_error.hpp"
#include "dbus/bus.hpp"

namespace stepup::bus {

/// Blocking calls to stepupd for the command line, each with a deadline.
class Client {
public:
    static constexpr std::chrono::seconds greeting{5};       ///< for the bus to let us in
    static constexpr std::chrono::seconds patience{20};      ///< for each answer of stepupd
    static constexpr std::chrono::seconds with_polkit{130};  ///< where an administrator may be asked first

    /// Connects to $DBUS_SYSTEM_BUS_ADDRESS, or where the system bus usually is. Errors: unavailable.
    [[nodiscard]] static Managed<Client> open();

    /// From now on polkit may ask an administrator to authenticate before a call is answered.
    void let_polkit_ask();

    /// Calls `method` with `arguments`: string views, 64-bit and 32-bit numbers, truth values, texts.
    template <class... In>
    [[nodiscard]] Managed<Message> call(const char* interface, const char* method, const In&... arguments) {
        auto message = prepare(interface, method);
        if (!message) return message;
        const bool appended = (append(message->get(), arguments) && ...);
        if (!appended) return refuse(ManagementError::invalid_argument);
        return send(*std::move(message));
    }

private:
    explicit Client(Bus bus) : bus_(std::move(bus)) { }
    [[nodiscard]] Managed<Message> prepare(const char* interface, const char* method);
    [[nodiscard]] Managed<Message> send(Message message);

    [[nodiscard]] static bool append(sd_bus_message* message, std::string_view text);
    [[nodiscard]] static bool append(sd_bus_message* message, std::int64_t number);
    [[nodiscard]] static bool append(sd_bus_message* message, std::uint32_t number);
    [[nodiscard]] static bool append(sd_bus_message* message, std::uint64_t number);
    [[nodiscard]] static bool append(sd_bus_message* message, bool truth);
    [[nodiscard]] static bool append(sd_bus_message* message, const std::vector<std::string>& texts);

    Bus bus_;
    bool polkit_may_ask_ = false;
};

}  // namespace stepup::bus
