#include <chrono>

#include <nlohmann/json.hpp>

#include "cli/brought_secret.hpp"
#include "cli/find.hpp"
#include "cli/qr_file.hpp"
#include "cli/verbs.hpp"
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

std::string later(std::int64_t id) {
    return "Not confirmed yet. Within 15 minutes, `stepup confirm " + std::to_string(id) + " CODE` does it.";
}

/// Nobody will confirm it any more; if this fails it runs out by itself.
void give_up(Desk& desk, std::int64_t id) {
    (void)desk.in_session<void>(
        [&](StepUpClient& client, const std::string& token) { return client.remove(id, token); });
}

/// What is said of one type of factor.
struct Words {
    const char* question;  ///< for the first code
    const char* check;     ///< after three wrong ones
};
constexpr Words totp_words{"Code that the app shows: ", "Check that the device's clock is right, then start again."};
constexpr Words hotp_words{"Next code of the token: ", "Check the secret and the --counter, then start again."};

/// Asks for the first code until it is right, three times.
Exit ask_first_code(Desk& desk, std::int64_t id, const Words& words) {
    std::string question = words.question;
    for (int wrong = 0; wrong < tries;) {
        auto typed = desk.terminal.ask(question, wire::Echo::on, std::chrono::steady_clock::now() + patience);
        const auto* code = std::get_if<Secret>(&typed);
        if (code == nullptr) return desk.complain({ManagementError::invalid_code, later(id)});
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

/// What the person needs to see: nothing, where the token has its secret already.
std::string shown(const Desk& desk, const Started& started) {
    if (started.uri.empty()) return {};
    std::string text;
    if (!desk.options.qr.empty())
        text = "The QR code is in " + printable(desk.options.qr)
            + ". Whoever sees it can make your codes: delete it once it is scanned.\n\n";
    Canvas canvas = desk.canvas;
    canvas.is_terminal = canvas.is_terminal && desk.options.qr.empty();  // one picture is enough
    return text + (desk.options.plain ? plain_enroll_screen(started) : enroll_screen(started, canvas));
}

Exit carry_on(Desk& desk, const Managed<Started>& started, const Words& words, std::optional<QrFile>& file) {
    if (!started) return desk.complain(started.error());
    if (file) {
        const auto written = file->show(started->uri);
        if (!written) give_up(desk, started->id);
        if (!written) return desk.complain(written.error());
    }
    nlohmann::json json{{"id", started->id}, {"secret", started->secret}, {"uri", started->uri}};
    if (file) json["qr"] = desk.options.qr;
    desk.say_json(json);
    if (desk.options.json) return Exit::done;
    desk.say(shown(desk, *started));
    if (desk.options.no_prompt || !desk.terminal.is_there()) {
        desk.say(later(started->id) + '\n');
        return Exit::done;
    }
    return ask_first_code(desk, started->id, words);
}

/// The file that --qr names; nothing without it.
Managed<std::optional<QrFile>> qr_file(const Desk& desk) {
    std::optional<QrFile> file;
    if (!desk.options.qr.empty()) file.emplace(TRY(QrFile::make(desk.options.qr)));
    return file;
}

}  // namespace

Exit enroll_totp(Desk& desk) {
    const auto& options = desk.options;
    auto file = qr_file(desk);
    if (!file) return desk.complain(file.error());
    const auto started = desk.in_session<Started>([&](StepUpClient& client, const std::string& token) {
        return client.enroll_totp(options.label, options.algorithm, options.digits, token);
    });
    return carry_on(desk, started, totp_words, *file);
}

Exit enroll_hotp(Desk& desk) {
    const auto& options = desk.options;
    const auto secret = options.own_secret ? brought_secret(desk) : Managed<Secret>(Secret());
    if (!secret) return desk.complain(secret.error());
    auto file = qr_file(desk);
    if (!file) return desk.complain(file.error());
    const auto started = desk.in_session<Started>([&](StepUpClient& client, const std::string& token) {
        return client.enroll_hotp(options.label, options.digits, options.counter, secret->reveal(), token);
    });
    return carry_on(desk, started, hotp_words, *file);
}

Exit confirm(Desk& desk) {
    const auto id = id_of(desk.options.which);
    if (!id) return desk.complain({ManagementError::no_such_factor, "`stepup enroll` says which id to confirm."});
    const auto codes = confirm_with(desk, *id, desk.options.code);
    return codes ? confirmed(desk, *codes) : desk.complain(codes.error());
}

}  // namespace stepup::cli
