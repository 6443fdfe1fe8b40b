#include "cli/challenge.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/factor_json.hpp"
#include "cli/find.hpp"

namespace stepup::cli {
namespace {

constexpr int tries = 3;  // as many as stepupd lets a challenge have

/// What was asked for, or a refusal: nobody is there, or nobody answered.
Managed<Secret> typed(Desk& desk, const std::string& question, Deadline deadline) {
    auto answer = desk.terminal.ask(question, wire::Echo::on, deadline);
    if (auto* line = std::get_if<Secret>(&answer)) return std::move(*line);
    const bool late = std::get<Terminal::Silence>(answer) == Terminal::Silence::too_late;
    return refuse(ManagementError::invalid_code, late ? "Nobody answered in time." : "Cancelled.");
}

/// Those that the command line leaves in question.
std::vector<Factor> meant(std::vector<Factor> factors, const std::string& which) {
    if (which.empty()) return factors;
    const auto id = id_of(which);
    std::erase_if(factors,
                  [&](const Factor& one) { return one.label != which && one.type != which && (!id || one.id != *id); });
    return factors;
}

/// Lets the person pick one of several by its number in the list.
Managed<Factor> picked(Desk& desk, const std::vector<Factor>& factors, Deadline deadline) {
    if (factors.size() == 1) return factors.front();
    desk.terminal.tell(choices_screen(factors, desk.options.service));
    for (int wrong = 0; wrong < tries; ++wrong) {
        const auto line = TRY(typed(desk, "Which one? [1] ", deadline));
        const auto number = line.reveal().empty() ? 1 : id_of(line.reveal()).value_or(0);
        if (number > 0 && std::cmp_less_equal(number, factors.size()))
            return factors[static_cast<std::size_t>(number - 1)];
    }
    return refuse(ManagementError::no_such_factor, "No factor was picked.");
}

/// Asks for its code until it is right. True if another factor is needed besides.
Managed<bool> proved(Desk& desk, StepUpClient& client, const Begun& begun, const Factor& factor, Deadline deadline) {
    const auto question = "Code of " + in_words(factor) + ": ";
    for (int wrong = 1;; ++wrong) {
        const auto code = TRY(typed(desk, question, deadline));
        const auto token = TRY(desk.socket.token());
        const auto status = client.answer(begun.challenge, factor.id, code.reveal(), token);
        if (status) return status->more;
        const auto why = status.error().error;
        const bool once_more = why == ManagementError::invalid_code || why == ManagementError::wrong_factor;
        if (!once_more || wrong == tries) return tl::make_unexpected(status.error());
        desk.terminal.tell(status.error().message);
    }
}

/// What is left to prove beside one of that type.
std::vector<Factor> other_kinds(Desk& desk, std::vector<Factor> factors, const std::string& type) {
    desk.terminal.tell("Accepted. One more is needed, of another kind.");
    std::erase_if(factors, [&](const Factor& one) { return one.type == type; });
    return factors;
}

/// Where nobody can be asked: what would do.
Exit only_list(Desk& desk, const std::vector<Factor>& factors) {
    const std::string why = "Nobody can be asked here.";
    auto json = nlohmann::json::array();
    for (const auto& factor : factors) json.push_back(json_of(factor));
    desk.say_json({{"verified", false}, {"factors", json}, {"message", why}});
    desk.say(choices_screen(factors, desk.options.service) + '\n');
    desk.say_why_not(why);
    return Exit::refused;
}

}  // namespace

Exit verify_for_service(Desk& desk) {
    auto client = StepUpClient::open();
    if (!client) return desk.complain(client.error());
    const auto token = desk.socket.token();
    if (!token) return desk.complain(token.error());
    const auto begun = client->begin(desk.options.service, *token);
    if (!begun) return desk.complain(begun.error());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(begun->seconds);
    auto factors = meant(begun->factors, desk.options.factor);
    if (factors.empty())
        return desk.complain(
            {ManagementError::no_such_factor,
             "That factor will not do there. " + choices_screen(begun->factors, desk.options.service)});
    if (desk.options.no_prompt || !desk.terminal.is_there()) return only_list(desk, factors);
    for (bool more = true; more;) {
        const auto factor = picked(desk, factors, deadline);
        if (!factor) return desk.complain(factor.error());
        const auto done = proved(desk, *client, *begun, *factor, deadline);
        if (!done) return desk.complain(done.error());
        more = *done;
        if (more) factors = other_kinds(desk, begun->factors, factor->type);
    }
    desk.say_json({{"verified", true}});
    desk.say("Verified.\n");
    return Exit::done;
}

}  // namespace stepup::cli
