#pragma once

#include "policy/rule.hpp"

namespace stepup {

inline Rule rule(std::string name, Match match, Terms terms = {}) {
    return {.name = std::move(name), .match = std::move(match), .terms = std::move(terms), .file = "p", .line = 1};
}

}  // namespace stepup
