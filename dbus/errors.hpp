#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/management_error.hpp"

namespace stepup::bus {

constexpr std::string_view error_prefix = "org.stepup.Error.";

/// "org.stepup.Error.InvalidCode"
[[nodiscard]] inline std::string error_name(ManagementError error) {
    return std::string(error_prefix) + std::string(row_of(error).name);
}

/// What the bus itself says when it cannot or will not deliver a call.
struct ForeignErrorRow {
    std::string_view name;
    ManagementError means;
};
constexpr std::array foreign_errors{
    ForeignErrorRow{"org.freedesktop.DBus.Error.AccessDenied", ManagementError::not_authorized},
    ForeignErrorRow{"org.freedesktop.DBus.Error.InvalidArgs", ManagementError::invalid_argument},
    ForeignErrorRow{"org.freedesktop.DBus.Error.LimitsExceeded", ManagementError::rate_limited},
};

/// What an error name on the bus means to us: ours by name; of the others, those that do not mean "not there".
[[nodiscard]] inline ManagementError error_named(std::string_view name) {
    if (name.starts_with(error_prefix))
        return management_error_named(name.substr(error_prefix.size())).value_or(ManagementError::unavailable);
    for (const auto& row : foreign_errors)
        if (row.name == name) return row.means;
    return ManagementError::unavailable;
}

}  // namespace stepup::bus
