#include "daemon/core/lockout.hpp"

#include <algorithm>
#include <array>

namespace stepup {

Seconds delay_after(unsigned count, const Limits& limits) {
    constexpr std::array<int, 5> growing{2, 4, 8, 15, 30};
    if (limits.delay_from == 0 || count < limits.delay_from) return Seconds(0);
    return Seconds(growing[std::min<std::size_t>(count - limits.delay_from, growing.size() - 1)]);
}

Admission admit(const Failures& failures, const Limits& limits, Instant now, const std::string& boot) {
    if (failures.count >= limits.ceiling) return LockedOut{.for_good = true};
    if (failures.boot != boot) {
        const bool locked = failures.locked_until.count() != 0 && now.wall < failures.locked_until_wall;
        return locked ? Admission(LockedOut{}) : Admission(MayTry{});
    }
    if (now.boot < failures.locked_until) return LockedOut{};
    if (now.boot < failures.not_before) return TryLater{failures.not_before};
    return MayTry{};
}

Failures after_failure(Failures failures, const Limits& limits, unsigned lock_after, Instant now,
                       const std::string& boot) {
    ++failures.count;
    failures.boot = boot;
    failures.last_wall = now.wall;
    failures.not_before = now.boot + delay_after(failures.count, limits);
    const bool locks = failures.count % lock_after == 0;
    failures.locked_until = locks ? now.boot + Millis(limits.lock_for) : Millis(0);
    failures.locked_until_wall = locks ? now.wall + Millis(limits.lock_for) : Millis(0);
    return failures;
}

}  // namespace stepup
