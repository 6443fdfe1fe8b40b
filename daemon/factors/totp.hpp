#pragma once

#include <memory>

#include "daemon/core/factor.hpp"

namespace stepup {

/// RFC 6238: the step of now or one either side, and later than the last one accepted.
[[nodiscard]] std::unique_ptr<Factor> make_totp();

}  // namespace stepup
