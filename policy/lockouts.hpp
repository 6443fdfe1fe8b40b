#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/config_files.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// A table of the policy that asks for what nobody can prove.
struct Lockout {
    const Rule* rule;  ///< nullptr: [defaults]
    std::string why;   ///< in one sentence, which says what to write instead
};

/// Every kind there is, in this version or another.
[[nodiscard]] FactorSet every_kind();

/// Every table of `policy` that nobody can satisfy by factors of `kinds`, or only by recovery codes, which are issued
/// only beside another factor. A login by security key counts where policy takes it for a proof, and elsewhere by the
/// window that it opens. What a rule has from [defaults] is told of them alone.
[[nodiscard]] std::vector<Lockout> lockouts(const Policy& policy, FactorSet kinds);

/// The first table that `after` shuts and `before` did not: a table that was shut may stay so, under its name, so that
/// whoever opens one of several is not stopped by the others. Nothing was shut by `before` if it is no policy. Nothing
/// also where `after` is none.
[[nodiscard]] std::optional<Diagnosis> newly_shut(const ConfigTexts& before, const ConfigTexts& after, FactorSet kinds);

}  // namespace stepup
