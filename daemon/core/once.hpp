#pragma once

#include <algorithm>
#include <deque>

#include "common/identity.hpp"
#include "common/verdict.hpp"

namespace stepup {

/// What was said in the auth phase of a login is not said again in its account phase.
class Once {
public:
    /// True if `process` is to be told something in `phase`: always in auth; in account, unless auth has just done so.
    [[nodiscard]] bool is_due(const ProcessRef& process, Phase phase) {
        const auto said = std::find(in_auth_.begin(), in_auth_.end(), process);
        const bool was_said = said != in_auth_.end();
        if (was_said) in_auth_.erase(said);
        if (phase != Phase::auth) return !was_said;
        if (in_auth_.size() == most) in_auth_.pop_front();
        in_auth_.push_back(process);
        return true;
    }

private:
    static constexpr std::size_t most = 256;
    std::deque<ProcessRef> in_auth_;
};

}  // namespace stepup
