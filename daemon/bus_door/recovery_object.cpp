#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"

namespace stepup {
namespace {

int put_count(sd_bus_message* reply, RecoveryCount& count) {
    return sd_bus_message_append(reply, "uu", std::uint32_t{count.left}, std::uint32_t{count.issued});
}

}  // namespace

const sd_bus_vtable RecoveryObject::vtable[]
    = {SD_BUS_VTABLE_START(0),
       SD_BUS_METHOD_WITH_ARGS("Status", SD_BUS_NO_ARGS, SD_BUS_RESULT("u", left, "u", issued),
                               bus::call<&RecoveryObject::status>, SD_BUS_VTABLE_UNPRIVILEGED),
       SD_BUS_METHOD_WITH_ARGS("Regenerate", SD_BUS_ARGS("s", token), SD_BUS_RESULT("as", recovery_codes),
                               bus::call<&RecoveryObject::regenerate>,
                               SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_VTABLE_END};

void RecoveryObject::status(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller& caller, const auto& call) {
        Call::answer<RecoveryCount>(call, put_count)(management_.recovery_codes_left(caller));
    });
}

void RecoveryObject::regenerate(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller& caller, const auto& call) {
        management_.regenerate_recovery_codes(caller, Call::answer<std::vector<std::string>>(call, put_once));
    });
}

}  // namespace stepup
