#include "cli/reading.hpp"
#include "cli/stepup_client.hpp"
#include "common/result.hpp"
#include "dbus/names.hpp"

// org.stepup.StepUp1.Keys, and what of Admin is about trusted keys.

namespace stepup::cli {
namespace {

using Text = std::string_view;

bool read_key(sd_bus_message* m, TrustedKey& into) {
    return read_entries(m, [&](std::string_view key) {
        if (key == "id") return read_as(m, "x", into.id);
        if (key == "fingerprint") return read_text(m, into.fingerprint);
        if (key == "type") return read_text(m, into.type);
        if (key == "factor") return read_text(m, into.factor);
        if (key == "network") return read_text(m, into.network);
        if (key == "trusted") return read_as(m, "t", into.trusted);
        if (key == "expires") return read_as(m, "t", into.expires);
        if (key == "last_used") return read_as(m, "t", into.last_used);
        if (key == "uses") return read_as(m, "u", into.uses);
        return false;
    });
}

Managed<std::vector<TrustedKey>> read_keys(const bus::Message& reply) {
    std::vector<TrustedKey> keys;
    if (sd_bus_message_enter_container(reply.get(), 'a', "a{sv}") <= 0) return not_understood();
    while (sd_bus_message_at_end(reply.get(), 0) == 0)
        if (!read_key(reply.get(), keys.emplace_back())) return not_understood();
    return keys;
}

Managed<std::uint32_t> read_count(const bus::Message& reply) {
    std::uint32_t count = 0;
    if (!bus::read(reply.get(), count)) return not_understood();
    return count;
}

}  // namespace

Managed<std::vector<TrustedKey>> StepUpClient::keys() {
    return read_keys(TRY(client_.call(bus::keys_interface, "List")));
}

Managed<> StepUpClient::forget_key(std::int64_t id) {
    TRY(client_.call(bus::keys_interface, "Forget", id));
    return {};
}

Managed<std::uint32_t> StepUpClient::forget_keys() {
    return read_count(TRY(client_.call(bus::keys_interface, "ForgetAll")));
}

Managed<std::vector<TrustedKey>> StepUpClient::keys_of(const std::string& user, const std::string& token) {
    return read_keys(TRY(client_.call(bus::admin_interface, "Keys", Text(user), Text(token))));
}

Managed<std::uint32_t> StepUpClient::forget_keys_of(const std::string& user, std::int64_t id,
                                                    const std::string& token) {
    return read_count(TRY(client_.call(bus::admin_interface, "ForgetKeys", Text(user), id, Text(token))));
}

}  // namespace stepup::cli
