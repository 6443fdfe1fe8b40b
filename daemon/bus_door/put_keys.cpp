#include "daemon/bus_door/put_keys.hpp"

#include "daemon/bus_door/reply.hpp"

namespace stepup {
namespace {

int put_key(sd_bus_message* reply, const TrustedKey& key) {
    int error = put_entry(reply, "id", key.id);
    const auto put = [&](const char* name, auto value) {
        if (error >= 0) error = put_entry(reply, name, value);
    };
    put("fingerprint", std::string_view(key.fingerprint));
    put("type", std::string_view(key.type));
    put("factor", name_of(key.factor));
    put("network", std::string_view(key.network));
    put("trusted", unix_seconds(key.created));
    put("expires", unix_seconds(key.expires));
    put("last_used", unix_seconds(key.last_used.value_or(Millis(0))));
    put("uses", std::uint32_t{key.uses});
    return error;
}

}  // namespace

int put_keys(sd_bus_message* reply, std::vector<TrustedKey>& keys) {
    return put_in(reply, 'a', "a{sv}", [&] {
        int error = 0;
        for (const auto& key : keys)
            if (error >= 0) error = put_in(reply, 'a', "{sv}", [&] { return put_key(reply, key); });
        return error;
    });
}

}  // namespace stepup
