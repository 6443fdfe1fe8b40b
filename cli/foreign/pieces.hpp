#pragma once

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/foreign/reading.hpp"

// What the readers share; nobody else includes it.

namespace stepup::foreign {

constexpr std::size_t most_lines = 100'000;

/// Calls `take(line, number)` for each line, without its end.
void each_line(std::string_view text, const std::function<void(std::string_view, unsigned)>& take);

/// The words between blanks, at most `most`.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view line, std::size_t most = 64);

/// All of `text` as a number; nothing if it is none.
template <class Number> [[nodiscard]] std::optional<Number> number_in(std::string_view text) {
    Number value{};
    const auto* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || last != end) return std::nullopt;
    return value;
}

/// Puts a secret into `into`. Either case; blanks, dashes and padding do not matter, nor do bits behind the last whole
/// byte, as apps have it. False: it is none, or longer than longest_secret.
[[nodiscard]] bool take_base32(std::string_view text, Generator& into);
/// The same of hexadecimal.
[[nodiscard]] bool take_hex(std::string_view text, Generator& into);

}  // namespace stepup::foreign
