#include "daemon/bus_door/bus_door.hpp"

#include "dbus/names.hpp"

namespace stepup {

BusDoor::BusDoor(BusDoorParts parts, bus::Pump::Backoff backoff)
    : gate_({parts.clock, parts.accounts, parts.tokens, [this] { pump_.kick(); }, std::move(parts.note)}),
      factors_(gate_, parts.management),
      recovery_(gate_, parts.management),
      session_(gate_, parts.management, parts.challenges),
      keys_(gate_, parts.keys),
      admin_(gate_, parts.administration, parts.overview, parts.keys),
      policy_(gate_, parts.policy, parts.foretelling),
      logind_(parts.departures),
      pump_(parts.loop,
            {[this](sd_bus* bus) { return equip(bus); },
             [log = parts.log] { log(std::string("on the system bus as ") + bus::service_name); },
             [log = parts.log](const std::string& why) { log("not on the system bus, trying again: " + why); }},
            backoff) { }

int BusDoor::equip(sd_bus* bus) {
    struct Row {
        const char* interface;
        const sd_bus_vtable* vtable;
        void* object;
    };
    const Row rows[] = {{bus::factors_interface, FactorsObject::vtable, &factors_},
                        {bus::recovery_interface, RecoveryObject::vtable, &recovery_},
                        {bus::session_interface, SessionObject::vtable, &session_},
                        {bus::keys_interface, KeysObject::vtable, &keys_},
                        {bus::admin_interface, AdminObject::vtable, &admin_},
                        {bus::policy_interface, PolicyObject::vtable, &policy_}};
    for (const auto& row : rows) {
        const int error
            = sd_bus_add_object_vtable(bus, nullptr, bus::object_path, row.interface, row.vtable, row.object);
        if (error < 0) return error;
    }
    return logind_.listen(bus);
}

}  // namespace stepup
