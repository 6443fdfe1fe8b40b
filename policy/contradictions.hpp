#pragma once

#include "policy/reader.hpp"
#include "policy/rule.hpp"

// What is wrong although every single key is right. For parse.cpp.

namespace stepup {

void contradictions_in_defaults(const toml::table& table, const Terms& defaults, Complaints& complaints);
void contradictions_in_limits(const toml::table& table, const Limits& limits, Complaints& complaints);

void contradictions_in_match(const toml::table& table, const Match& match, Complaints& complaints);

/// `policy` holds the defaults and the rules that stand before this one.
void contradictions_in_rule(const toml::table& table, const Rule& rule, const Policy& policy, Complaints& complaints);

}  // namespace stepup
