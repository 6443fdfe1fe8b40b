#include "daemon/core/token_book.hpp"

#include <algorithm>

#include "common/bytes.hpp"

namespace stepup {

std::optional<std::string> TokenBook::issue(const Peer& peer, Instant now) {
    std::erase_if(issued_, [&](const auto& entry) { return entry.second.until <= now.boot; });
    const auto unused = std::count_if(issued_.begin(), issued_.end(),
                                      [&](const auto& entry) { return entry.second.uid == peer.uid; });
    if (static_cast<std::size_t>(unused) >= most) return std::nullopt;
    auto token = to_hex(random_.bytes(32));
    issued_.insert_or_assign(token, Issued{peer.uid, peer.session, now.boot + lifetime});
    return token;
}

std::optional<Session> TokenBook::redeem(std::string_view token, uid_t uid, Instant now) {
    // 256 random bits are looked up by hash: what timing could tell about them guesses nothing.
    auto entry = issued_.extract(std::string(token));
    if (entry.empty()) return std::nullopt;
    Issued& issued = entry.mapped();
    if (issued.uid != uid || issued.until <= now.boot) return std::nullopt;
    return std::move(issued.session);
}

}  // namespace stepup
