#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/find.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

nlohmann::json json_of(const TrustedKey& key) {
    nlohmann::json json{{"id", key.id},           {"fingerprint", key.fingerprint}, {"type", key.type},
                        {"factor", key.factor},   {"network", key.network},         {"trusted", key.trusted},
                        {"expires", key.expires}, {"last_used", key.last_used},     {"uses", key.uses}};
    if (key.last_used == 0) json["last_used"] = nullptr;
    return json;
}

/// The key that is meant by `which`: its fingerprint, with or without "SHA256:", or its id.
const TrustedKey* find_key(const std::vector<TrustedKey>& keys, const std::string& which) {
    const auto id = id_of(which);
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& one) {
        return one.fingerprint == which || one.fingerprint == "SHA256:" + which || (id && one.id == *id);
    });
    return found == keys.end() ? nullptr : &*found;
}

std::string told(std::size_t count) {
    if (count == 0) return "There was no trusted key.\n";
    return "Forgot " + (count == 1 ? "1 trusted key" : std::to_string(count) + " trusted keys") + ".\n";
}

Exit show(Desk& desk, const Managed<std::vector<TrustedKey>>& keys, const char* none) {
    if (!keys) return desk.complain(keys.error());
    auto json = nlohmann::json::array();
    for (const auto& key : *keys) json.push_back(json_of(key));
    desk.say_json({{"keys", json}});
    desk.say(keys->empty() ? none : keys_table(*keys));
    return Exit::done;
}

Exit tell(Desk& desk, const Managed<std::uint32_t>& forgotten) {
    if (!forgotten) return desk.complain(forgotten.error());
    desk.say_json({{"forgotten", *forgotten}});
    desk.say(told(*forgotten));
    return Exit::done;
}

/// One of a key and --all must be said: forgetting all is nothing to slip into.
Managed<> one_or_all(const Options& options, const std::string& key) {
    if (key.empty() == options.all) return {};
    return refuse(ManagementError::invalid_argument, "Say which key, by its id or fingerprint, or --all.");
}

Managed<std::int64_t> id_of_key(const std::vector<TrustedKey>& keys, const std::string& which) {
    const auto* key = find_key(keys, which);
    if (key == nullptr) return refuse(ManagementError::no_such_key);
    return key->id;
}

Managed<std::uint32_t> forget_own(const Options& options) {
    TRY(one_or_all(options, options.which));
    auto client = TRY(StepUpClient::open());
    if (options.all) return client.forget_keys();
    const auto keys = TRY(client.keys());
    const auto id = TRY(id_of_key(keys, options.which));
    TRY(client.forget_key(id));
    return 1;
}

Managed<std::uint32_t> forget_of_user(Desk& desk) {
    const auto& options = desk.options;
    TRY(one_or_all(options, options.name));
    return desk.as_admin<std::uint32_t>([&](StepUpClient& client, const std::string& token) -> Managed<std::uint32_t> {
        if (options.all) return client.forget_keys_of(options.which, 0, token);
        const auto keys = TRY(client.keys_of(options.which, token));
        const auto id = TRY(id_of_key(keys, options.name));
        const auto another = TRY(desk.socket.token());  // each is good once
        return client.forget_keys_of(options.which, id, another);
    });
}

}  // namespace

Exit keys_list(Desk& desk) {
    auto client = StepUpClient::open();
    if (!client) return desk.complain(client.error());
    return show(desk, client->keys(), "You trust no SSH key on this host.\n");
}

Exit keys_forget(Desk& desk) { return tell(desk, forget_own(desk.options)); }

Exit admin_keys_list(Desk& desk) {
    const auto keys = desk.as_admin<std::vector<TrustedKey>>(
        [&](StepUpClient& client, const std::string& token) { return client.keys_of(desk.options.which, token); });
    return show(desk, keys, "This user trusts no SSH key.\n");
}

Exit admin_keys_forget(Desk& desk) { return tell(desk, forget_of_user(desk)); }

}  // namespace stepup::cli
