#pragma once

#include "daemon/core/departures.hpp"
#include "dbus/bus.hpp"

namespace stepup {

/// Listens to what systemd-logind tells everybody on the bus: who logs out, locks his screen, and that the host goes to
/// sleep. Where there is no logind, nothing comes. That it is logind who speaks, the bus makes sure (its matches and
/// dbus/org.stepup.StepUp1.conf).
class Logind {
public:
    explicit Logind(Departures& departures) : departures_(departures) { }

    /// To be called on each new connection. Negative errno if it could not even be queued.
    [[nodiscard]] int listen(sd_bus* bus);

    void session_removed(sd_bus_message* signal);
    void session_locked(sd_bus_message* signal);
    void goes_to_sleep(sd_bus_message* signal);

private:
    Departures& departures_;
};

}  // namespace stepup
