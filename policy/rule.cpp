#include "policy/rule.hpp"

#include <algorithm>

namespace stepup {

bool stands_for(std::string_view named, std::string_view service) {
    if (named == service) return true;
    // Debian gives `sudo -i` and `su -` PAM services of their own; a rule about sudo that `sudo -i` escapes is a trap.
    return (named == "sudo" && service == "sudo-i") || (named == "su" && service == "su-l");
}

bool may_be_for(const Match& match, std::string_view service) {
    const auto& services = match.services;
    return services.empty() || std::any_of(services.begin(), services.end(), [&](const std::string& named) {
               return stands_for(named, service);
           });
}

SignalSet triggers_of(const Terms& terms, const Terms& defaults) {
    return terms.triggers.value_or(defaults.triggers.value_or(all_signals));
}

bool is_about_accounts(const Match& match) {
    return match.services.empty() && match.targets.empty() && match.networks.empty() && !match.from
        && match.times.empty();
}

Requirement complete(const Terms& terms, const Terms& defaults) {
    constexpr Seconds ordinary_window = std::chrono::minutes(15);
    const auto said
        = [&](auto member, auto otherwise) { return (terms.*member).value_or((defaults.*member).value_or(otherwise)); };
    const auto level = said(&Terms::level, Level::required);
    const auto key_only = said(&Terms::key_only, level == Level::required ? KeyOnly::deny : KeyOnly::allow);
    return {
        .level = level,
        .allowed = said(&Terms::allowed, ordinary_factors),
        .min_strength = said(&Terms::min_strength, Strength::none),
        .window = said(&Terms::window, ordinary_window),
        .window_scope = said(&Terms::window_scope, WindowScope::session),
        .window_without_tty = said(&Terms::window_without_tty, WithoutTty::none),
        .key_only_allowed = key_only == KeyOnly::allow,
        .key_trust = complete(terms.key_trust, defaults.key_trust),
        .two_different = said(&Terms::two_different, false),
        .foreground_only = said(&Terms::foreground_only, false),
        .recovery_codes = said(&Terms::recovery_codes, 10U),
        .first_enrollment = said(&Terms::first_enrollment, FirstEnrollment::self),
        .weaker_factors = said(&Terms::weaker_factors, false),
        .grace = said(&Terms::grace, Seconds(0)),
        .report_only = said(&Terms::report_only, false),
        .by_risk = level == Level::risk_based,
        .security_key_login = said(&Terms::security_key_login, SecurityKeyLogin::off),
    };
}

Requirement demanded(const Terms& terms, const Terms& defaults, const Facts& facts) {
    auto requirement = complete(terms, defaults);
    if (requirement.by_risk) {
        requirement.signals = triggers_of(terms, defaults) & facts.signals.possible();
        requirement.level = requirement.signals.empty() ? Level::disabled : Level::required;
    }
    const auto from = terms.required_from ? terms.required_from : defaults.required_from;
    if (requirement.level == Level::required && from && facts.date && *facts.date < *from) {
        requirement.level = Level::optional;
        requirement.due_in_days = static_cast<unsigned>((*from - *facts.date).count());
    }
    if (!terms.key_only && !defaults.key_only) requirement.key_only_allowed = requirement.level != Level::required;
    return requirement;
}

Policy built_in_policy() {
    constexpr auto all = strictest();
    return {.defaults = {.level = all.level,
                         .allowed = all.allowed,
                         .min_strength = all.min_strength,
                         .window = all.window,
                         .window_scope = all.window_scope,
                         .window_without_tty = all.window_without_tty,
                         .key_only = KeyOnly::deny}};
}

std::vector<std::string> groups_named(const Policy& policy) {
    std::vector<std::string> names;
    for (const auto& rule : policy.rules) names.insert(names.end(), rule.match.groups.begin(), rule.match.groups.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool trusts_keys(const Policy& policy) {
    return complete({}, policy.defaults).key_trust.enabled
        || std::any_of(policy.rules.begin(), policy.rules.end(),
                       [&](const Rule& rule) { return complete(rule.terms, policy.defaults).key_trust.enabled; });
}

std::vector<std::string> places_that_count_security_keys(const Policy& policy) {
    const auto counts = [&](const Terms& terms) {
        const auto written = complete(terms, policy.defaults);
        return written.level != Level::disabled && written.counts_security_keys();
    };
    std::vector<std::string> places;
    for (const auto& rule : policy.rules)
        if (may_be_for(rule.match, "sshd") && counts(rule.terms))
            places.push_back("rule \"" + rule.name + "\" (" + rule.file + ":" + std::to_string(rule.line) + ")");
    if (counts({})) places.emplace_back("[defaults]");
    return places;
}

SignalSet signals_asked_for(const Policy& policy) {
    SignalSet asked;
    const auto add = [&](const Terms& terms) {
        if (complete(terms, policy.defaults).by_risk) asked = asked | triggers_of(terms, policy.defaults);
    };
    add({});
    for (const auto& rule : policy.rules) add(rule.terms);
    return asked;
}

}  // namespace stepup
