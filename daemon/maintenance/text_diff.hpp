#pragma once

#include <string>
#include <string_view>

namespace stepup {

/// What differs between two texts, line by line with three lines around, as `diff -u` writes it; "" if nothing does.
/// Control characters are made harmless.
[[nodiscard]] std::string text_diff(std::string_view before, std::string_view after, std::string_view before_name,
                                    std::string_view after_name);

}  // namespace stepup
