#pragma once

#include <vector>

#include "policy/networks.hpp"
#include "policy/reader.hpp"
#include "policy/times.hpp"

// Readers of what only `match` has. For parse.cpp.

namespace stepup {

/// A list of networks, some excepted with "!". Refuses what can never match, and an exception from nothing.
[[nodiscard]] Heard<Networks> as_networks(const toml::node& node);
/// A list of parts of the week.
[[nodiscard]] Heard<std::vector<TimeSpan>> as_times(const toml::node& node);

}  // namespace stepup
