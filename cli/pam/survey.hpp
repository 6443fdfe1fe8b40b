#pragma once

#include <string_view>
#include <vector>

#include "cli/pam/posture.hpp"

namespace stepup::pam {

/// What a service comes to in one word, the worst that is to be said of it.
enum class Verdict : std::uint8_t {
    off,     ///< no line is ours
    good,    ///< as shipped
    weak,    ///< worth a look
    closes,  ///< nobody gets in
    opens,   ///< somebody gets in who should not
};

[[nodiscard]] Verdict verdict_on(const Posture& posture);
[[nodiscard]] std::string_view name_of(Verdict verdict);

/// Every service of this host that could ask for a factor, and whatever else names our module; by name.
[[nodiscard]] std::vector<Posture> survey(const Places& places);

}  // namespace stepup::pam
