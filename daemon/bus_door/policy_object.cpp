#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"
#include "policy/demand_fields.hpp"

namespace stepup {
namespace {

int put_standing(sd_bus_message* reply, const PolicyReport& report) {
    const int error = sd_bus_message_append(reply, "s", std::string(name_of(report.origin)).c_str());
    if (error < 0) return error;
    return put_in(reply, 'a', "s", [&] {
        int put = 0;
        for (const auto& problem : report.problems)
            if (put >= 0) put = sd_bus_message_append(reply, "s", problem.c_str());
        return put;
    });
}

int put_reloaded(sd_bus_message* reply, PolicyReport& report) { return put_standing(reply, report); }

int put_report(sd_bus_message* reply, PolicyReport& report) {
    const int error = put_standing(reply, report);
    if (error < 0) return error;
    return put_in(reply, 'a', "(ss)", [&] {
        int put = 0;
        for (const auto& [name, text] : report.texts)
            if (put >= 0) put = sd_bus_message_append(reply, "(ss)", name.c_str(), text.c_str());
        return put;
    });
}

int put_list(sd_bus_message* reply, std::string_view key, const std::vector<std::string_view>& names) {
    return put_in(reply, 'e', "sv", [&] {
        if (const int error = sd_bus_message_append(reply, "s", std::string(key).c_str()); error < 0) return error;
        return put_in(reply, 'v', "as", [&] {
            return put_in(reply, 'a', "s", [&] {
                int put = 0;
                for (const auto name : names)
                    if (put >= 0) put = sd_bus_message_append(reply, "s", std::string(name).c_str());
                return put;
            });
        });
    });
}

int put_field(sd_bus_message* reply, const DemandField& field) {
    if (const auto* names = std::get_if<std::vector<std::string_view>>(&field.value); names != nullptr)
        return put_list(reply, field.key, *names);
    const std::string key(field.key);
    if (const auto* text = std::get_if<std::string_view>(&field.value); text != nullptr)
        return put_entry(reply, key.c_str(), *text);
    if (const auto* truth = std::get_if<bool>(&field.value); truth != nullptr)
        return put_entry(reply, key.c_str(), *truth);
    return put_entry(reply, key.c_str(), std::get<std::uint32_t>(field.value));
}

int put_demand(sd_bus_message* reply, const Requirement& requirement, const Limits& limits) {
    int error = 0;
    for (const auto& field : fields_of(requirement))
        if (error >= 0) error = put_field(reply, field);
    const auto put = [&](const char* key, std::uint32_t value) {
        if (error >= 0) error = put_entry(reply, key, value);
    };
    put("delay_from", limits.delay_from);
    put("lock_after", limits.lock_after);
    put("lock_for", static_cast<std::uint32_t>(limits.lock_for.count()));
    put("ceiling", limits.ceiling);
    return error;
}

int put_foretold(sd_bus_message* reply, Foretold& foretold) {
    const auto& [requirement, rule, in_doubt] = foretold.ruling;
    int error = sd_bus_message_append(reply, "sb", rule.c_str(), in_doubt ? 1 : 0);
    if (error >= 0)
        error = put_in(reply, 'a', "{sv}",
                       [&, &wanted = requirement] { return put_demand(reply, wanted, foretold.limits.limits); });
    return error < 0 ? error : sd_bus_message_append(reply, "s", foretold.why.c_str());
}

}  // namespace

const sd_bus_vtable PolicyObject::vtable[]
    = {SD_BUS_VTABLE_START(0),
       SD_BUS_METHOD_WITH_ARGS("Get", SD_BUS_ARGS("s", token),
                               SD_BUS_RESULT("s", in_force, "as", problems, "a(ss)", files),
                               bus::call<&PolicyObject::get>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_ARGS("s", token), SD_BUS_RESULT("s", in_force, "as", problems),
                               bus::call<&PolicyObject::reload>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("Set", SD_BUS_ARGS("s", name, "s", text, "s", token),
                               SD_BUS_RESULT("s", in_force, "as", problems), bus::call<&PolicyObject::set>,
                               SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_METHOD_WITH_ARGS("Explain",
                               SD_BUS_ARGS("s", user, "s", service, "s", from, "s", target, "t", at, "s", token),
                               SD_BUS_RESULT("s", rule, "b", in_doubt, "a{sv}", demands, "s", why),
                               bus::call<&PolicyObject::explain>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
       SD_BUS_VTABLE_END};

void PolicyObject::get(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller&, const auto& call) {
        Call::answer<PolicyReport>(call, put_report)(policy_.report());
    });
}

void PolicyObject::reload(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller&, const auto& call) {
        Call::answer<PolicyReport>(call, put_reloaded)(policy_.reload());
    });
}

void PolicyObject::set(bus::Message message) {
    gate_.serve<std::string, std::string>(
        std::move(message), [this](const Caller& caller, const auto& call, const auto& name, const auto& text) {
            Call::answer<PolicyReport>(call, put_reloaded)(policy_.set(caller, name, text));
        });
}

void PolicyObject::explain(bus::Message message) {
    gate_.serve<std::string, std::string, std::string, std::string, std::uint64_t>(
        std::move(message),
        [this](const Caller&, const auto& call, const auto& user, const auto& service, const auto& from,
               const auto& target, auto at) {
            foretelling_.explain(user, service, from, target, at, Call::answer<Foretold>(call, put_foretold));
        });
}

}  // namespace stepup
