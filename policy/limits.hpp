#pragma once

#include <optional>

#include "common/clock.hpp"

namespace stepup {

/// How many failures an account and a source may have: the sizes; the rule itself is in daemon/core.
struct Limits {
    unsigned delay_from = 3;                      ///< the failure from which on answers are delayed; 1 to lock_after
    unsigned lock_after = 10;                     ///< failures in a row that lock the account; 3 to 100
    Seconds lock_for = std::chrono::minutes(30);  ///< 1 min to 24 h
    unsigned ceiling = 100;  ///< failures in a row that only an admin can clear; lock_after to 100 (NIST SP 800-63B)
    unsigned source_lock_after = 30;  ///< failures that lock a source address; 3 to 10000
    [[nodiscard]] bool operator==(const Limits&) const = default;
};

/// What one rule says about them; what it does not say is taken from [limits]. A source has no rule.
struct LimitTerms {
    std::optional<unsigned> delay_from;
    std::optional<unsigned> lock_after;
    std::optional<Seconds> lock_for;
    std::optional<unsigned> ceiling;
    [[nodiscard]] bool operator==(const LimitTerms&) const = default;
};

}  // namespace stepup
