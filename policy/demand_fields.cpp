#include "policy/demand_fields.hpp"

namespace stepup {
namespace {

std::vector<std::string_view> factors_that_will_do(const Requirement& requirement) {
    std::vector<std::string_view> names;
    for (const auto& row : factor_kinds)
        if (requirement.permits(row.kind)) names.push_back(row.name);
    return names;
}

std::vector<std::string_view> names_of_signals(SignalSet signals) {
    std::vector<std::string_view> names;
    for (const auto& row : signal_rows)
        if (signals.contains(row.signal)) names.push_back(row.name);
    return names;
}

std::uint32_t seconds(Seconds time) { return static_cast<std::uint32_t>(time.count()); }

}  // namespace

std::vector<DemandField> fields_of(const Requirement& requirement) {
    return {{"requirement", name_of(requirement.level)},
            {"report_only", requirement.report_only},
            {"risk_based", requirement.by_risk},
            {"signals", names_of_signals(requirement.signals)},
            {"grace_period", seconds(requirement.grace)},
            {"required_in_days", std::uint32_t{requirement.due_in_days}},
            {"factors", factors_that_will_do(requirement)},
            {"min_strength", name_of(requirement.min_strength)},
            {"two_different_factors", requirement.two_different},
            {"weaker_factors", requirement.weaker_factors},
            {"window", seconds(requirement.window)},
            {"window_scope", name_of(requirement.window_scope)},
            {"window_without_tty", name_of(requirement.window_without_tty)},
            {"foreground_only", requirement.foreground_only},
            {"key_only", std::string_view(requirement.key_only_allowed ? "allow" : "deny")},
            {"trusted_keys", requirement.key_trust.enabled},
            {"security_key_login", name_of(requirement.security_key_login)},
            {"recovery_codes", std::uint32_t{requirement.recovery_codes}},
            {"first_enrollment", name_of(requirement.first_enrollment)}};
}

}  // namespace stepup
