#pragma once

#include <optional>
#include <string>

#include "daemon/core/flow.hpp"
#include "daemon/pam_door/connection.hpp"
#include "daemon/pam_door/parts.hpp"

namespace stepup {

/// In whose name a conversation is held, and what its judgements carry.
struct Cause {
    AccountKey account;  ///< uid -1: there is no such user, and whatever is answered is wrong
    std::string account_limit;
    std::optional<std::string> source_limit;
    Limits limits;
    Verification opens;                       ///< the verification a right answer makes, but for factor and time
    uid_t peer_uid = static_cast<uid_t>(-1);  ///< real uid of the program that asks
    bool may_lock_for_good = true;            ///< Judgement::may_lock_for_good
    bool from_afar = false;                   ///< somebody on another host sees the replies, and how long they take
    AuditEntry audit;                         ///< service, account, source, for each row
};

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
          cause_(std::move(cause)) { }

    [[nodiscard]] asio::awaitable<Ending> hold();

private:
    /// What the user typed; nothing when he, or the program in between, hung up or withdrew.
    [[nodiscard]] asio::awaitable<std::optional<Secret>> ask(std::string text);
    [[nodiscard]] asio::awaitable<Result<Judged>> judge(JudgeAgainst against, Secret answer);
    /// Compares `answer` with the choices in turn. Nothing: it fits none.
    [[nodiscard]] asio::awaitable<Result<std::optional<Proof>>> compare(JudgeAgainst against, Secret answer,
                                                                        Instant now);
    /// Who has no recovery codes left must not be told by an answer that comes sooner than other people's.
    [[nodiscard]] asio::awaitable<void> hash_in_vain(Secret answer, Instant now);
    /// Before whatever may be told of a user who does not exist as well.
    [[nodiscard]] asio::awaitable<void> hide_the_time();
    [[nodiscard]] asio::awaitable<Result<Check>> verify(Enrollment enrollment, Secret answer, Instant now);
    [[nodiscard]] Judgement judgement(std::optional<Proof> proof, Instant now) const;
    /// Submits until it was judged: an answer that came too soon after a failure waits its turn.
    [[nodiscard]] asio::awaitable<Result<Judged>> submit(Judgement judgement);
    void note_withdrawal(wire::Why why);

    DoorParts& parts_;
    Connection& connection_;
    Flow flow_;
    Cause cause_;
    std::uint8_t turn_ = 0;
    bool replayed_ = false;      ///< the answer in hand was right once
    std::vector<Await> awaits_;  ///< what it leaves behind if it is wrong
};

}  // namespace stepup
