#include "cli/pam_socket.hpp"

#include <array>
#include <memory>

#include <pwd.h>

#include "cli/screens.hpp"
#include "common/frame.hpp"
#include "common/random.hpp"

namespace stepup::cli {
namespace {

constexpr std::chrono::seconds attempt_lasts{95};  // a little longer than stepupd gives it, so that its word is heard

using Buffer = std::array<std::uint8_t, wire::max_packet>;

Deadline from_now(std::chrono::seconds time) { return std::chrono::steady_clock::now() + time; }

tl::unexpected<Refusal> lost() {
    return refuse(ManagementError::unavailable, "stepupd broke off. `systemctl status stepupd` may say why.");
}

tl::unexpected<Refusal> does_not_answer(const std::string& path) {
    return refuse(ManagementError::unavailable,
                  "stepupd does not answer at " + path + ". `systemctl status stepupd` may say why.");
}

bool is_trusted(uid_t server) {
    if (server == 0) return true;  // systemd made the socket
    const auto* daemon = ::getpwnam("stepup");
    return daemon != nullptr && daemon->pw_uid == server;
}

std::uint64_t fresh_number() {
    KernelRandom random;
    std::array<char, sizeof(std::uint64_t)> raw{};
    random.fill(raw);
    std::uint64_t number = 0;
    std::memcpy(&number, raw.data(), sizeof number);
    return number;
}

std::string why(Terminal::Silence silence) {
    switch (silence) {
    case Terminal::Silence::nobody: return "There is no terminal to ask at.";
    case Terminal::Silence::cancelled: return "Cancelled.";
    case Terminal::Silence::too_late: break;
    }
    return "Nobody answered in time.";
}

/// Puts one question to the person and sends what came of it. "": an answer, else why there is none.
Managed<std::string> pass_on(int fd, const wire::Ask& ask, Terminal& terminal, Deadline deadline) {
    auto typed = terminal.ask(printable_lines(ask.text), ask.echo, deadline);
    if (auto* answer = std::get_if<Secret>(&typed)) {
        if (send_message(fd, wire::Answer{ask.turn, answer->reveal()}, deadline)) return std::string();
        return lost();
    }
    (void)send_message(fd, wire::Withdraw{wire::Why::no_answer}, deadline);
    return why(std::get<Terminal::Silence>(typed));
}

}  // namespace

Managed<UniqueFd> PamSocket::connect(Deadline deadline) const {
    auto fd = connect_to(path_, deadline);
    if (!fd) return does_not_answer(path_);
    const auto server = server_uid(fd->get());
    if (!server || !is_trusted(*server))
        return refuse(ManagementError::unavailable,
                      "Whoever answers at " + path_ + " is not stepupd. Tell this host's administrator.");
    return *std::move(fd);
}

Managed<std::string> PamSocket::token(std::chrono::seconds patience) const {
    const auto deadline = from_now(patience);
    const auto fd = TRY(connect(deadline));
    Buffer buffer;
    if (!send_message(fd.get(), wire::GetToken{}, deadline)) return lost();
    const auto packet = receive_packet(fd.get(), buffer, deadline);
    if (!packet && packet.error().code == Errc::timed_out) return does_not_answer(path_);
    if (!packet) return lost();
    const auto reply = wire::decode<wire::Token>(*packet);
    if (!reply)
        return refuse(ManagementError::rate_limited, "stepupd has too much to do. Try again in a little while.");
    return std::string(reply->token);
}

Managed<Verified> PamSocket::verify(const VerifyWish& wish, Terminal& terminal) const {
    const auto deadline = from_now(attempt_lasts);
    const auto fd = TRY(connect(deadline));
    const wire::Verify question{.login = fresh_number(),
                                .max_age = wish.max_age,
                                .may_ask = static_cast<std::uint8_t>(wish.may_ask ? 1 : 0),
                                .factor = wish.factor};
    if (!send_message(fd.get(), question, deadline)) return lost();
    const auto buffer = std::make_unique<Buffer>();
    for (int asked = 0;; ++asked) {
        const auto packet = receive_packet(fd.get(), *buffer, deadline);
        if (!packet) return lost();
        if (const auto verdict = wire::decode<wire::Verdict>(*packet)) {
            if (verdict->login != question.login) return lost();
            return Verified{verdict->decision, printable_lines(verdict->text)};
        }
        const auto ask = wire::decode<wire::Ask>(*packet);
        if (!ask || asked == wire::max_asks || !wish.may_ask) return lost();
        auto silence = TRY(pass_on(fd.get(), *ask, terminal, deadline));
        if (!silence.empty()) return Verified{Decision::denied, std::move(silence)};
    }
}

}  // namespace stepup::cli
