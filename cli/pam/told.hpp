#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "common/result.hpp"

namespace stepup::pam {

/// A value, or the sentence that tells root why there is none and what to do.
template <class T = void> using Told = tl::expected<T, std::string>;

[[nodiscard]] inline tl::unexpected<std::string> refused(std::string sentence) {
    return tl::unexpected<std::string>(std::move(sentence));
}

}  // namespace stepup::pam
