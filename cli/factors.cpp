#include "cli/factor_json.hpp"
#include "cli/find.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

Managed<std::vector<Factor>> factors() {
    auto client = TRY(StepUpClient::open());
    return client.list();
}

/// For completion: those of factors that can be named, started ones, too.
std::string labels_of(const std::vector<Factor>& factors) {
    std::string text;
    for (const auto& factor : factors)
        if (factor.issued == 0) text += factor.label + '\n';
    return text;
}

/// The one that the command line names.
Managed<Factor> meant(const Desk& desk) {
    const auto found = TRY(factors());
    const auto* factor = find_factor(found, desk.options.which);
    if (factor == nullptr) return refuse(ManagementError::no_such_factor);
    return *factor;
}

}  // namespace

Exit list(Desk& desk) {
    const auto found = factors();
    if (!found) return desk.complain(found.error());
    auto json = nlohmann::json::array();
    for (const auto& factor : *found) json.push_back(json_of(factor));
    desk.say_json({{"factors", json}});
    if (desk.options.labels)
        desk.say(labels_of(*found));
    else if (found->empty())
        desk.say("You have no factor yet. `stepup enroll totp` sets one up.\n");
    else
        desk.say(desk.options.plain ? wrapped(factors_in_words(*found), desk.canvas.width)
                                    : factors_table(*found, desk.canvas));
    return Exit::done;
}

Exit remove(Desk& desk) {
    const auto factor = meant(desk);
    if (!factor) return desk.complain(factor.error());
    const auto removed = desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.remove(factor->id, token); });
    if (!removed) return desk.complain(removed.error());
    desk.say_json({{"removed", factor->id}});
    desk.say("Removed " + in_words(*factor) + ".\n");
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
    desk.say(in_words(*factor) + " is now \"" + printable(label) + "\".\n");
    return Exit::done;
}

Exit primary(Desk& desk) {
    const auto factor = meant(desk);
    if (!factor) return desk.complain(factor.error());
    const auto chosen = desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.set_primary(factor->id, token); });
    if (!chosen) return desk.complain(chosen.error());
    desk.say_json({{"primary", factor->id}});
    desk.say(in_words(*factor) + " is asked for first from now on.\n");
    return Exit::done;
}

}  // namespace stepup::cli
