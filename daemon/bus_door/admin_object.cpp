#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"

namespace stepup {
namespace {

int put_failures(sd_bus_message* reply, unsigned& failures) {
    return sd_bus_message_append(reply, "u", std::uint32_t{failures});
}

}  // namespace

const sd_bus_vtable AdminObject::vtable[]
    = {SD_BUS_VTABLE_START(0),
       SD_BUS_METHOD_WITH_ARGS("Unlock", SD_BUS_ARGS("s", user, "s", token), SD_BUS_RESULT("u", failures),
                               bus::call<&AdminObject::unlock>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("UnlockSource", SD_BUS_ARGS("s", address, "s", token), SD_BUS_RESULT("u", failures),
                               bus::call<&AdminObject::unlock_source>,
                               SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_VTABLE_END};

void AdminObject::unlock(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& user) {
        administration_.unlock(caller, user, Call::answer<unsigned>(call, put_failures));
    });
}

void AdminObject::unlock_source(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& address) {
        administration_.unlock_source(caller, address, Call::answer<unsigned>(call, put_failures));
    });
}

}  // namespace stepup
