#pragma once

#include <filesystem>
#include <vector>

#include "policy/diagnosis.hpp"
#include "policy/parse.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// The policy of `path` and of the drop-ins beside it: for /etc/stepup/policy.toml, /etc/stepup/policy.d/*.toml in the
/// order of their names. A missing main file is an error.
[[nodiscard]] Parsed load(const std::filesystem::path& path);

enum class Origin : std::uint8_t {
    files,      ///< what stands in the files now
    last_good,  ///< what stood there when they last were good
    built_in,   ///< there never was a good one: the strictest
};

struct Loaded {
    Policy policy;
    Origin origin = Origin::built_in;
    std::vector<Diagnosis> problems;  ///< to be told loudly: why it is not `files`, or why the copy could not be kept
};

/// `load(policy_path)`. What was good is kept as `state_dir`/policy.good (mode 0600, replaced atomically and durably)
/// and used when the files no longer are good, also by the next process; without it, the built-in policy. Never fails.
[[nodiscard]] Loaded load_or_last_good(const std::filesystem::path& policy_path,
                                       const std::filesystem::path& state_dir);

}  // namespace stepup
