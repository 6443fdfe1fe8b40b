#include "daemon/bus_door/put_factors.hpp"

#include "daemon/bus_door/reply.hpp"

namespace stepup {
namespace {

int put_factor(sd_bus_message* reply, const Enrollment& factor) {
    int error = put_entry(reply, "id", factor.id);
    const auto put = [&](const char* key, auto value) {
        if (error >= 0) error = put_entry(reply, key, value);
    };
    put("type", name_of(factor.kind));
    put("label", std::string_view(factor.label));
    put("active", factor.active);
    put("primary", factor.primary);
    put("enrolled", unix_seconds(factor.created));
    put("last_used", unix_seconds(factor.last_used.value_or(Millis(0))));
    put("strength", name_of(strength_of(factor.kind)));
    if (!is_code_set(factor.kind)) return error;
    put("left", std::uint32_t{factor.left});
    put("issued", std::uint32_t{factor.issued});
    return error;
}

}  // namespace

int put_factors(sd_bus_message* reply, std::vector<Enrollment>& factors) {
    return put_in(reply, 'a', "a{sv}", [&] {
        int error = 0;
        for (const auto& factor : factors)
            if (error >= 0) error = put_in(reply, 'a', "{sv}", [&] { return put_factor(reply, factor); });
        return error;
    });
}

}  // namespace stepup
