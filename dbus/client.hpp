#pragma once

#include <chrono>
#include <string>
#include <tuple>
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

    /// Calls `method` with `arguments`: string views, 64-bit and 32-bit numbers, truth values, texts, structures.
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
    /// Structures of texts and numbers.
    template <class... Fields>
    [[nodiscard]] static bool append(sd_bus_message* message, const std::vector<std::tuple<Fields...>>& values) {
        const std::string fields{letter(Fields())...};
        if (sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, ('(' + fields + ')').c_str()) < 0) return false;
        for (const auto& value : values) {
            if (sd_bus_message_open_container(message, SD_BUS_TYPE_STRUCT, fields.c_str()) < 0) return false;
            const bool all = std::apply([&](const auto&... one) { return (append(message, one) && ...); }, value);
            if (!all || sd_bus_message_close_container(message) < 0) return false;
        }
        return sd_bus_message_close_container(message) >= 0;
    }
    static constexpr char letter(std::string_view) { return SD_BUS_TYPE_STRING; }
    static constexpr char letter(std::uint32_t) { return SD_BUS_TYPE_UINT32; }
    static constexpr char letter(std::uint64_t) { return SD_BUS_TYPE_UINT64; }

    Bus bus_;
    bool polkit_may_ask_ = false;
};

}  // namespace stepup::bus
