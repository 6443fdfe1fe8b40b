#pragma once

#include <array>
#include <memory>

#include "common/secret.hpp"
#include "daemon/core/factor.hpp"
#include "policy/factor_kind.hpp"

namespace stepup {

/// The kinds this build can verify.
[[nodiscard]] FactorSet kinds_of_this_build();

/// The factors this build can verify: one row of the table in catalogue.cpp each.
class Catalogue final : public Factors {
public:
    explicit Catalogue(const Secret& recovery_pepper);
    [[nodiscard]] const Factor* find(FactorKind kind) const override;

private:
    std::array<std::unique_ptr<Factor>, factor_kinds.size()> by_kind_;
};

}  // namespace stepup
