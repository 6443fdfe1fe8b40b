#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"

namespace stepup::cli {
Exit disable(Desk& desk) {
    const auto meant = desk.be_sure("This removes all your factors and recovery codes: only your password will\n"
                                    "protect this account.",
                                    "disable");
    if (!meant) return desk.complain(meant.error());
    const auto removed = desk.in_session<std::uint32_t>(
        [](StepUpClient& client, const std::string& token) { return client.disable(token); });
    if (!removed) return desk.complain(removed.error());
    desk.say_json({{"removed", *removed}});
    desk.say((*removed == 1 ? "Your factor" : "Your " + std::to_string(*removed) + " factors")
             + " and recovery codes are removed.\n`stepup enroll totp` sets one up again.\n");
    return Exit::done;
}

}  // namespace stepup::cli
