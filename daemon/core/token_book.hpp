#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/clock.hpp"
#include "common/random.hpp"
#include "daemon/stepup/session.hpp"

namespace stepup {

/// One-use tokens that tie a D-Bus call to the login session of the process that makes it. The bus knows a caller's
/// uid but cannot tell its session safely; pam.sock can, so a process fetches a token there and shows it here.
class TokenBook {
public:
    explicit TokenBook(StrongRandom& random) : random_(random) { }

    static constexpr Millis lifetime = Seconds(10);
    static constexpr std::size_t most = 16;  ///< unused tokens of one uid; more are refused, others are not

    /// A token for `peer`: 32 random bytes in hexadecimal, so that no program takes it for an option. Nothing while too
    /// many of this uid are unused.
    [[nodiscard]] std::optional<std::string> issue(const Peer& peer, Instant now);
    /// The session `token` was issued to, if it was issued to this uid and is fresh; it is spent either way.
    [[nodiscard]] std::optional<Session> redeem(std::string_view token, uid_t uid, Instant now);

private:
    struct Issued {
        uid_t uid;
        Session session;
        Millis until;  ///< CLOCK_BOOTTIME
    };
    StrongRandom& random_;
    std::unordered_map<std::string, Issued> issued_;
};

}  // namespace stepup
