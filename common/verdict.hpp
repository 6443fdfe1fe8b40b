#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace stepup {

/// Which PAM call is asking (design: services and phases).
enum class Phase : std::uint8_t { auth = 1, account = 2, open_session = 3, close_session = 4, password_changed = 5 };
[[nodiscard]] constexpr bool known(Phase phase) { return phase >= Phase::auth && phase <= Phase::password_changed; }

/// How a login ended. Every two of these differ in at least 12 bits, so no flipped bit turns one into another
/// (security.md V-15); 0 is none of them. Compare with ==, never with "not denied".
enum class Decision : std::uint32_t {
    granted = 0x5AC3961D,       ///< a factor was proved, or a recent verification is enough
    not_required = 0xA1397E68,  ///< policy asks nothing here
    denied = 0x3F6CC8B2,        ///< wrong, unknown, locked, not enrolled: all look alike
    unavailable = 0xC4952147,   ///< we could not tell
};

constexpr std::array all_decisions{Decision::granted, Decision::not_required, Decision::denied, Decision::unavailable};

[[nodiscard]] constexpr bool known(Decision decision) {
    return std::find(all_decisions.begin(), all_decisions.end(), decision) != all_decisions.end();
}

namespace detail {
consteval bool decisions_are_far_apart() {
    for (std::size_t i = 0; i < all_decisions.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            auto differing
                = static_cast<std::uint32_t>(all_decisions[i]) ^ static_cast<std::uint32_t>(all_decisions[j]);
            int bits = 0;
            for (; differing != 0; differing >>= 1U) bits += static_cast<int>(differing & 1U);
            if (bits < 12) return false;
        }
    return true;
}
}  // namespace detail
static_assert(detail::decisions_are_far_apart());

}  // namespace stepup
