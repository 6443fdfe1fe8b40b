#pragma once

#include <string>
#include <vector>

#include "daemon/core/step_up_gate.hpp"
#include "policy/load.hpp"

namespace stepup {

/// Which policy is in force, and why not another.
struct PolicyReport {
    Origin origin = Origin::built_in;
    std::vector<std::string> problems;  ///< a line each: what is wrong with the files
    ConfigTexts texts;                  ///< of what is in force; none if it is built in
};

/// The policy in force, for those who may change it.
class PolicyControl {
public:
    virtual ~PolicyControl() = default;
    [[nodiscard]] virtual PolicyReport report() const = 0;
    /// Reads the files again; a bad file never replaces a good one.
    virtual PolicyReport reload() = 0;
    /// Has `text` as the drop-in `name` of the state folder, in force at once; without text, takes that drop-in away.
    /// Errors: invalid_argument (the policy would not be good, and why), unavailable. Then nothing was changed.
    virtual Managed<PolicyReport> set(const Caller& caller, const std::string& name, const std::string& text) = 0;
};

}  // namespace stepup
