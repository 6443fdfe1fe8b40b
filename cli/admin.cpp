#include <nlohmann/json.hpp>

#include "cli/admin_screens.hpp"
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

Exit hand_over(Desk& desk, const Managed<HandedOut>& out) {
    if (!out) return desk.complain(out.error());
    desk.say_json({{"user", desk.options.which}, {"code", out->code}, {"expires", out->expires}});
    desk.say(handed_out_screen(desk.options.which, *out));
    return Exit::done;
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
        const auto failures = TRY(desk.as_admin<std::uint32_t>(call));
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

Exit admin_reset(Desk& desk) {
    const auto& options = desk.options;
    const auto meant
        = desk.be_sure("This removes every factor and recovery code of " + printable(options.which) + ".", "reset");
    if (!meant) return desk.complain(meant.error());
    const auto factors = desk.as_admin<std::uint32_t>([&](StepUpClient& client, const std::string& token) {
        return client.reset(options.which, options.uid, token);
    });
    if (!factors) return desk.complain(factors.error());
    desk.say_json({{"user", options.which}, {"factors", *factors}});
    desk.say("Reset " + printable(options.which) + ": "
             + (*factors == 1 ? "1 factor is" : std::to_string(*factors) + " factors are") + " removed.\n");
    return Exit::done;
}

Exit admin_bypass(Desk& desk) {
    const auto& options = desk.options;
    return hand_over(desk, desk.as_admin<HandedOut>([&](StepUpClient& client, const std::string& token) {
        return client.bypass(options.which, options.lasts, options.reason, token);
    }));
}

Exit admin_invite(Desk& desk) {
    const auto& options = desk.options;
    return hand_over(desk, desk.as_admin<HandedOut>([&](StepUpClient& client, const std::string& token) {
        return client.invite(options.which, options.lasts, token);
    }));
}

}  // namespace stepup::cli
