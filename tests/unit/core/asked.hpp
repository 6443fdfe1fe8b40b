#pragma once

#include "daemon/core/flow.hpp"

namespace stepup::testing {

/// What the user is asked for in `step`.
inline std::string asked(const Step& step) {
    const auto* ask = std::get_if<AskFor>(&step);
    return ask == nullptr ? "(no question)" : ask->text;
}

}  // namespace stepup::testing
