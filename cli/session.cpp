#include <nlohmann/json.hpp>

#include "cli/challenge.hpp"
#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

struct Words {
    const char* key;   ///< in JSON: true or false
    const char* done;  ///< for people
    const char* not_required;
};

/// The end of a Verify. Only a proof counts: where policy asks nothing, nothing was proved.
Exit end(Desk& desk, const Managed<Verified>& verified, const Words& words) {
    if (!verified) return desk.complain(verified.error());
    if (verified->decision == Decision::granted) {
        desk.say_json({{words.key, true}});
        desk.say(words.done);
        return Exit::done;
    }
    if (verified->decision == Decision::unavailable)
        return desk.complain(refuse(ManagementError::unavailable, verified->text).value());
    const std::string why = verified->decision == Decision::not_required ? words.not_required : verified->text;
    desk.say_json({{words.key, false}, {"message", why}});
    desk.say_why_not(why.empty() ? "Refused." : why);
    return Exit::refused;
}

}  // namespace

Exit verify(Desk& desk) {
    if (!desk.options.service.empty()) return verify_for_service(desk);
    const auto verified
        = desk.socket.verify({.max_age = 0, .may_ask = true, .factor = desk.options.factor}, desk.terminal);
    return end(desk, verified,
               {"verified", "Verified.\n", "You have no factor to verify. `stepup enroll totp` sets one up."});
}

Exit require(Desk& desk) {
    const auto& options = desk.options;
    const VerifyWish wish{
        .max_age = options.window, .may_ask = !options.no_prompt && desk.terminal.is_there(), .factor = options.factor};
    return end(desk, desk.socket.verify(wish, desk.terminal),
               {"recent", "", "You have no factor to verify. `stepup enroll totp` sets one up."});
}

Exit status(Desk& desk) {
    const auto found = desk.in_session<Status>(
        [&](StepUpClient& client, const std::string& token) { return client.status(desk.options.service, token); });
    if (!found) return desk.complain(found.error());
    desk.say_json({{"enrolled", found->enrolled},
                   {"requirement", found->requirement},
                   {"recent", found->recent},
                   {"remaining", found->remaining},
                   {"factor", found->factor},
                   {"strength", found->strength},
                   {"scope", found->scope}});
    desk.say(status_screen(*found, desk.options.service));
    return Exit::done;
}

Exit lock(Desk& desk) {
    const auto ended = desk.in_session<std::uint32_t>(
        [&](StepUpClient& client, const std::string& token) { return client.lock(desk.options.all, token); });
    if (!ended) return desk.complain(ended.error());
    desk.say_json({{"ended", *ended}});
    desk.say(*ended == 0 ? "Nothing was open.\n" : "Locked: the next step asks for a factor again.\n");
    return Exit::done;
}

}  // namespace stepup::cli
