#include "daemon/bus_door/logind.hpp"

#include <cstdlib>
#include <memory>

namespace stepup {
namespace {

/// The sd-bus handler for a member function. Exceptions stop here.
template <auto Member> int heard(sd_bus_message* signal, void* logind, sd_bus_error*) {
    try {
        (static_cast<Logind*>(logind)->*Member)(signal);
    } catch (const std::exception&) {
        // Nothing can be told to a signal; the windows end by themselves.
    }
    return 0;
}

struct Row {
    const char* match;
    sd_bus_message_handler_t handler;
};

#define FROM_LOGIND "type='signal',sender='org.freedesktop.login1',"
constexpr Row rows[] = {
    {FROM_LOGIND "path='/org/freedesktop/login1',interface='org.freedesktop.login1.Manager',member='SessionRemoved'",
     heard<&Logind::session_removed>},
    {FROM_LOGIND "path='/org/freedesktop/login1',interface='org.freedesktop.login1.Manager',member='PrepareForSleep'",
     heard<&Logind::goes_to_sleep>},
    {FROM_LOGIND "path_namespace='/org/freedesktop/login1/session',interface='org.freedesktop.login1.Session',"
                 "member='Lock'",
     heard<&Logind::session_locked>},
};
#undef FROM_LOGIND

}  // namespace

int Logind::listen(sd_bus* bus) {
    for (const auto& row : rows) {
        // Floating: the bus owns it. Should the bus driver refuse it, nothing comes; logins do not depend on that.
        const int error = sd_bus_add_match_async(
            bus, nullptr, row.match, row.handler, [](sd_bus_message*, void*, sd_bus_error*) { return 0; }, this);
        if (error < 0) return error;
    }
    return 0;
}

void Logind::session_removed(sd_bus_message* signal) {
    std::string id;
    if (bus::read(signal, id)) departures_.session_left(id, "logout");
}

void Logind::session_locked(sd_bus_message* signal) {
    char* id = nullptr;
    const int found = sd_bus_path_decode(sd_bus_message_get_path(signal), "/org/freedesktop/login1/session", &id);
    const std::unique_ptr<char, decltype(&std::free)> held(id, &std::free);
    if (found > 0) departures_.session_left(id, "screen lock");
}

void Logind::goes_to_sleep(sd_bus_message* signal) {
    bool begins = false;
    if (bus::read(signal, begins) && begins) departures_.host_sleeps();
}

}  // namespace stepup
