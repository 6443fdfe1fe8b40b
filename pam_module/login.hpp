#pragma once

#include <cstdint>
#include <variant>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"
#include "common/wire.hpp"

// One login as the module lives it: begin → (ask → answer)* → [offer →] verdict. No PAM and no socket in here: the
// daemon and the person at the terminal are parameters, so that a test can play both.

namespace stepup {

constexpr Seconds first_reply_within{3};   // Begin is answered at once
constexpr Seconds later_reply_within{60};  // a judged answer may be held back for the growing delay
constexpr Seconds last_word_within{3};     // after an Offer nothing is decided any more

/// What came of showing a question.
enum class Heard : std::uint8_t {
    answer,
    password,  ///< a program without eyes answered: the password again, as sshd's password method does
    junk,      ///< what sshd sends in place of an answer once it has decided to refuse
    nothing,   ///< the conversation failed
};

/// Why a login ended without a verdict of the daemon's.
enum class Failure : std::uint8_t {
    unreachable,  ///< no daemon answered, and nobody had been asked anything yet
    interrupted,  ///< it ended after a question
    no_answer,    ///< the conversation failed
    refused,      ///< we will not go on with this caller
    violation,    ///< the daemon said what it may not say
};
struct Failed {
    Failure failure;
    const char* why;  ///< a fixed sentence for the log
};

/// Only a Verdict, or the Offer before one, can let anybody in. Its text points into the buffer the login was held in.
using Outcome = tl::expected<wire::Verdict, Failed>;

/// Judges the order of the daemon's messages.
class Login {
public:
    using Step = std::variant<wire::Ask, wire::Offer, wire::Verdict>;

    explicit Login(std::uint64_t id) : id_(id) { }

    /// What `packet` says, if it may be said now: questions count 1, 2, 3 … up to wire::max_asks, and the verdict
    /// names this login; so does an offer, which grants, follows a question, and is followed by the verdict alone.
    /// Errors: malformed.
    [[nodiscard]] Result<Step> next(wire::PacketView packet);

    /// What the end of the connection means. Once a question was asked, whoever sits at the terminal can bring the end
    /// about by being slow: that must never look like a daemon that is down, which some stacks let pass.
    [[nodiscard]] Failed ended(const Error& error) const;

private:
    [[nodiscard]] Result<Step> next_offer(wire::PacketView packet);

    std::uint64_t id_;
    std::uint8_t turn_ = 0;
    bool offered_ = false;
};

/// What to tell the daemon, and ourselves, when there is no answer.
struct Silence {
    wire::Withdraw withdraw;
    Failed failed;
};
[[nodiscard]] Silence silence(Heard heard);

/// Shows an offer and takes the daemon's last word. Whatever goes wrong here, the login was granted before.
template <class Daemon, class Terminal>
[[nodiscard]] wire::Verdict take_up(Login& login, const wire::Offer& offer, Daemon& daemon, Terminal& terminal,
                                    wire::Packet buffer) {
    const wire::Verdict in_any_case{offer.login, offer.decision, {}};
    const wire::Ask question{offer.turn, wire::Echo::on, offer.text};
    Secret answer;
    const Heard heard = terminal.ask(question, answer);
    const auto sent = heard == Heard::answer ? daemon.send(wire::Answer{offer.turn, answer.reveal()})
                                             : daemon.send(silence(heard).withdraw);
    if (!sent) return in_any_case;
    const auto packet = daemon.receive(buffer, last_word_within);
    if (!packet) return in_any_case;
    const auto step = login.next(*packet);
    const auto* verdict = step ? std::get_if<wire::Verdict>(&*step) : nullptr;
    return verdict != nullptr ? *verdict : in_any_case;
}

/// Holds one login from Begin to its end. Daemon: `send(message)`, `receive(buffer, patience)`.
/// Terminal: `ask(question, answer)`.
template <class Daemon, class Terminal>
[[nodiscard]] Outcome hold_login(Daemon& daemon, Terminal& terminal, const wire::Begin& begin, wire::Packet buffer) {
    Login login(begin.login);
    Result<> sent = daemon.send(begin);
    if (!sent && sent.error().code == Errc::too_large)
        return tl::make_unexpected(Failed{Failure::refused, "what the application says about this login is too long"});

    for (Seconds patience = first_reply_within;; patience = later_reply_within) {
        if (!sent) return tl::make_unexpected(login.ended(sent.error()));
        const auto packet = daemon.receive(buffer, patience);
        if (!packet) return tl::make_unexpected(login.ended(packet.error()));
        const auto step = login.next(*packet);
        if (!step) return tl::make_unexpected(login.ended(step.error()));
        if (const auto* verdict = std::get_if<wire::Verdict>(&*step)) return *verdict;
        if (const auto* offer = std::get_if<wire::Offer>(&*step))
            return take_up(login, *offer, daemon, terminal, buffer);

        const auto& ask = *std::get_if<wire::Ask>(&*step);
        Secret answer;
        if (const Heard heard = terminal.ask(ask, answer); heard != Heard::answer) {
            (void)daemon.send(silence(heard).withdraw);  // hanging up says the same
            return tl::make_unexpected(silence(heard).failed);
        }
        sent = daemon.send(wire::Answer{ask.turn, answer.reveal()});
    }
}

}  // namespace stepup
