#pragma once

// Shared by the files that implement Management and Administration; nobody else includes it.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "common/management_error.hpp"
#include "common/result.hpp"
#include "daemon/core/enrollment.hpp"
#include "daemon/core/ports.hpp"

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

/// `name`, or the first of "totp 2", "totp 3" … that is free.
inline std::string free_label(const std::vector<Enrollment>& enrolled, std::string_view name) {
    std::string label(name);
    for (int number = 2; find_label(enrolled, label) != nullptr; ++number)
        label = std::string(name) + ' ' + std::to_string(number);
    return label;
}

/// Whatever has `seed`, which somebody brought: a code of it would count once for each that has it. Null if nothing
/// has.
inline const Enrollment* find_seed(const std::vector<Enrollment>& enrolled, const Secret& seed,
                                   const Records& records) {
    const auto same = [&](const Enrollment& one) {
        if (is_code_set(one.kind)) return false;
        const auto material = records.material(one, Secret());
        return material && equal_constant_time(material->secret.reveal(), seed.reveal());
    };
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
