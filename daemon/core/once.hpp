#pragma once

#include <algorithm>
#include <deque>

#include "daemon/stepup/session.hpp"

namespace stepup {

/// Which processes were told something lately, so that the next phase of the same login does not say it again.
class Once {
public:
    /// True the first time for `process`.
    [[nodiscard]] bool first_time(const ProcessRef& process) {
        if (std::find(told_.begin(), told_.end(), process) != told_.end()) return false;
        if (told_.size() == most) told_.pop_front();
        told_.push_back(process);
        return true;
    }

private:
    static constexpr std::size_t most = 256;
    std::deque<ProcessRef> told_;
};

}  // namespace stepup
