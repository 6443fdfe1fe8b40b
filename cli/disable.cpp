#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

constexpr std::chrono::minutes patience{5};

/// Nothing, if whoever sits at the terminal means it. Without one --yes must say so.
Managed<> is_meant(Desk& desk) {
    if (desk.options.yes) return {};
    if (desk.options.no_prompt || !desk.terminal.is_there())
        return refuse(ManagementError::invalid_argument, "Nobody can be asked whether this is meant: say so by --yes.");
    auto typed = desk.terminal.ask("This removes all your factors and recovery codes: only your password will protect\n"
                                   "this account. Type \"disable\" to go on: ",
                                   wire::Echo::on, std::chrono::steady_clock::now() + patience);
    const auto* answer = std::get_if<Secret>(&typed);
    if (answer != nullptr && answer->reveal() == "disable") return {};
    return refuse(ManagementError::not_authorized, "Nothing was changed.");
}

}  // namespace

Exit disable(Desk& desk) {
    const auto meant = is_meant(desk);
    if (!meant) return desk.complain(meant.error());
    const auto removed = desk.in_session<std::uint32_t>(
        [](StepUpClient& client, const std::string& token) { return client.disable(token); });
    if (!removed) return desk.complain(removed.error());
    desk.say_json({{"removed", *removed}});
    desk.say((*removed == 1 ? "Your factor" : "Your " + std::to_string(*removed) + " factors")
             + " and recovery codes are removed. `stepup enroll totp` sets one up again.\n");
    return Exit::done;
}

}  // namespace stepup::cli
