#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

std::string told(const std::string& who, std::uint32_t failures) {
    return "Unlocked " + printable(who) + ": "
        + (failures == 0       ? "there were no failures"
               : failures == 1 ? "1 failure is forgotten"
                               : std::to_string(failures) + " failures are forgotten")
        + ".\n";
}

}  // namespace

Exit unlock(Desk& desk) {
    const auto& user = desk.options.which;
    const auto& source = desk.options.source;
    if (user.empty() && source.empty())
        return desk.complain({ManagementError::invalid_argument, "Say whom: a user, or --source and an address."});
    nlohmann::json json;
    std::string text;
    const auto unlocked = [&](const char* key, const std::string& who, auto call) -> Managed<> {
        if (who.empty()) return {};
        const auto failures = TRY(desk.in_session<std::uint32_t>(call));
        json[key] = {{"name", who}, {"failures", failures}};
        text += told(who, failures);
        return {};
    };
    auto done = unlocked("user", user,
                         [&](StepUpClient& client, const std::string& token) { return client.unlock(user, token); });
    if (done)
        done = unlocked("source", source, [&](StepUpClient& client, const std::string& token) {
            return client.unlock_source(source, token);
        });
    if (!done) return desk.complain(done.error());
    desk.say_json(json);
    desk.say(text);
    return Exit::done;
}

}  // namespace stepup::cli
