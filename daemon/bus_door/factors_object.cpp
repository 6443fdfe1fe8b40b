#include "daemon/bus_door/objects.hpp"
#include "daemon/bus_door/put_factors.hpp"
#include "daemon/bus_door/reply.hpp"
#include "dbus/vtable.hpp"
#include "qr/qr_code.hpp"

namespace stepup {
namespace {

int put_number(sd_bus_message* reply, unsigned& number) {
    return sd_bus_message_append(reply, "u", std::uint32_t{number});
}

int put_started(sd_bus_message* reply, Started& started) {
    auto qr = qr_data_uri(started.uri);
    const int error
        = sd_bus_message_append(reply, "xsss", started.id, started.secret.c_str(), started.uri.c_str(), qr.c_str());
    bus::wipe(started.secret);
    bus::wipe(started.uri);
    bus::wipe(qr);
    return error;
}

int put_id(sd_bus_message* reply, Started& started) { return sd_bus_message_append(reply, "x", started.id); }

}  // namespace

const sd_bus_vtable FactorsObject::vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", factors), bus::call<&FactorsObject::list>,
                            SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("EnrollTotp", SD_BUS_ARGS("s", label, "s", algorithm, "u", digits, "s", token),
                            SD_BUS_RESULT("x", id, "s", secret, "s", uri, "s", qr),
                            bus::call<&FactorsObject::enroll_totp>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("EnrollHotp", SD_BUS_ARGS("s", label, "u", digits, "t", counter, "s", secret, "s", token),
                            SD_BUS_RESULT("x", id, "s", secret, "s", uri, "s", qr),
                            bus::call<&FactorsObject::enroll_hotp>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("EnrollSshSecurityKey", SD_BUS_ARGS("s", label, "s", token), SD_BUS_RESULT("x", id),
                            bus::call<&FactorsObject::enroll_ssh_security_key>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Import",
                            SD_BUS_ARGS("s", type, "s", label, "s", algorithm, "u", digits, "u", period, "t", counter,
                                        "s", secret, "s", token),
                            SD_BUS_RESULT("x", id), bus::call<&FactorsObject::bring_in>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Confirm", SD_BUS_ARGS("x", id, "s", code, "s", token), SD_BUS_RESULT("as", recovery_codes),
                            bus::call<&FactorsObject::confirm>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("x", id, "s", token), SD_BUS_NO_RESULT,
                            bus::call<&FactorsObject::remove>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Rename", SD_BUS_ARGS("x", id, "s", label, "s", token), SD_BUS_NO_RESULT,
                            bus::call<&FactorsObject::rename>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("SetPrimary", SD_BUS_ARGS("x", id, "s", token), SD_BUS_NO_RESULT,
                            bus::call<&FactorsObject::set_primary>,
                            SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Disable", SD_BUS_ARGS("s", token), SD_BUS_RESULT("u", removed),
                            bus::call<&FactorsObject::disable>, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_VTABLE_END};

void FactorsObject::list(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller& caller, const auto& call) {
        Call::answer<std::vector<Enrollment>>(call, put_factors)(management_.list(caller));
    });
}

void FactorsObject::enroll_totp(bus::Message message) {
    gate_.serve<std::string, std::string, std::uint32_t>(
        std::move(message), [this](const Caller& caller, const auto& call, auto label, auto algorithm, auto digits) {
            EnrollmentWish wish;
            wish.label = std::move(label);
            wish.algorithm = std::move(algorithm);
            wish.digits = digits;
            management_.enroll(caller, FactorKind::totp, wish, Call::answer<Started>(call, put_started));
        });
}

void FactorsObject::enroll_hotp(bus::Message message) {
    gate_.serve<std::string, std::uint32_t, std::uint64_t, Secret>(
        std::move(message),
        [this](const Caller& caller, const auto& call, auto label, auto digits, auto counter, Secret secret) {
            EnrollmentWish wish;
            wish.label = std::move(label);
            wish.digits = digits;
            wish.counter = counter;
            wish.secret = std::move(secret);
            management_.enroll(caller, FactorKind::hotp, wish, Call::answer<Started>(call, put_started));
        });
}

void FactorsObject::enroll_ssh_security_key(bus::Message message) {
    gate_.serve<std::string>(std::move(message), [this](const Caller& caller, const auto& call, const auto& label) {
        management_.enroll_login_key(caller, label, Call::answer<Started>(call, put_id));
    });
}

void FactorsObject::bring_in(bus::Message message) {
    gate_.serve<std::string, std::string, std::string, std::uint32_t, std::uint32_t, std::uint64_t, Secret>(
        std::move(message),
        [this](const Caller& caller, const auto& call, auto type, auto label, auto algorithm, auto digits, auto period,
               auto counter, Secret secret) {
            const auto kind = kind_named(type);
            if (!kind || secret.empty())
                return call->refuse({ManagementError::invalid_argument, "A factor has a type and a secret."});
            const EnrollmentWish wish{label, algorithm, digits, period, counter, std::move(secret)};
            management_.enroll(caller, *kind, wish, Call::answer<Started>(call, put_id));
        });
}

void FactorsObject::confirm(bus::Message message) {
    gate_.serve<std::int64_t, Secret>(
        std::move(message), [this](const Caller& caller, const auto& call, auto id, Secret code) {
            management_.confirm(caller, id, std::move(code), Call::answer<std::vector<std::string>>(call, put_once));
        });
}

void FactorsObject::remove(bus::Message message) {
    gate_.serve<std::int64_t>(std::move(message), [this](const Caller& caller, const auto& call, auto id) {
        management_.remove(caller, id, Call::answer(call));
    });
}

void FactorsObject::rename(bus::Message message) {
    gate_.serve<std::int64_t, std::string>(std::move(message),
                                           [this](const Caller& caller, const auto& call, auto id, const auto& label) {
                                               management_.rename(caller, id, label, Call::answer(call));
                                           });
}

void FactorsObject::set_primary(bus::Message message) {
    gate_.serve<std::int64_t>(std::move(message), [this](const Caller& caller, const auto& call, auto id) {
        management_.set_primary(caller, id, Call::answer(call));
    });
}

void FactorsObject::disable(bus::Message message) {
    gate_.serve<>(std::move(message), [this](const Caller& caller, const auto& call) {
        management_.disable(caller, Call::answer<unsigned>(call, put_number));
    });
}

}  // namespace stepup
