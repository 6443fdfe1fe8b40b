#pragma once

#include <string>

#include "policy/decide.hpp"

namespace stepup {

/// Why `ruling` came about and what it demands, in one sentence for people and for the audit trail. Names that came
/// from outside are made printable.
[[nodiscard]] std::string explain(const Facts& facts, const Ruling& ruling);

}  // namespace stepup
