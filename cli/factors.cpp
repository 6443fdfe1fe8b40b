#include <nlohmann/json.hpp>

#include "cli/find.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

nlohmann::json json_of(const Factor& factor) {
    nlohmann::json json{{"id", factor.id},
                        {"type", factor.type},
                        {"label", factor.label},
                        {"strength", factor.strength},
                        {"active", factor.active},
                        {"primary", factor.primary},
                        {"enrolled", factor.enrolled},
                        {"last_used", factor.last_used}};
    if (factor.last_used == 0) json["last_used"] = nullptr;
    if (factor.issued > 0) json.update({{"left", factor.left}, {"issued", factor.issued}});
    return json;
}

Managed<std::vector<Factor>> factors() {
    auto client = TRY(StepUpClient::open());
    return client.list();
}

/// The one that the command line names.
Managed<Factor> meant(const Desk& desk) {
    const auto found = TRY(factors());
    const auto* factor = find_factor(found, desk.options.which);
    if (factor == nullptr) return refuse(ManagementError::no_such_factor);
    return *factor;
}

/// totp "phone"
std::string quoted(const Factor& factor) { return factor.type + " \"" + factor.label + '"'; }

}  // namespace

Exit list(Desk& desk) {
    const auto found = factors();
    if (!found) return desk.complain(found.error());
    auto json = nlohmann::json::array();
    for (const auto& factor : *found) json.push_back(json_of(factor));
    desk.say_json({{"factors", json}});
    if (found->empty())
        desk.say("You have no factor yet. `stepup enroll totp` sets one up.\n");
    else
        desk.say(desk.options.plain ? factors_in_words(*found) : factors_table(*found, desk.canvas));
    return Exit::done;
}

Exit remove(Desk& desk) {
    const auto factor = meant(desk);
    if (!factor) return desk.complain(factor.error());
    const auto removed = desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.remove(factor->id, token); });
    if (!removed) return desk.complain(removed.error());
    desk.say_json({{"removed", factor->id}});
    desk.say("Removed " + quoted(*factor) + ".\n");
    return Exit::done;
}

Exit rename(Desk& desk) {
    const auto factor = meant(desk);
    if (!factor) return desk.complain(factor.error());
    const auto& label = desk.options.name;
    const auto renamed = desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.rename(factor->id, label, token); });
    if (!renamed) return desk.complain(renamed.error());
    desk.say_json({{"renamed", factor->id}, {"label", label}});
    desk.say(quoted(*factor) + " is now \"" + printable(label) + "\".\n");
    return Exit::done;
}

Exit primary(Desk& desk) {
    const auto factor = meant(desk);
    if (!factor) return desk.complain(factor.error());
    const auto chosen = desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.set_primary(factor->id, token); });
    if (!chosen) return desk.complain(chosen.error());
    desk.say_json({{"primary", factor->id}});
    desk.say(quoted(*factor) + " is asked for first from now on.\n");
    return Exit::done;
}

}  // namespace stepup::cli
