#include "policy/profile.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstdio>

#include "common/result.hpp"
#include "policy/account_limits.hpp"
#include "policy/parse.hpp"
#include "policy/reader.hpp"

namespace stepup {
namespace {

/// What a table makes of every key, at whatever time of the day and however risky the attempt is.
struct Demand : Requirement {
    SignalSet triggers;
    std::optional<std::chrono::sys_days> from;  ///< nothing: it always was required
    bool later = false;                         ///< `from` has not come
};

Demand demand_of(const Terms& terms, const Terms& defaults, std::chrono::sys_days today) {
    const auto from = terms.required_from ? terms.required_from : defaults.required_from;
    Demand demand{complete(terms, defaults), triggers_of(terms, defaults), from, from && *from > today};
    if (demand.later && !terms.key_only && !defaults.key_only) demand.key_only_allowed = true;
    return demand;
}

template <class T> Bearing rising(const T& found, const T& wanted) {
    return found < wanted ? Bearing::laxer : found == wanted ? Bearing::as_wanted : Bearing::stricter;
}
template <class T> Bearing falling(const T& found, const T& wanted) { return rising(wanted, found); }

/// What passes here and would not there is laxer, whatever else would not pass.
Bearing bearing_of_factors(const Demand& found, const Demand& wanted) {
    auto bearing = Bearing::as_wanted;
    for (const auto& row : factor_kinds) {
        if (found.allowed.contains(row.kind) && !wanted.allowed.contains(row.kind)) return Bearing::laxer;
        if (!found.allowed.contains(row.kind) && wanted.allowed.contains(row.kind)) bearing = Bearing::stricter;
    }
    return bearing;
}

std::string factors_text(const Demand& requirement) {
    std::string text;
    for (const auto& row : factor_kinds)
        if (requirement.allowed.contains(row.kind)) text += (text.empty() ? "" : ", ") + std::string(row.name);
    return text;
}

std::string triggers_text(const Demand& demand) {
    std::string text;
    for (const auto& row : signal_rows)
        if (demand.triggers.contains(row.signal)) text += (text.empty() ? "" : ", ") + std::string(row.name);
    return text;
}

/// What makes it ask there and not here is laxer, whatever else makes it ask.
Bearing bearing_of_triggers(const Demand& found, const Demand& wanted) {
    auto bearing = Bearing::as_wanted;
    for (const auto& row : signal_rows) {
        if (!found.triggers.contains(row.signal) && wanted.triggers.contains(row.signal)) return Bearing::laxer;
        if (found.triggers.contains(row.signal) && !wanted.triggers.contains(row.signal)) bearing = Bearing::stricter;
    }
    return bearing;
}

std::chrono::sys_days begin_of(const Demand& demand) { return demand.from.value_or(std::chrono::sys_days{}); }

std::string date_text(const Demand& demand) {
    if (!demand.from) return "always";
    const std::chrono::year_month_day day(*demand.from);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text.data();
}

Level level_enforced(const Demand& demand) {
    if (demand.report_only) return Level::disabled;
    return demand.later ? std::min(demand.level, Level::optional) : demand.level;
}

std::string level_text(const Demand& demand) {
    return std::string(name_of(demand.level)) + (demand.later ? " from " + date_text(demand) + " on" : "")
        + (demand.report_only ? ", only reported" : "");
}

std::string trust_text(const Demand& requirement) {
    const auto& trust = requirement.key_trust;
    if (!trust.enabled) return "off";
    return "for " + duration_text(trust.duration) + (trust.same_network ? " from one network" : "");
}

/// A longer time is laxer, though it be for one network alone.
Bearing bearing_of_trust(const Demand& found, const Demand& wanted) {
    const auto order = compare_strictness(found.key_trust, wanted.key_trust);
    return std::is_lt(order) ? Bearing::laxer : std::is_eq(order) ? Bearing::as_wanted : Bearing::stricter;
}

template <auto member> std::string named(const Demand& requirement) {
    return std::string(name_of(requirement.*member));
}
template <auto member> bool said(const Terms& terms) { return (terms.*member).has_value(); }

/// One key of [defaults] and rules: for which service alone it counts, if for one; whether a table says it, how it is
/// written, and which of two is stricter.
struct TermRow {
    std::string_view key;
    std::string_view service;
    bool (*said)(const Terms&);
    std::string (*text)(const Demand&);
    Bearing (*bearing)(const Demand& found, const Demand& wanted);
};
using R = Demand;
constexpr std::array term_rows{
    TermRow{"requirement", "", said<&Terms::level>, level_text,
            [](const R& a, const R& b) { return rising(level_enforced(a), level_enforced(b)); }},
    TermRow{"allowed_factors", "", said<&Terms::allowed>, factors_text, bearing_of_factors},
    TermRow{"min_strength", "", said<&Terms::min_strength>, named<&R::min_strength>,
            [](const R& a, const R& b) { return rising(a.min_strength, b.min_strength); }},
    TermRow{"two_different_factors", "", said<&Terms::two_different>,
            [](const R& a) { return std::string(a.two_different ? "true" : "false"); },
            [](const R& a, const R& b) { return rising(a.two_different, b.two_different); }},
    TermRow{"weaker_factors", "", said<&Terms::weaker_factors>,
            [](const R& a) { return std::string(a.weaker_factors ? "true" : "false"); },
            [](const R& a, const R& b) { return falling(a.weaker_factors, b.weaker_factors); }},
    TermRow{"window", "", said<&Terms::window>, [](const R& a) { return duration_text(a.window); },
            [](const R& a, const R& b) { return falling(a.window, b.window); }},
    TermRow{"window_scope", "", said<&Terms::window_scope>, named<&R::window_scope>,
            [](const R& a, const R& b) { return falling(a.window_scope, b.window_scope); }},
    TermRow{"window_without_tty", "", said<&Terms::window_without_tty>, named<&R::window_without_tty>,
            [](const R& a, const R& b) { return falling(a.window_without_tty, b.window_without_tty); }},
    TermRow{"foreground_only", "", said<&Terms::foreground_only>,
            [](const R& a) { return std::string(a.foreground_only ? "true" : "false"); },
            [](const R& a, const R& b) { return rising(a.foreground_only, b.foreground_only); }},
    TermRow{"key_only", "sshd", said<&Terms::key_only>,
            [](const R& a) { return std::string(a.key_only_allowed ? "allow" : "deny"); },
            [](const R& a, const R& b) { return falling(a.key_only_allowed, b.key_only_allowed); }},
    TermRow{"recovery_codes", "stepup", said<&Terms::recovery_codes>,
            [](const R& a) { return std::to_string(a.recovery_codes); },
            [](const R& a, const R& b) { return falling(a.recovery_codes, b.recovery_codes); }},
    TermRow{"first_enrollment", "stepup", said<&Terms::first_enrollment>, named<&R::first_enrollment>,
            [](const R& a, const R& b) { return rising(a.first_enrollment, b.first_enrollment); }},
    TermRow{"trusted_keys", "sshd", [](const Terms& terms) { return terms.key_trust != KeyTrustTerms{}; }, trust_text,
            bearing_of_trust},
    TermRow{"security_key_login", "sshd", said<&Terms::security_key_login>, named<&R::security_key_login>,
            [](const R& a, const R& b) { return falling(a.security_key_login, b.security_key_login); }},
    TermRow{"triggers", "", said<&Terms::triggers>, triggers_text, bearing_of_triggers},
    TermRow{"grace_period", "", said<&Terms::grace>, [](const R& a) { return duration_text(a.grace); },
            [](const R& a, const R& b) { return falling(a.grace, b.grace); }},
    TermRow{"required_from", "", said<&Terms::required_from>, date_text,
            [](const R& a, const R& b) { return falling(begin_of(a), begin_of(b)); }},
    TermRow{"report_only", "", said<&Terms::report_only>,
            [](const R& a) { return std::string(a.report_only ? "true" : "false"); },
            [](const R& a, const R& b) { return falling(a.report_only, b.report_only); }},
};

struct LimitRow {
    std::string_view key;
    std::string (*text)(const Limits&);
    Bearing (*bearing)(const Limits& found, const Limits& wanted);
};
constexpr std::array limit_rows{
    LimitRow{"limits.delay_from", [](const Limits& a) { return std::to_string(a.delay_from); },
             [](const Limits& a, const Limits& b) { return falling(a.delay_from, b.delay_from); }},
    LimitRow{"limits.lock_after", [](const Limits& a) { return std::to_string(a.lock_after); },
             [](const Limits& a, const Limits& b) { return falling(a.lock_after, b.lock_after); }},
    LimitRow{"limits.lock_for", [](const Limits& a) { return duration_text(a.lock_for); },
             [](const Limits& a, const Limits& b) { return rising(a.lock_for, b.lock_for); }},
    LimitRow{"limits.ceiling", [](const Limits& a) { return std::to_string(a.ceiling); },
             [](const Limits& a, const Limits& b) { return falling(a.ceiling, b.ceiling); }},
    LimitRow{"limits.source_lock_after", [](const Limits& a) { return std::to_string(a.source_lock_after); },
             [](const Limits& a, const Limits& b) { return falling(a.source_lock_after, b.source_lock_after); }},
};

/// One table of a host's policy, as it decides.
struct Place {
    std::string name;
    const Rule* rule;  ///< nullptr: [defaults]
    Demand requirement;
};

/// True if nothing but the service decides whether `match` fits.
bool is_about_services(Match match) {
    match.services.clear();
    return match == Match{};
}

std::string place_of(const Rule& rule) {
    return "rule \"" + rule.name + "\" (" + rule.file + ":" + std::to_string(rule.line) + ")";
}

/// All that may decide about `service` in `host`; nothing: about some service that the profile has no rule for.
std::vector<Place> places(const Policy& host, const std::string& service, const Policy& profile,
                          std::chrono::sys_days today) {
    const auto has_rule = [&](const std::string& one) {
        return std::any_of(profile.rules.begin(), profile.rules.end(),
                           [&](const Rule& rule) { return may_be_for(rule.match, one); });
    };
    std::vector<Place> found;
    for (const auto& rule : host.rules) {
        const auto& services = rule.match.services;
        const bool decides_others = services.empty() || !std::all_of(services.begin(), services.end(), has_rule);
        if (service.empty() ? !decides_others : !may_be_for(rule.match, service)) continue;
        found.push_back({place_of(rule), &rule, demand_of(rule.terms, host.defaults, today)});
        if (!is_about_services(rule.match)) continue;
        if (services.empty() || !service.empty()) return found;  // what stands behind it never decides here
    }
    found.push_back({"[defaults]", nullptr, demand_of({}, host.defaults, today)});
    return found;
}

/// What one service, or all without a rule of their own, are wanted to be asked.
struct Wish {
    std::string service;
    const Terms& rule;
    const Terms& defaults;
    Demand requirement;
};

bool is_worth_telling(const TermRow& row, const Place& place, const std::vector<Place>& in) {
    const bool asks_nothing = level_enforced(place.requirement) == Level::disabled;
    if (asks_nothing && row.key != "requirement" && row.key != "report_only") return false;
    if (place.rule == nullptr) return true;
    if (!row.service.empty() && !may_be_for(place.rule->match, row.service)) return false;
    const auto& last = in.back();
    return last.rule != nullptr || row.text(last.requirement) != row.text(place.requirement);
}

/// True if who must have enrolled by now is let in without, which no profile needs to speak of to mean it.
bool gives_unwanted_grace(const TermRow& row, const Demand& found, const Demand& wanted) {
    return row.key == "grace_period" && level_enforced(wanted) >= Level::risk_based && found.grace > wanted.grace;
}

void compare_terms(const Wish& wish, const std::vector<Place>& in, std::vector<Deviation>& all) {
    for (const auto& row : term_rows) {
        const bool said = row.said(wish.rule) || row.said(wish.defaults);
        if (!wish.service.empty() && !row.service.empty() && row.service != wish.service) continue;
        for (const auto& place : in) {
            if (!said && !gives_unwanted_grace(row, place.requirement, wish.requirement)) continue;
            if (!is_worth_telling(row, place, in)) continue;
            Deviation fresh{
                std::string(row.key),        wish.service, row.text(wish.requirement),
                row.text(place.requirement), place.name,   row.bearing(place.requirement, wish.requirement)};
            const auto same = [&](const Deviation& told) {
                return told.key == fresh.key && told.wanted == fresh.wanted && told.where == fresh.where;
            };
            if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(fresh));
        }
    }
}

void compare_limits(const Profile& profile, const Policy& host, std::vector<Deviation>& all) {
    const auto& wanted = profile.policy.limits;
    for (const auto& row : limit_rows) {
        const auto key = row.key.substr(row.key.find('.') + 1);
        if (std::find(profile.limits.begin(), profile.limits.end(), key) == profile.limits.end()) continue;
        const auto add = [&](const Limits& found, const std::string& where) {
            all.push_back(
                {std::string(row.key), "", row.text(wanted), row.text(found), where, row.bearing(found, wanted)});
        };
        add(host.limits, "[limits]");
        for (const auto& rule : host.rules)
            if (const auto limits = complete(rule.limits, host.limits); row.text(limits) != row.text(host.limits))
                add(limits, place_of(rule));
    }
}

}  // namespace

Read<Profile> read_profile(std::string_view text, std::string_view name) {
    Profile profile{TRY(parse(text, name)), {}};
    const auto document = TRY(read_toml(text, name));
    if (const auto* limits = document["limits"].as_table(); limits != nullptr)
        for (const auto& [key, value] : *limits) profile.limits.emplace_back(key.str());
    for (const auto& rule : profile.policy.rules)
        if (!is_about_services(rule.match) || rule.limits != LimitTerms{})
            return tl::unexpected<Diagnosis>(
                Diagnosis{rule.file, rule.line, 1, "a rule of a profile matches by services alone"});
    return profile;
}

std::vector<Deviation> compare(const Profile& profile, const Policy& host, std::chrono::sys_days today) {
    const auto& [policy, limits] = profile;
    const Terms nothing;
    std::vector<Deviation> all;
    compare_terms({"", nothing, policy.defaults, demand_of({}, policy.defaults, today)},
                  places(host, "", policy, today), all);
    for (const auto& rule : policy.rules)
        for (const auto& service : rule.match.services)
            compare_terms({service, rule.terms, policy.defaults, demand_of(rule.terms, policy.defaults, today)},
                          places(host, service, policy, today), all);
    compare_limits(profile, host, all);
    return all;
}

}  // namespace stepup
