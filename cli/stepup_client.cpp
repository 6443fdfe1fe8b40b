#include "cli/stepup_client.hpp"

#include "cli/reading.hpp"
#include "common/printable.hpp"
#include "common/result.hpp"
#include "dbus/names.hpp"

namespace stepup::cli {
namespace {

bool read_factor(sd_bus_message* m, Factor& into) {
    return read_entries(m, [&](std::string_view key) {
        if (key == "id") return read_as(m, "x", into.id);
        if (key == "type") return read_text(m, into.type);
        if (key == "label") return read_text(m, into.label);
        if (key == "strength") return read_text(m, into.strength);
        if (key == "active") return read_truth(m, into.active);
        if (key == "primary") return read_truth(m, into.primary);
        if (key == "enrolled") return read_as(m, "t", into.enrolled);
        if (key == "last_used") return read_as(m, "t", into.last_used);
        if (key == "left") return read_as(m, "u", into.left);
        if (key == "issued") return read_as(m, "u", into.issued);
        return false;
    });
}

bool read_factors(sd_bus_message* m, std::vector<Factor>& into) {
    if (sd_bus_message_enter_container(m, 'a', "a{sv}") <= 0) return false;
    while (sd_bus_message_at_end(m, 0) == 0)
        if (!read_factor(m, into.emplace_back())) return false;
    return sd_bus_message_exit_container(m) >= 0;
}

bool read_status(sd_bus_message* m, Status& into) {
    return read_entries(m, [&](std::string_view key) {
        if (key == "enrolled") return read_truth(m, into.enrolled);
        if (key == "requirement") return read_text(m, into.requirement);
        if (key == "recent") return read_truth(m, into.recent);
        if (key == "remaining") return read_as(m, "u", into.remaining);
        if (key == "factor") return read_text(m, into.factor);
        if (key == "strength") return read_text(m, into.strength);
        if (key == "scope") return read_text(m, into.scope);
        if (key == "more") return read_truth(m, into.more);
        return false;
    });
}

Managed<std::vector<std::string>> read_codes(const bus::Message& reply) {
    std::vector<std::string> codes;
    if (sd_bus_message_enter_container(reply.get(), 'a', "s") <= 0) return not_understood();
    for (std::string code; bus::read(reply.get(), code);) codes.push_back(printable(code));
    return codes;
}

Managed<Started> read_started(const bus::Message& reply) {
    Started started;
    const bool whole = bus::read(reply.get(), started.id) && bus::read(reply.get(), started.secret)
        && bus::read(reply.get(), started.uri);
    if (!whole) return not_understood();
    return started;
}

Managed<std::int64_t> read_id(const bus::Message& reply) {
    std::int64_t id = 0;
    if (!bus::read(reply.get(), id)) return not_understood();
    return id;
}

Managed<std::uint32_t> read_count(const bus::Message& reply) {
    std::uint32_t count = 0;
    if (!bus::read(reply.get(), count)) return not_understood();
    return count;
}

using Text = std::string_view;

}  // namespace

Managed<StepUpClient> StepUpClient::open() { return StepUpClient(TRY(bus::Client::open())); }

Managed<std::vector<Factor>> StepUpClient::list() {
    const auto reply = TRY(client_.call(bus::factors_interface, "List"));
    std::vector<Factor> factors;
    if (!read_factors(reply.get(), factors)) return not_understood();
    return factors;
}

Managed<Started> StepUpClient::enroll_totp(const std::string& label, const std::string& algorithm, std::uint32_t digits,
                                           const std::string& token) {
    const auto reply
        = TRY(client_.call(bus::factors_interface, "EnrollTotp", Text(label), Text(algorithm), digits, Text(token)));
    return read_started(reply);
}

Managed<Started> StepUpClient::enroll_hotp(const std::string& label, std::uint32_t digits, std::uint64_t counter,
                                           std::string_view secret, const std::string& token) {
    return read_started(
        TRY(client_.call(bus::factors_interface, "EnrollHotp", Text(label), digits, counter, secret, Text(token))));
}

Managed<std::int64_t> StepUpClient::enroll_ssh_security_key(const std::string& label, const std::string& token) {
    return read_id(TRY(client_.call(bus::factors_interface, "EnrollSshSecurityKey", Text(label), Text(token))));
}

Managed<std::int64_t> StepUpClient::bring(const Carried& factor, const std::string& token) {
    return read_id(TRY(client_.call(bus::factors_interface, "Import", Text(factor.type), Text(factor.label),
                                    Text(factor.algorithm), factor.digits, factor.period, factor.counter, factor.secret,
                                    Text(token))));
}

Managed<std::vector<std::string>> StepUpClient::confirm(std::int64_t id, std::string_view code,
                                                        const std::string& token) {
    return read_codes(TRY(client_.call(bus::factors_interface, "Confirm", id, code, Text(token))));
}

Managed<> StepUpClient::remove(std::int64_t id, const std::string& token) {
    TRY(client_.call(bus::factors_interface, "Remove", id, Text(token)));
    return {};
}

Managed<> StepUpClient::rename(std::int64_t id, const std::string& label, const std::string& token) {
    TRY(client_.call(bus::factors_interface, "Rename", id, Text(label), Text(token)));
    return {};
}

Managed<> StepUpClient::set_primary(std::int64_t id, const std::string& token) {
    TRY(client_.call(bus::factors_interface, "SetPrimary", id, Text(token)));
    return {};
}

Managed<std::uint32_t> StepUpClient::disable(const std::string& token) {
    return read_count(TRY(client_.call(bus::factors_interface, "Disable", Text(token))));
}

Managed<RecoveryCount> StepUpClient::recovery_codes() {
    const auto reply = TRY(client_.call(bus::recovery_interface, "Status"));
    RecoveryCount count;
    if (!bus::read(reply.get(), count.left) || !bus::read(reply.get(), count.issued)) return not_understood();
    return count;
}

Managed<std::vector<std::string>> StepUpClient::regenerate(const std::string& token) {
    return read_codes(TRY(client_.call(bus::recovery_interface, "Regenerate", Text(token))));
}

Managed<Status> StepUpClient::status(const std::string& service, const std::string& token) {
    const auto reply = TRY(client_.call(bus::session_interface, "Status", Text(service), Text(token)));
    Status status;
    if (!read_status(reply.get(), status)) return not_understood();
    return status;
}

Managed<Begun> StepUpClient::begin(const std::string& service, const std::string& token) {
    const auto reply = TRY(client_.call(bus::session_interface, "Begin", Text(service), Text(token)));
    Begun begun;
    std::string prompt;  // a terminal says more: which factor's code
    const bool whole = bus::read(reply.get(), begun.challenge) && read_factors(reply.get(), begun.factors)
        && bus::read(reply.get(), prompt) && bus::read(reply.get(), begun.seconds);
    if (!whole) return not_understood();
    return begun;
}

Managed<Status> StepUpClient::answer(const std::string& challenge, std::int64_t factor, std::string_view code,
                                     const std::string& token) {
    const auto reply = TRY(client_.call(bus::session_interface, "Answer", Text(challenge), factor, code, Text(token)));
    Status status;
    if (!read_status(reply.get(), status)) return not_understood();
    return status;
}

Managed<std::uint32_t> StepUpClient::lock(bool all, const std::string& token) {
    return read_count(TRY(client_.call(bus::session_interface, "Lock", all, Text(token))));
}

}  // namespace stepup::cli
