#include "daemon/bus_door/gatekeeper.hpp"

#include <algorithm>

namespace stepup {

bool Quota::enter(uid_t uid, Instant now) {
    if (uses_.size() > 1000) forget_idle(now);
    auto& use = uses_[uid];
    const auto paid_until = std::max(use.paid_until, now.boot) + one_more;
    const bool too_often = uid != 0 && paid_until - now.boot > burst * one_more;
    if (use.in_flight >= most_in_flight || too_often) return false;
    use.paid_until = paid_until;
    ++use.in_flight;
    return true;
}

void Quota::leave(uid_t uid) {
    const auto use = uses_.find(uid);
    if (use != uses_.end()) --use->second.in_flight;
}

void Quota::forget_idle(Instant now) {
    std::erase_if(
        uses_, [&](const auto& entry) { return entry.second.in_flight == 0 && entry.second.paid_until <= now.boot; });
}

}  // namespace stepup
