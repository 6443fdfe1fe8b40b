#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/clock.hpp"

namespace stepup {

/// Lets each `who` write a burst of lines into the audit trail, then one a minute, so that nobody can fill the disk or
/// drown what others did. What was left out is told with the next line that passes.
class AuditQuota {
public:
    static constexpr unsigned burst = 10;
    static constexpr Millis refill = Seconds(60);
    static constexpr std::size_t most = 4096;  ///< remembered at once; beyond that everybody new waits

    /// How many lines were left out before this one; nothing if this one is left out, too.
    [[nodiscard]] std::optional<unsigned> take(const std::string& who, Instant now) {
        if (spent_.size() >= most)
            std::erase_if(spent_, [&](const auto& entry) { return now.boot - entry.second.since >= refill * burst; });
        if (spent_.size() >= most && !spent_.contains(who)) return std::nullopt;
        Spent& mine = spent_[who];
        const auto earned = static_cast<unsigned>((now.boot - mine.since) / refill);
        if (earned > 0) {
            mine.lines -= std::min(mine.lines, earned);
            mine.since = now.boot;
        }
        if (mine.lines >= burst) return ++mine.left_out, std::nullopt;
        ++mine.lines;
        return std::exchange(mine.left_out, 0);
    }

private:
    struct Spent {
        unsigned lines = 0;
        unsigned left_out = 0;
        Millis since{};
    };
    std::map<std::string, Spent> spent_;
};

}  // namespace stepup
