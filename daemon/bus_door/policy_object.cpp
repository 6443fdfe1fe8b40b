#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"

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

int put_factors_of(sd_bus_message* reply, const Requirement& requirement) {
    return put_in(reply, 'e', "sv", [&] {
        if (const int error = sd_bus_message_append(reply, "s", "factors"); error < 0) return error;
        return put_in(reply, 'v', "as", [&] {
            return put_in(reply, 'a', "s", [&] {
                int put = 0;
                for (const auto& row : factor_kinds)
                    if (put >= 0 && requirement.permits(row.kind))
                        put = sd_bus_message_append(reply, "s", std::string(row.name).c_str());
                return put;
            });
        });
    });
}

int put_demand(sd_bus_message* reply, const Requirement& requirement, const Limits& limits) {
    int error = put_factors_of(reply, requirement);
    const auto put = [&](const char* key, auto value) {
        if (error >= 0) error = put_entry(reply, key, value);
    };
    const auto seconds = [](Seconds time) { return static_cast<std::uint32_t>(time.count()); };
    put("requirement", name_of(requirement.level));
    put("min_strength", name_of(requirement.min_strength));
    put("window", seconds(requirement.window));
    put("window_scope", name_of(requirement.window_scope));
    put("window_without_tty", name_of(requirement.window_without_tty));
    put("foreground_only", requirement.foreground_only);
    put("key_only", std::string_view(requirement.key_only_allowed ? "allow" : "deny"));
    put("two_different_factors", requirement.two_different);
    put("weaker_factors", requirement.weaker_factors);
    put("trusted_keys", requirement.key_trust.enabled);
    put("security_key_login", name_of(requirement.security_key_login));
    put("recovery_codes", std::uint32_t{requirement.recovery_codes});
    put("first_enrollment", name_of(requirement.first_enrollment));
    put("delay_from", std::uint32_t{limits.delay_from});
    put("lock_after", std::uint32_t{limits.lock_after});
    put("lock_for", seconds(limits.lock_for));
    put("ceiling", std::uint32_t{limits.ceiling});
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
