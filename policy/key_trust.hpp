#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <optional>

#include "common/clock.hpp"

namespace stepup {

/// Whether a user may let a key of his stand for the second factor of sshd, and for how long.
struct KeyTrust {
    bool enabled = false;
    Seconds duration{std::chrono::hours(24 * 30)};  ///< an hour to 90 days
    bool same_network = false;                      ///< only from the network where the key was trusted
    [[nodiscard]] bool operator==(const KeyTrust&) const = default;
};

/// What one table of the policy file says about it. What it does not say is taken from elsewhere.
struct KeyTrustTerms {
    std::optional<bool> enabled;
    std::optional<Seconds> duration;
    std::optional<bool> same_network;
    [[nodiscard]] bool operator==(const KeyTrustTerms&) const = default;
};

[[nodiscard]] constexpr KeyTrust complete(const KeyTrustTerms& terms, const KeyTrustTerms& defaults) {
    const KeyTrust built_in;
    return {
        .enabled = terms.enabled.value_or(defaults.enabled.value_or(built_in.enabled)),
        .duration = terms.duration.value_or(defaults.duration.value_or(built_in.duration)),
        .same_network = terms.same_network.value_or(defaults.same_network.value_or(built_in.same_network)),
    };
}

/// `greater` if `a` is stricter: none at all, the shorter time, one network.
[[nodiscard]] constexpr std::weak_ordering compare_strictness(const KeyTrust& a, const KeyTrust& b) {
    if (a.enabled != b.enabled) return a.enabled ? std::weak_ordering::less : std::weak_ordering::greater;
    if (!a.enabled) return std::weak_ordering::equivalent;
    if (const auto order = b.duration <=> a.duration; std::is_neq(order)) return order;
    return static_cast<int>(a.same_network) <=> static_cast<int>(b.same_network);
}

/// What both permit.
[[nodiscard]] constexpr KeyTrust stricter_of(const KeyTrust& a, const KeyTrust& b) {
    return {.enabled = a.enabled && b.enabled,
            .duration = std::min(a.duration, b.duration),
            .same_network = a.same_network || b.same_network};
}

}  // namespace stepup
