#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/stepup_client.hpp"

namespace stepup::cli {

/// The number `text` is, as a whole; nothing if it is none.
[[nodiscard]] inline std::optional<std::int64_t> id_of(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id <= 0) return std::nullopt;
    return id;
}

/// The factor that a user means by `which`: its label or, if no label is that, its id.
[[nodiscard]] inline const Factor* find_factor(const std::vector<Factor>& factors, const std::string& which) {
    const auto labeled
        = std::find_if(factors.begin(), factors.end(), [&](const auto& one) { return one.label == which; });
    if (labeled != factors.end()) return &*labeled;
    const auto id = id_of(which);
    const auto numbered
        = std::find_if(factors.begin(), factors.end(), [&](const auto& one) { return id && one.id == *id; });
    return numbered == factors.end() ? nullptr : &*numbered;
}

}  // namespace stepup::cli
