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
    std::string command;             ///< "check", "explain", "set", "edit", "diff", "profile" or "standing"
    std::vector<std::string> files;  ///< check: a main file and drop-ins; none: those of this host
    std::string user;                ///< explain, as what follows
    std::string service;
    std::optional<Whence> whence;  ///< nothing: as the service says
    std::optional<std::string> target;
    Millis at{};          ///< wall clock
    SignalSet signals{};  ///< supposed to have fired
    std::string key;      ///< set
    std::string value;
    std::string rule;      ///< set: in which the key stands; empty: in [defaults] or [limits]
    std::string drop_in;   ///< edit: its name; empty: the main file
    std::string profile;   ///< profile: its name, or its file if that has a "/"; empty: which there are
    bool diff = false;     ///< profile: beside this host's policy
    bool dry_run = false;  ///< set: only show what would change
    std::string config = "/etc/stepup/stepup.toml";
    bool json = false;
};

/// Reads the words behind `stepupd policy`; says what is wrong with them on standard error, or shows the help.
[[nodiscard]] std::variant<PolicyQuestion, Exit> read_policy_words(int count, char** words, Millis now);

}  // namespace stepup
