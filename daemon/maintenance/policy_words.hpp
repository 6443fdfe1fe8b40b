#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/management_error.hpp"
#include "policy/facts.hpp"

namespace stepup {

/// What is asked about the policy.
struct PolicyQuestion {
    std::string command;             ///< "check" or "explain"
    std::vector<std::string> files;  ///< check: a main file and drop-ins; none: those of this host
    std::string user;                ///< explain, as what follows
    std::string service;
    std::optional<Whence> whence;  ///< nothing: as the service says
    std::optional<std::string> target;
    Millis at{};          ///< wall clock
    SignalSet signals{};  ///< supposed to have fired
    std::string config = "/etc/stepup/stepup.toml";
    bool json = false;
};

/// Reads the words behind `stepupd policy`; says what is wrong with them on standard error, or shows the help.
[[nodiscard]] std::variant<PolicyQuestion, Exit> read_policy_words(int count, char** words, Millis now);

}  // namespace stepup
