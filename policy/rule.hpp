#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/facts.hpp"
#include "policy/limits.hpp"
#include "policy/requirement.hpp"

namespace stepup {

enum class KeyOnly : std::uint8_t { deny, allow };

/// What one table of the policy file says about requirements. What it does not say is taken from elsewhere.
struct Terms {
    std::optional<Level> level;
    std::optional<FactorSet> allowed;
    std::optional<Strength> min_strength;
    std::optional<Seconds> window;
    std::optional<WindowScope> window_scope;
    std::optional<WithoutTty> window_without_tty;
    std::optional<KeyOnly> key_only;  ///< said by nobody: deny where the level is required
    std::optional<bool> foreground_only{};
    std::optional<unsigned> recovery_codes{};
    std::optional<FirstEnrollment> first_enrollment{};
    std::optional<bool> weaker_factors{};
    KeyTrustTerms key_trust;
    std::optional<SecurityKeyLogin> security_key_login{};
    std::optional<bool> two_different;
    std::optional<SignalSet> triggers;  ///< of risk-based; said by nobody: all of them
    std::optional<Seconds> grace;
    std::optional<std::chrono::sys_days> required_from;
    std::optional<bool> report_only;
    [[nodiscard]] bool operator==(const Terms&) const = default;
};

/// Which attempts a rule is for. An empty list asks nothing; a list that is not empty must contain the fact.
struct Match {
    std::vector<std::string> services;  ///< "sudo" and "su" also stand for "sudo-i" and "su-l"
    std::vector<std::string> users;
    std::vector<std::string> groups;   ///< one of them is enough
    std::vector<std::string> targets;  ///< whom the subject becomes
    Networks networks{};               ///< from where; nobody local is in any, nor outside of it
    std::optional<From> from{};
    std::vector<TimeSpan> times{};  ///< by the host's local time
    [[nodiscard]] bool operator==(const Match&) const = default;
};

struct Rule {
    std::string name;
    Match match;
    Terms terms;
    std::string file;   ///< where it stands, for people
    unsigned line = 0;  ///< from 1
    LimitTerms limits{};
    [[nodiscard]] bool operator==(const Rule&) const = default;
};

/// All that the policy files say.
struct Policy {
    Terms defaults;
    std::vector<Rule> rules;  ///< the first that matches decides
    Limits limits;
    [[nodiscard]] bool operator==(const Policy&) const = default;
};

/// True if a rule that names `named` is also for the PAM service `service`.
[[nodiscard]] bool stands_for(std::string_view named, std::string_view service);

/// True if `match` is for the PAM service `service`, as far as services go.
[[nodiscard]] bool may_be_for(const Match& match, std::string_view service);

/// True if nothing but the account itself decides whether `match` fits.
[[nodiscard]] bool is_about_accounts(const Match& match);

/// What `terms` demand where they speak, and `defaults` where they are silent; what neither says is as the built-in
/// defaults of docs/policy.md. As written: `level` may be risk_based, and no date is looked at.
[[nodiscard]] Requirement complete(const Terms& terms, const Terms& defaults);

/// What makes something risk-based ask: what `terms` say, else `defaults`, else every signal there is.
[[nodiscard]] SignalSet triggers_of(const Terms& terms, const Terms& defaults);

/// The same of the attempt that `facts` tell of: risk-based has become required or disabled by its triggers, and what
/// is required only from a later date on, optional.
[[nodiscard]] Requirement demanded(const Terms& terms, const Terms& defaults, const Facts& facts);

/// The policy while there never was a good file: `strictest()` for everyone.
[[nodiscard]] Policy built_in_policy();

/// Every group that a rule names, each once: what facts must be gathered about.
[[nodiscard]] std::vector<std::string> groups_named(const Policy& policy);

/// True if users may trust their keys somewhere.
[[nodiscard]] bool trusts_keys(const Policy& policy);

/// Where a login by an enrolled security key is a proof: `[defaults]`, or `rule "name" (file:line)`.
[[nodiscard]] std::vector<std::string> places_that_count_security_keys(const Policy& policy);

/// Every signal that something risk-based asks for: what facts must be gathered about.
[[nodiscard]] SignalSet signals_asked_for(const Policy& policy);

}  // namespace stepup
