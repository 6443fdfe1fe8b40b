#include <nlohmann/json.hpp>

#include "cli/brought_secret.hpp"
#include "cli/first_code.hpp"
#include "cli/find.hpp"
#include "cli/qr_file.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

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
        desk.say(not_confirmed_yet(started->id) + '\n');
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

/// Nothing is asked: sshd verified the key when this session was opened.
Exit enroll_ssh_security_key(Desk& desk) {
    const auto id = desk.in_session<std::int64_t>([&](StepUpClient& client, const std::string& token) {
        return client.enroll_ssh_security_key(desk.options.label, token);
    });
    if (!id) return desk.complain(id.error());
    const auto ended = confirm_by(desk, *id, "");
    if (ended != Exit::done) give_up(desk, *id);
    desk.say(ended != Exit::done ? "" : "Logins with this key count as a factor; sudo asks for a code as ever.\n");
    return ended;
}

Exit confirm(Desk& desk) {
    const auto id = id_of(desk.options.which);
    if (!id) return desk.complain({ManagementError::no_such_factor, "`stepup enroll` says which id to confirm."});
    return confirm_by(desk, *id, desk.options.code);
}

}  // namespace stepup::cli
