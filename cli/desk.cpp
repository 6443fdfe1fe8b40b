#include "cli/desk.hpp"

#include <nlohmann/json.hpp>

#include "common/printable.hpp"

namespace stepup::cli {

void Desk::say(const std::string& text) {
    if (!options.json) out_ << text << std::flush;
}

void Desk::say_json(const nlohmann::json& data) {
    if (options.json) out_ << data.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void Desk::say_line(const nlohmann::json& data) {
    if (options.json) out_ << data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void Desk::say_why_not(const std::string& sentence) {
    if (!options.json) err_ << wrapped("stepup: " + sentence, width_of(STDERR_FILENO)) << std::endl;
}

Exit Desk::complain(const Refusal& refusal) {
    const auto message = printable(refusal.message, 1024);
    nlohmann::json json{{"error", row_of(refusal.error).name}, {"message", message}};
    if (refusal.seconds > 0) json["seconds"] = refusal.seconds;
    say_json(json);
    say_why_not(message);
    return row_of(refusal.error).exit;
}

Managed<> Desk::be_sure(const std::string& question, std::string_view word) {
    constexpr std::chrono::minutes patience{5};
    if (options.yes) return {};
    if (options.no_prompt || !terminal.is_there())
        return refuse(ManagementError::invalid_argument, "Nobody can be asked whether this is meant: say so by --yes.");
    const auto prompt = question + "\nType \"" + std::string(word) + "\" to go on: ";
    auto typed = terminal.ask(prompt, wire::Echo::on, Deadline::clock::now() + patience);
    const auto* answer = std::get_if<Secret>(&typed);
    if (answer != nullptr && answer->reveal() == word) return {};
    return refuse(ManagementError::not_authorized, "Nothing was changed.");
}

bool Desk::may_step_up() { return !options.no_prompt && terminal.is_there(); }

Managed<> Desk::step_up(const Refusal& demanded) {
    terminal.tell("This needs a recent verification.");
    const auto verified = TRY(socket.verify({}, terminal));
    if (verified.decision == Decision::granted) return {};
    if (verified.decision == Decision::unavailable) return refuse(ManagementError::unavailable, verified.text);
    return refuse(ManagementError::step_up_required, verified.text.empty() ? demanded.message : verified.text);
}

}  // namespace stepup::cli
