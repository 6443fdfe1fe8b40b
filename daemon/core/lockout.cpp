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
        return locked ? Admission(LockedOut{.left = failures.locked_until_wall - now.wall}) : Admission(MayTry{});
    }
    if (now.boot < failures.locked_until) return LockedOut{.left = failures.locked_until - now.boot};
    if (now.boot < failures.not_before) return TryLater{failures.not_before};
    return MayTry{};
}

Standing standing_of(const Failures& failures, const Limits& limits, Instant now, const std::string& boot) {
    const auto admission = admit(failures, limits, now, boot);
    const auto* out = std::get_if<LockedOut>(&admission);
    Standing standing{
        .failures = failures.count, .locked = out != nullptr, .for_good = out != nullptr && out->for_good};
    if (!standing.locked || standing.for_good) return standing;
    standing.until = failures.boot == boot ? now.wall + (failures.locked_until - now.boot) : failures.locked_until_wall;
    return standing;
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
