#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stepup {

/// The word among `known` that `typed` most likely meant, if one is near enough (two slips, one in a short word; a
/// swap of neighbors is one slip); else empty.
[[nodiscard]] std::string_view nearest(std::string_view typed, std::span<const std::string_view> known);

/// `; did you mean "window"?`, or nothing if no word is near.
[[nodiscard]] std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known);

}  // namespace stepup
