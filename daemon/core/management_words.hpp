#pragma once

// Shared by the files that implement Management; nobody else includes it.

#include <algorithm>
#include <vector>

#include "common/management_error.hpp"
#include "common/result.hpp"
#include "daemon/core/enrollment.hpp"

namespace stepup {

/// The factor `id`; null if there is none, or if it is a set of codes.
inline const Enrollment* find_id(const std::vector<Enrollment>& enrolled, std::int64_t id) {
    const auto found = std::find_if(enrolled.begin(), enrolled.end(), [&](const auto& one) { return one.id == id; });
    return found == enrolled.end() || is_code_set(found->kind) ? nullptr : &*found;
}

/// Whatever has that label; null if nothing has.
inline const Enrollment* find_label(const std::vector<Enrollment>& enrolled, const std::string& label) {
    const auto same = [&](const auto& one) { return one.label == label; };
    const auto found = std::find_if(enrolled.begin(), enrolled.end(), same);
    return found == enrolled.end() ? nullptr : &*found;
}

constexpr const char* bad_label = "A label is at most 64 bytes of printable text.";
constexpr const char* label_taken = "You have a factor with that label already. Choose another label.";

/// What a store's "could not" is to a caller. `missing`: what not_found means here.
inline tl::unexpected<Refusal> refused_by_store(const Error& error, ManagementError missing) {
    if (error.code == Errc::not_found) return refuse(missing);
    return refuse(error.code == Errc::conflict ? ManagementError::already_enrolled : ManagementError::unavailable);
}

}  // namespace stepup
