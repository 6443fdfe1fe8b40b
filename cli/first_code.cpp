#include "cli/first_code.hpp"

#include <chrono>

#include <nlohmann/json.hpp>

#include "common/printable.hpp"

namespace stepup::cli {
namespace {

constexpr int tries = 3;
constexpr std::chrono::minutes patience{14};  // the daemon waits 15 minutes for the first code

using Codes = std::vector<std::string>;

Managed<Codes> confirm_with(Desk& desk, std::int64_t id, std::string_view code) {
    return desk.in_session<Codes>(
        [&](StepUpClient& client, const std::string& token) { return client.confirm(id, code, token); });
}

Exit confirmed(Desk& desk, const Codes& codes) {
    desk.say_json({{"confirmed", true}, {"recovery_codes", codes}});
    desk.say("Enrolled.\n" + (codes.empty() ? std::string() : recovery_codes_screen(codes)));
    return Exit::done;
}

}  // namespace

void give_up(Desk& desk, std::int64_t id) {
    (void)desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.remove(id, token); });
}

Exit ask_first_code(Desk& desk, std::int64_t id, const Words& words) {
    std::string question = words.question;
    for (int wrong = 0; wrong < tries;) {
        auto typed = desk.terminal.ask(question, wire::Echo::on, std::chrono::steady_clock::now() + patience);
        const auto* code = std::get_if<Secret>(&typed);
        if (code == nullptr) return desk.complain({ManagementError::invalid_code, not_confirmed_yet(id)});
        const auto codes = confirm_with(desk, id, code->reveal());
        if (codes) return confirmed(desk, *codes);
        const auto why = codes.error().error;
        const bool mistaken = why == ManagementError::wrong_factor || why == ManagementError::different_secret;
        if (!mistaken && why != ManagementError::invalid_code) return desk.complain(codes.error());
        if (++wrong == tries) break;
        question = (mistaken ? printable(codes.error().message) + '\n' : "Not accepted. ") + words.question;
    }
    give_up(desk, id);
    return desk.complain({ManagementError::invalid_code,
                          std::string("Three codes were wrong, so nothing was enrolled. ") + words.check});
}

Exit confirm_by(Desk& desk, std::int64_t id, std::string_view code) {
    const auto codes = confirm_with(desk, id, code);
    return codes ? confirmed(desk, *codes) : desk.complain(codes.error());
}

std::string not_confirmed_yet(std::int64_t id) {
    return "Not confirmed yet. Within 15 minutes, `stepup confirm " + std::to_string(id) + " CODE` does it.";
}

}  // namespace stepup::cli
