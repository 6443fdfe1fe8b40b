#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/put_factors.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"

namespace stepup {
namespace {

int put_entries(sd_bus_message* reply, const Report& report) {
    int error = put_entry(reply, "enrolled", report.enrolled);
    const auto put = [&](const char* key, auto value) {
        if (error >= 0) error = put_entry(reply, key, value);
    };
    put("requirement", name_of(report.level));
    put("recent", report.recent);
    put("remaining", static_cast<std::uint32_t>(report.remaining.count()));
    put("factor", report.factor);
    put("strength", report.strength);
    put("scope", report.scope);
    if (report.more) put("more", true);
    return error;
}

int put_report(sd_bus_message* reply, Report& report) {
    return put_in(reply, 'a', "{sv}", [&] { return put_entries(reply, report); });
}

int put_ended(sd_bus_message* reply, unsigned& ended) {
    return sd_bus_message_append(reply, "u", std::uint32_t{ended});
}

int put_challenge(sd_bus_message* reply, Challenge& challenge) {
    int error = sd_bus_message_append(reply, "s", challenge.id.c_str());
    if (error >= 0) error = put_factors(reply, challenge.choices);
    if (error >= 0)
        error = sd_bus_message_append(reply, "su", "Code: ", static_cast<std::uint32_t>(challenge.lasts.count()));
    return error;
}

}  // namespace

const sd_bus_vtable SessionObject::vtable[]
    = {SD_BUS_VTABLE_START(0),
       SD_BUS_METHOD_WITH_ARGS("Status", SD_BUS_ARGS("s", service, "s", token), SD_BUS_RESULT("a{sv}", status),
                               bus::call<&SessionObject::status>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("Lock", SD_BUS_ARGS("b", all, "s", token), SD_BUS_RESULT("u", ended),
                               bus::call<&SessionObject::lock>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("Begin", SD_BUS_ARGS("s", service, "s", token),
                               SD_BUS_RESULT("s", challenge, "aa{sv}", factors, "s", prompt, "u", seconds),
                               bus::call<&SessionObject::begin>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("Answer", SD_BUS_ARGS("s", challenge, "x", factor, "s", code, "s", token),
                               SD_BUS_RESULT("a{sv}", status), bus::call<&SessionObject::answer>,
                               SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_VTABLE_END};

void SessionObject::status(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& service) {
        Call::answer<Report>(call, put_report)(management_.report(caller, service));
    });
}

void SessionObject::begin(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& service) {
        Call::answer<Challenge>(call, put_challenge)(challenges_.begin(caller, service));
    });
}

void SessionObject::answer(bus::Message message) {
    gate_.serve<std::string, std::int64_t, Secret>(
        std::move(message),
        [this](const Caller& caller, const auto& call, const auto& challenge, auto factor, Secret code) {
            challenges_.answer(caller, challenge, factor, std::move(code), Call::answer<Report>(call, put_report));
        });
}

void SessionObject::lock(bus::Message message) {
    gate_.serve<bool>(std::move(message), [this](const Caller& caller, const auto& call, bool all) {
        management_.lock(caller, all, Call::answer<unsigned>(call, put_ended));
    });
}

}  // namespace stepup
