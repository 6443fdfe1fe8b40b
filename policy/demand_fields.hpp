#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/requirement.hpp"

namespace stepup {

/// One part of a requirement as programs are told of it.
struct DemandField {
    std::string_view key;  ///< as in policy.toml where there is such a key
    std::variant<std::string_view, bool, std::uint32_t, std::vector<std::string_view>> value;  ///< times in seconds
};

/// All that programs are told of `requirement`: as JSON by `stepup policy explain`, on the bus by Policy.Explain.
[[nodiscard]] std::vector<DemandField> fields_of(const Requirement& requirement);

}  // namespace stepup
