#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/random.hpp"
#include "common/result.hpp"
#include "daemon/core/enrollment.hpp"
#include "daemon/core/ports.hpp"

namespace stepup {

/// Recovery codes as they are shown once, and as they are kept.
struct FreshCodes {
    std::vector<std::string> shown;  ///< "ABCD-EFGH-IJKL-MNOP-QRST"
    std::vector<HashedCode> stored;
};

/// What it takes to make a factor; daemon/factors has it.
struct EnrollmentKit {
    std::string issuer;    ///< what apps show beside the account
    StrongRandom& random;  ///< outlives everybody who has the kit
    /// Slow, so it is called on a worker's thread only.
    std::function<Result<FreshCodes>(unsigned count)> make_recovery_codes;
};

/// Runs `work` off the loop, then `then` on it.
using Workshop = std::function<void(std::function<void()> work, std::function<void()> then)>;

}  // namespace stepup
