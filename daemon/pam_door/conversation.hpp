#pragma once

#include <optional>
#include <string>

#include "daemon/answering/examiner.hpp"
#include "daemon/core/flow.hpp"
#include "daemon/pam_door/connection.hpp"
#include "daemon/pam_door/parts.hpp"

namespace stepup {

/// How a conversation ended. Made by the functions below, not in braces: g++ 12 copies braced temporaries inside
/// co_await and co_return byte by byte, texts included.
class Ending {
public:
    Decision decision = Decision::denied;
    std::string text;          ///< for the user's eyes
    bool client_gone = false;  ///< nobody is left to be told

    Ending(Decision how, std::string_view says, bool gone = false) : decision(how), text(says), client_gone(gone) { }
};

inline Ending granted() { return Ending(Decision::granted, {}); }
inline Ending not_required() { return Ending(Decision::not_required, {}); }
inline Ending denied(std::string_view text = {}) { return Ending(Decision::denied, text); }
inline Ending unavailable(std::string_view text) { return Ending(Decision::unavailable, text); }
inline Ending gone() { return Ending(Decision::denied, {}, true); }

/// Carries one Flow over one connection: asks, compares, has the answer judged durably, and only then goes on.
class Conversation {
public:
    Conversation(DoorParts& parts, Connection& connection, Flow flow, Cause cause)
        : parts_(parts),
          connection_(connection),
          flow_(std::move(flow)),
          examiner_(examiner_parts(parts), std::move(cause)) { }

    [[nodiscard]] asio::awaitable<Ending> hold();
    /// After a hold() that granted: says so, and asks one thing more, whose answer changes nothing about that. Nothing
    /// when there is none.
    [[nodiscard]] asio::awaitable<std::optional<Secret>> offer(std::uint64_t login, std::string text);

    /// The answer that was judged last.
    [[nodiscard]] const Examined& examined() const { return examined_; }

private:
    /// What comes next, if it is the answer of this turn.
    [[nodiscard]] asio::awaitable<std::optional<Secret>> hear();
    /// What the user typed; nothing when he, or the program in between, hung up or withdrew.
    [[nodiscard]] asio::awaitable<std::optional<Secret>> ask(std::string text);
    [[nodiscard]] asio::awaitable<Result<Judged>> judge(JudgeAgainst against, Secret answer);
    /// Before whatever may be told of a user who does not exist as well.
    [[nodiscard]] asio::awaitable<void> hide_the_time();
    void note_withdrawal(wire::Why why);

    DoorParts& parts_;
    Connection& connection_;
    Flow flow_;
    Examiner examiner_;
    Examined examined_;
    bool is_over_ = false;  ///< what comes now changes nothing
    std::uint8_t turn_ = 0;
};

}  // namespace stepup
