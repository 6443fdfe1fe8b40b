#pragma once

#include <optional>
#include <string>
#include <variant>

#include <sys/types.h>

#include "common/clock.hpp"
#include "policy/limits.hpp"

namespace stepup {

/// Failures of one account, or from one source, since its last success. Times are of the boot named by `boot`.
struct Failures {
    unsigned count = 0;
    std::string boot;            ///< boot id the CLOCK_BOOTTIME values belong to
    Millis not_before{};         ///< CLOCK_BOOTTIME: no answer is judged earlier
    Millis locked_until{};       ///< CLOCK_BOOTTIME; 0: not locked
    Millis locked_until_wall{};  ///< the same on the wall clock, for the next boot
    Millis last_wall{};          ///< when the last failure was
};

struct MayTry { };
struct TryLater {
    Millis at{};  ///< CLOCK_BOOTTIME
};
struct LockedOut {
    bool for_good = false;  ///< the ceiling: only an admin ends it
    Millis left{};          ///< else: for so much longer
};
using Admission = std::variant<MayTry, TryLater, LockedOut>;

/// What failures mean to people.
struct Standing {
    unsigned failures = 0;
    bool locked = false;
    bool for_good = false;  ///< only an admin ends it
    Millis until{};         ///< wall clock: when the lock ends by itself; 0 if it does not, or if there is none
};

/// Under what failures of an account are counted.
[[nodiscard]] inline std::string account_limit_key(uid_t uid) { return "uid:" + std::to_string(uid); }

/// May an answer be judged now? Within one boot only CLOCK_BOOTTIME counts, so nobody ends a lock by setting the
/// clock; after a reboot the wall clock does.
[[nodiscard]] Admission admit(const Failures& failures, const Limits& limits, Instant now, const std::string& boot);

[[nodiscard]] Standing standing_of(const Failures& failures, const Limits& limits, Instant now,
                                   const std::string& boot);

/// `failures` after one more. `lock_after`: 10 for an account, more for a source that many people share.
[[nodiscard]] Failures after_failure(Failures failures, const Limits& limits, unsigned lock_after, Instant now,
                                     const std::string& boot);

/// Growing delay after the `count`th failure in a row: none before limits.delay_from, then 2, 4, 8, 15, 30 s.
[[nodiscard]] Seconds delay_after(unsigned count, const Limits& limits);

}  // namespace stepup
