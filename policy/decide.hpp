#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.hpp"
#include "policy/requirement.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// What is demanded, and by which rule.
struct Ruling {
    Requirement requirement;
    std::string rule;       ///< its name; empty: no rule matched, [defaults] decide
    bool in_doubt = false;  ///< a fact that a rule asks for was unknown, so the stricter outcome counts
    [[nodiscard]] bool operator==(const Ruling&) const = default;
};

/// The first rule that matches decides; no match, and [defaults] do. A rule whose match hangs on an unknown fact opens
/// two ways, with it and without it. All ways are followed; the strictest outcome (`compare_strictness`) says what must
/// be proved, and the strictest of all outcomes that ask at all say how fresh, where, by how many factors, how soon to
/// enroll, and whether a key alone will do.
[[nodiscard]] Ruling rule_on(const Policy& policy, const Facts& facts);

[[nodiscard]] inline Requirement decide(const Policy& policy, const Facts& facts) {
    return rule_on(policy, facts).requirement;
}

/// Whether a rule is for an attempt.
enum class Matches : std::uint8_t { no, unknown, yes };

/// The same, with what makes it so.
struct RuleFit {
    Matches matches = Matches::yes;
    std::vector<std::string_view> keys{};  ///< of `match`: all that do not hold; if all may hold, those nobody can tell
};
[[nodiscard]] RuleFit fit_of(const Match& match, const Facts& facts);

/// True if some attempt of this account, at whatever service, from wherever, whenever, and for whatever target, would
/// be `required`, now or from some date on, or is `risk-based`. Groups as in Facts: unknown ones count as the rules
/// name them.
[[nodiscard]] bool requires_somewhere(const Policy& policy, const std::string& user,
                                      const std::optional<std::vector<std::string>>& groups);

}  // namespace stepup
