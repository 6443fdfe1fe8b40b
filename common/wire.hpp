#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "common/codec.hpp"
#include "common/verdict.hpp"

// Everything that is ever said on pam.sock. One connection is one login; the sides alternate strictly:
//   Begin → (Ask → Answer)* → Verdict      a PAM module, for one PAM call; before the Verdict there may be an Offer
//   Verify → (Ask → Answer)* → Verdict     `stepup`, for the caller's own uid
//   GetToken → Token                       `stepup`, before a session-bound D-Bus call
// Hanging up at any point is "no": what was not granted in so many words was not granted.

namespace stepup::wire {

constexpr std::uint16_t version = 1;
constexpr std::size_t max_packet = std::size_t{16} * 1024;
constexpr std::size_t max_answer = 512;  ///< PAM_MAX_RESP_SIZE
constexpr std::size_t max_prompt = 512;  ///< PAM_MAX_MSG_SIZE
constexpr int max_asks = 6;              ///< prompts in one login

/// What the module knows about one PAM call. Only the kernel's word on uid and pid counts as identity; all of this is
/// what the peer says.
struct Begin {
    static constexpr std::uint8_t kind = 1;
    std::uint16_t protocol = version;
    std::uint64_t login = 0;  ///< chosen by the module, repeated in the Verdict
    Phase phase = Phase::auth;
    std::uint32_t flags = 0;             ///< PAM's flags, as given
    std::string_view service;            ///< PAM_SERVICE
    std::string_view user;               ///< PAM_USER
    std::string_view remote_user;        ///< PAM_RUSER
    std::string_view remote_host;        ///< PAM_RHOST
    std::string_view terminal;           ///< PAM_TTY
    std::string_view ssh_authenticated;  ///< SSH_AUTH_INFO_0 of the PAM environment
    std::string_view ssh_connection;     ///< SSH_CONNECTION of the PAM environment
    static auto fields(auto& m) {
        return std::tie(m.protocol, m.login, m.phase, m.flags, m.service, m.user, m.remote_user, m.remote_host,
                        m.terminal, m.ssh_authenticated, m.ssh_connection);
    }
};

enum class Echo : std::uint8_t { off = 0, on = 1 };
[[nodiscard]] constexpr bool known(Echo echo) { return echo == Echo::off || echo == Echo::on; }

/// Show `text`, read one line.
struct Ask {
    static constexpr std::uint8_t kind = 2;
    std::uint8_t turn = 0;  ///< 1 for the first question of a login, then one more each time
    Echo echo = Echo::on;
    std::string_view text;
    static auto fields(auto& m) { return std::tie(m.turn, m.echo, m.text); }
};

struct Answer {
    static constexpr std::uint8_t kind = 3;
    std::uint8_t turn = 0;  ///< the Ask it answers
    std::string_view text;
    static auto fields(auto& m) { return std::tie(m.turn, m.text); }
};

/// The end. `login` repeats Begin's or Verify's; `text`, if any, is for the user's eyes.
struct Verdict {
    static constexpr std::uint8_t kind = 4;
    std::uint64_t login = 0;
    Decision decision = Decision::denied;
    std::string_view text;
    static auto fields(auto& m) { return std::tie(m.login, m.decision, m.text); }
};

enum class Why : std::uint8_t {
    blind = 1,      ///< the prompt was answered by a program that shows no prompts (sshd's password method)
    no_answer = 2,  ///< the conversation failed or was cancelled
};
[[nodiscard]] constexpr bool known(Why why) { return why == Why::blind || why == Why::no_answer; }

/// In place of an Answer: nobody will answer. Costs no attempt, grants nothing, ends the connection.
struct Withdraw {
    static constexpr std::uint8_t kind = 5;
    Why why = Why::no_answer;
    static auto fields(auto& m) { return std::tie(m.why); }
};

/// A process asks for its own uid: is a verification recent, else prove one now.
struct Verify {
    static constexpr std::uint8_t kind = 6;
    std::uint16_t protocol = version;
    std::uint64_t login = 0;
    std::uint32_t max_age
        = 0;                   ///< seconds a verification may be old; 0: ask in any case; policy_window: as policy says
    std::uint8_t may_ask = 1;  ///< 0: only look
    std::string_view service;  ///< whose requirement counts; "stepup" if empty
    std::string_view factor;   ///< id, label or type that must answer; any if empty
    static auto fields(auto& m) { return std::tie(m.protocol, m.login, m.max_age, m.may_ask, m.service, m.factor); }
};
constexpr std::uint32_t policy_window = 0xFFFFFFFF;

/// "Give me a token for one D-Bus call": ties that call to this process' login session, which the bus cannot tell.
struct GetToken {
    static constexpr std::uint8_t kind = 7;
    std::uint16_t protocol = version;
    static auto fields(auto& m) { return std::tie(m.protocol); }
};

struct Token {
    static constexpr std::uint8_t kind = 8;
    std::string_view token;  ///< 64 hexadecimal digits; good once, for 10 seconds, for the same uid
    static auto fields(auto& m) { return std::tie(m.token); }
};

/// "You are in. One more thing": grants the login as a Verdict does, and asks something whose answer changes nothing
/// about that. After at least one Ask, at most once. What follows is one Answer or Withdraw, and the Verdict.
struct Offer {
    static constexpr std::uint8_t kind = 9;
    std::uint64_t login = 0;
    Decision decision = Decision::denied;  ///< granted; there is no offer for anybody else
    std::uint8_t turn = 0;                 ///< one more than the last Ask's
    std::string_view text;
    static auto fields(auto& m) { return std::tie(m.login, m.decision, m.turn, m.text); }
};

}  // namespace stepup::wire
