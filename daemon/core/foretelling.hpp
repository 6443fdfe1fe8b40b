#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/management_error.hpp"
#include "daemon/core/ports.hpp"
#include "daemon/core/step_up_gate.hpp"
#include "policy/account_limits.hpp"
#include "policy/decide.hpp"

namespace stepup {

/// An attempt that nobody has made yet. What is not said is as the service's programs would say it, or unknown.
struct AttemptInMind {
    std::string user;
    std::string service;
    std::optional<Whence> whence;
    std::optional<std::string> target;
    Millis at{};          ///< wall clock
    SignalSet signals{};  ///< supposed to have fired
};

/// What "local", "remote" or an address says of where an attempt comes from; nothing: it is none of these.
[[nodiscard]] std::optional<Whence> whence_named(std::string_view text);

/// True where `service` tells nobody whom its caller becomes: a target that is supposed counts for nothing there.
[[nodiscard]] bool hides_its_target(std::string_view service);
constexpr std::string_view hidden_target_text
    = "sudo does not tell stepupd whom its caller becomes, so the target counts as unknown";

/// What is known about it.
[[nodiscard]] Facts facts_of(const AttemptInMind& attempt, std::span<const std::string> lockers,
                             std::optional<std::vector<std::string>> groups);

/// What the policy in force would ask.
struct Foretold {
    Ruling ruling;
    AccountLimits limits;
    std::string why;  ///< in one sentence
};

/// Tells administrators what would be asked of whom. Whether the caller is one, the door has asked already.
class Foretelling {
public:
    Foretelling(const Clock& clock, Accounts& accounts, PolicyInForce policy, std::vector<std::string> lockers)
        : clock_(clock),
          accounts_(accounts),
          policy_(std::move(policy)),
          lockers_(std::move(lockers)) { }

    /// `from` and `target` may be empty; `at`: seconds since 1970, 0 for now. Errors: invalid_argument, no_such_user,
    /// unavailable.
    void explain(const std::string& user, const std::string& service, const std::string& from,
                 const std::string& target, std::uint64_t at, const Answer<Foretold>& done) const;

private:
    const Clock& clock_;
    Accounts& accounts_;
    PolicyInForce policy_;
    std::vector<std::string> lockers_;
};

}  // namespace stepup
