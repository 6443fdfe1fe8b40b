#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/put_keys.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"

namespace stepup {
namespace {

int put_handed_out(sd_bus_message* reply, HandedOut& out) {
    const int error = sd_bus_message_append(reply, "st", out.code.c_str(), unix_seconds(out.expires));
    bus::wipe(out.code);
    return error;
}

int put_account(sd_bus_message* reply, const AccountKey& account, bool required) {
    int error = put_entry(reply, "user", std::string_view(account.name));
    if (error >= 0) error = put_entry(reply, "uid", std::uint32_t{account.uid});
    if (error >= 0) error = put_entry(reply, "required", required);
    return error;
}

int put_seen_entries(sd_bus_message* reply, const Overview::Seen& seen) {
    const auto& summary = seen.summary;
    int error = put_account(reply, summary.account, seen.required);
    const auto put = [&](const char* key, auto value) {
        if (error >= 0) error = put_entry(reply, key, value);
    };
    put("enrolled", summary.factors > 0);
    put("factors", std::uint32_t{summary.factors});
    put("codes_left", std::uint32_t{summary.codes_left});
    put("codes_issued", std::uint32_t{summary.codes_issued});
    put("last_verified", unix_seconds(summary.last_verified.value_or(Millis(0))));
    put("code_until", unix_seconds(summary.code_until.value_or(Millis(0))));
    put("failures", std::uint32_t{summary.standing.failures});
    put("locked", summary.standing.locked);
    put("locked_until", unix_seconds(summary.standing.until));
    put("account", whereabouts_rows[static_cast<std::size_t>(seen.whereabouts)].name);
    return error;
}

int put_seen(sd_bus_message* reply, Overview::Seen& seen) {
    return put_in(reply, 'a', "{sv}", [&] { return put_seen_entries(reply, seen); });
}

int put_page(sd_bus_message* reply, Overview::Page& page) {
    const int error = put_in(reply, 'a', "a{sv}", [&] {
        int put = 0;
        for (auto& seen : page.accounts)
            if (put >= 0) put = put_seen(reply, seen);
        return put;
    });
    return error < 0 ? error : sd_bus_message_append(reply, "s", page.next.c_str());
}

int put_unenrolled(sd_bus_message* reply, std::vector<Overview::Unenrolled>& found) {
    return put_in(reply, 'a', "a{sv}", [&] {
        int put = 0;
        for (const auto& [account, required] : found)
            if (put >= 0) put = put_in(reply, 'a', "{sv}", [&] { return put_account(reply, account, required); });
        return put;
    });
}

/// type, label, algorithm, digits, period, counter, secret
using CarriedOnBus
    = std::tuple<std::string, std::string, std::string, std::uint32_t, std::uint32_t, std::uint64_t, Secret>;

Managed<std::vector<Carried>> carried(std::vector<CarriedOnBus> given, bool weak) {
    std::vector<Carried> factors;
    for (auto& [type, label, algorithm, digits, period, counter, secret] : given) {
        const auto kind = kind_named(type);
        if (!kind || secret.empty())
            return refuse(ManagementError::invalid_argument, "A factor has a type and a secret.");
        factors.push_back({*kind, {label, algorithm, digits, period, counter, std::move(secret), weak}});
    }
    return factors;
}

int put_fates(sd_bus_message* reply, std::vector<Fate>& fates) {
    return put_in(reply, 'a', "(sst)", [&] {
        int put = 0;
        for (const auto& fate : fates) {
            const std::string what(fate_rows[static_cast<std::size_t>(fate.what)].name);
            if (put >= 0)
                put = sd_bus_message_append(reply, "(sst)", what.c_str(), fate.label.c_str(),
                                            unix_seconds(fate.counts_from));
        }
        return put;
    });
}

}  // namespace

const sd_bus_vtable AdminObject::vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Status", SD_BUS_ARGS("s", user, "s", token), SD_BUS_RESULT("a{sv}", status),
                            bus::call<&AdminObject::status>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("s", after, "u", limit, "b", look_up, "s", token),
                            SD_BUS_RESULT("aa{sv}", accounts, "s", next), bus::call<&AdminObject::list>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("NotEnrolled", SD_BUS_ARGS("as", users, "s", token), SD_BUS_RESULT("aa{sv}", accounts),
                            bus::call<&AdminObject::not_enrolled>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("s", user, "x", uid, "s", token), SD_BUS_RESULT("u", factors),
                            bus::call<&AdminObject::reset>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Bypass", SD_BUS_ARGS("s", user, "u", seconds, "s", reason, "s", token),
                            SD_BUS_RESULT("s", code, "t", expires), bus::call<&AdminObject::bypass>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Invite", SD_BUS_ARGS("s", user, "u", seconds, "s", token),
                            SD_BUS_RESULT("s", code, "t", expires), bus::call<&AdminObject::invite>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Import", SD_BUS_ARGS("s", user, "a(sssuuts)", factors, "b", weak, "b", look, "s", token),
                            SD_BUS_RESULT("a(sst)", fates), bus::call<&AdminObject::bring_in>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Unlock", SD_BUS_ARGS("s", user, "s", token), SD_BUS_RESULT("u", failures),
                            bus::call<&AdminObject::unlock>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("UnlockSource", SD_BUS_ARGS("s", address, "s", token), SD_BUS_RESULT("u", failures),
                            bus::call<&AdminObject::unlock_source>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Keys", SD_BUS_ARGS("s", user, "s", token), SD_BUS_RESULT("aa{sv}", keys),
                            bus::call<&AdminObject::keys>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("ForgetKeys", SD_BUS_ARGS("s", user, "x", id, "s", token), SD_BUS_RESULT("u", forgotten),
                            bus::call<&AdminObject::forget_keys>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_VTABLE_END};

void AdminObject::status(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller&, const auto& call, const auto& user) {
        overview_.status(user, Call::answer<Overview::Seen>(call, put_seen));
    });
}

void AdminObject::list(bus::Message message) {
    gate_.serve<std::string, std::uint32_t, bool>(
        std::move(message), [this](const Caller&, const auto& call, const auto& after, auto limit, bool look_up) {
            overview_.list(after, limit, look_up, Call::answer<Overview::Page>(call, put_page));
        });
}

void AdminObject::not_enrolled(bus::Message message) {
    gate_.serve<std::vector<std::string>>(
        std::move(message), [this](const Caller&, const auto& call, const auto& users) {
            overview_.not_enrolled(users, Call::answer<std::vector<Overview::Unenrolled>>(call, put_unenrolled));
        });
}

void AdminObject::reset(bus::Message message) {
    gate_.serve<std::string, std::int64_t>(
        std::move(message), [this](const Caller& caller, const auto& call, const auto& user, auto uid) {
            constexpr std::int64_t last = static_cast<uid_t>(-2);
            if (uid < -1 || uid > last) return call->refuse({ManagementError::invalid_argument, "That is no uid."});
            const auto meant = uid == -1 ? std::nullopt : std::optional(static_cast<uid_t>(uid));
            administration_.reset(caller, user, meant, Call::answer<unsigned>(call, put_count));
        });
}

void AdminObject::bypass(bus::Message message) {
    gate_.serve<std::string, std::uint32_t, std::string>(
        std::move(message),
        [this](const Caller& caller, const auto& call, const auto& user, auto seconds, const auto& reason) {
            administration_.bypass(caller, user, Seconds(seconds), reason,
                                   Call::answer<HandedOut>(call, put_handed_out));
        });
}

void AdminObject::invite(bus::Message message) {
    gate_.serve<std::string, std::uint32_t>(
        std::move(message), [this](const Caller& caller, const auto& call, const auto& user, auto seconds) {
            administration_.invite(caller, user, Seconds(seconds), Call::answer<HandedOut>(call, put_handed_out));
        });
}

void AdminObject::bring_in(bus::Message message) {
    gate_.serve<std::string, std::vector<CarriedOnBus>, bool, bool>(
        std::move(message),
        [this](const Caller& caller, const auto& call, const auto& user, auto given, bool weak, bool look) {
            auto factors = carried(std::move(given), weak);
            if (!factors) return call->refuse(factors.error());
            administration_.bring_in(caller, user, *std::move(factors), look,
                                     Call::answer<std::vector<Fate>>(call, put_fates));
        });
}

void AdminObject::unlock(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& user) {
        administration_.unlock(caller, user, Call::answer<unsigned>(call, put_count));
    });
}

void AdminObject::keys(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller&, const auto& call, const auto& user) {
        keys_.list_of(user, Call::answer<std::vector<TrustedKey>>(call, put_keys));
    });
}

void AdminObject::forget_keys(bus::Message message) {
    gate_.serve<std::string, std::int64_t>(
        std::move(message), [this](const Caller& caller, const auto& call, const auto& user, auto id) {
            if (id < 0) return call->refuse({ManagementError::invalid_argument, "That is no id of a key."});
            const auto meant = id == 0 ? std::nullopt : std::optional<std::int64_t>(id);
            keys_.forget_of(caller, user, meant, Call::answer<unsigned>(call, put_count));
        });
}

void AdminObject::unlock_source(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& address) {
        administration_.unlock_source(caller, address, Call::answer<unsigned>(call, put_count));
    });
}

}  // namespace stepup
