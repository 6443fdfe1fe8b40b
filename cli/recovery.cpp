#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

Managed<RecoveryCount> count() {
    auto client = TRY(StepUpClient::open());
    return client.recovery_codes();
}

}  // namespace

Exit recovery(Desk& desk) {
    const auto found = count();
    if (!found) return desk.complain(found.error());
    desk.say_json({{"left", found->left}, {"issued", found->issued}});
    desk.say(recovery_screen(*found));
    return Exit::done;
}

Exit regenerate(Desk& desk) {
    using Codes = std::vector<std::string>;
    const auto codes = desk.in_session<Codes>(
        [](StepUpClient& client, const std::string& token) { return client.regenerate(token); });
    if (!codes) return desk.complain(codes.error());
    desk.say_json({{"recovery_codes", *codes}});
    desk.say("The old recovery codes are void.\n" + recovery_codes_screen(*codes));
    return Exit::done;
}

}  // namespace stepup::cli
