#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/put_keys.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"

namespace stepup {
const sd_bus_vtable KeysObject::vtable[]
    = {SD_BUS_VTABLE_START(0),
       SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", keys), bus::call<&KeysObject::list>,
                               SD_BUS_VTABLE_UNPRIVILEGED),
       SD_BUS_METHOD_WITH_ARGS("Forget", SD_BUS_ARGS("x", id), SD_BUS_NO_RESULT, bus::call<&KeysObject::forget>,
                               SD_BUS_VTABLE_UNPRIVILEGED),
       SD_BUS_METHOD_WITH_ARGS("ForgetAll", SD_BUS_NO_ARGS, SD_BUS_RESULT("u", forgotten),
                               bus::call<&KeysObject::forget_all>, SD_BUS_VTABLE_UNPRIVILEGED),
       SD_BUS_VTABLE_END};

void KeysObject::list(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller& caller, const auto& call) {
        Call::answer<std::vector<TrustedKey>>(call, put_keys)(keys_.list(caller));
    });
}

void KeysObject::forget(bus::Message message) {
    gate_.serve<std::int64_t>(std::move(message), [this](const Caller& caller, const auto& call, auto id) {
        keys_.forget(caller, id, Call::answer(call));
    });
}

void KeysObject::forget_all(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller& caller, const auto& call) {
        keys_.forget_all(caller, Call::answer<unsigned>(call, put_count));
    });
}

}  // namespace stepup
