#pragma once

#include <optional>
#include <set>
#include <vector>

#include "policy/account_limits.hpp"
#include "policy/decide.hpp"

// A second opinion on what a policy demands, for the fuzzer: nothing but "the first rule that matches", tried with
// every value that an unknown fact might have.

namespace stepup::fuzz {

inline bool lists(const std::vector<std::string>& named, const std::string& fact) {
    for (const auto& name : named)
        if (name == fact) return true;
    return named.empty();
}

/// By what is left of both once they are cut to the prefix.
inline bool is_inside(const Network& network, const Address& address) {
    return network.address.is_v6() == address.is_v6()
        && network.address.network(network.prefix).text() == address.network(network.prefix).text();
}

inline bool is_among(const Networks& networks, const Address& address) {
    bool in = networks.among.empty();
    for (const auto& each : networks.among) in = in || is_inside(each, address);
    for (const auto& each : networks.except) in = in && !is_inside(each, address);
    return in;
}

/// A span as minutes from Monday on, which may reach into the week that follows.
inline bool is_during(const TimeSpan& span, LocalTime time) {
    constexpr unsigned week = 7 * 24 * 60;
    const auto now = time.weekday * 24 * 60 + time.minute;
    for (unsigned day = 0; day < 7; ++day) {
        const auto begin = day * 24 * 60 + span.begin;
        const auto length = span.end - span.begin;
        if ((span.days >> day & 1U) != 0 && (now + week - begin) % week < length) return true;
    }
    return false;
}

inline bool is_from_there(const Match& match, const Facts& facts) {
    bool in_time = match.times.empty();
    for (const auto& span : match.times) in_time = in_time || is_during(span, *facts.time);
    const bool remote = facts.whence.from == From::remote;
    const bool in_network = match.networks.empty() || (remote && is_among(match.networks, *facts.whence.address));
    return in_time && in_network && (!match.from || (*match.from == From::remote) == remote);
}

inline bool matches_known(const Match& match, const Facts& facts) {
    const auto plain = facts.service == "sudo-i" ? "sudo" : facts.service == "su-l" ? "su" : facts.service;
    bool in_group = match.groups.empty();
    for (const auto& group : *facts.groups)
        in_group = in_group || (!match.groups.empty() && lists(match.groups, group));
    return (lists(match.services, facts.service) || lists(match.services, plain)) && lists(match.users, facts.user)
        && in_group && lists(match.targets, *facts.target) && is_from_there(match, facts);
}

/// What was written, for this day and these signals; each is known.
inline Requirement today(const Terms& terms, const Policy& policy, const Facts& facts) {
    auto result = complete(terms, policy.defaults);
    const bool by_risk = result.level == Level::risk_based;
    bool fires = false;
    for (const auto signal :
         {Signal::new_device, Signal::new_location, Signal::suspicious_ip, Signal::after_password_change}) {
        const bool is_watched = terms.triggers
            ? terms.triggers->contains(signal)
            : !policy.defaults.triggers || policy.defaults.triggers->contains(signal);
        if (!by_risk || !is_watched || !facts.signals.fired.contains(signal)) continue;
        fires = true;
        result.signals.insert(signal);
    }
    if (by_risk) result.level = fires ? Level::required : Level::disabled;
    const auto from = terms.required_from ? *terms.required_from
                                          : policy.defaults.required_from.value_or(std::chrono::sys_days::min());
    const bool later = result.level == Level::required && *facts.date < from;
    if (later) result.level = Level::optional;
    if (later) result.due_in_days = static_cast<unsigned>((from - *facts.date) / std::chrono::days(1));
    const auto said = terms.key_only ? terms.key_only : policy.defaults.key_only;
    result.key_only_allowed = said ? *said == KeyOnly::allow : result.level != Level::required;
    return result;
}

/// What the first rule that matches demands; every fact is known.
inline Requirement first_match(const Policy& policy, const Facts& facts) {
    for (const auto& rule : policy.rules)
        if (matches_known(rule.match, facts)) return today(rule.terms, policy, facts);
    return today({}, policy, facts);
}

/// Whence and when, of which not everything is known: at home, in and around every network, at every edge of a time.
inline std::vector<Facts> places_and_times(const Policy& policy, const Facts& facts) {
    std::vector<Whence> places{facts.whence};
    std::vector<LocalTime> times{facts.time.value_or(LocalTime{})};
    if (!facts.whence.from) places.push_back({From::local, {}});
    if (!facts.whence.from) places[0].from = From::remote;
    if (places[0].from == From::remote && !places[0].address) places[0].address = Address::parse("203.0.113.9");
    const auto with = [&](const std::vector<Network>& networks) {
        for (const auto& network : networks) places.push_back({From::remote, network.address});
    };
    for (const auto& rule : policy.rules) {
        if (facts.whence.from != From::local && !facts.whence.address) with(rule.match.networks.among);
        if (facts.whence.from != From::local && !facts.whence.address) with(rule.match.networks.except);
        for (const auto& span : rule.match.times)
            for (unsigned day = 0; day < 7 && !facts.time; ++day)
                for (const auto minute : {span.begin, (span.end + 1439) % 1440}) times.push_back({day, minute});
    }
    std::vector<Facts> all;
    for (const auto& place : places)
        for (const auto& time : times) {
            all.push_back(facts);
            all.back().whence = place;
            all.back().time = time;
        }
    return all;
}

/// Whatever the signals might be of which nobody can tell: each set of them; and each day on which a rule changes.
inline std::vector<Facts> signals_and_days(const Policy& policy, const Facts& facts) {
    std::vector<Facts> all;
    std::vector<std::chrono::sys_days> days{facts.date.value_or(std::chrono::sys_days{})};
    const auto with = [&](const Terms& terms) {
        if (!facts.date && terms.required_from) days.push_back(*terms.required_from);
    };
    with(policy.defaults);
    for (const auto& rule : policy.rules) with(rule.terms);
    for (const auto day : days)
        for (unsigned which = 0; which < 16; ++which) {
            auto one = facts;
            one.date = day;
            one.signals = {facts.signals.fired, {}};
            for (unsigned bit = 0; bit < 4; ++bit)
                if ((which >> bit & 1U) != 0 && facts.signals.untold.contains(static_cast<Signal>(bit)))
                    one.signals.fired.insert(static_cast<Signal>(bit));
            all.push_back(one);
        }
    return all;
}

/// Everything that `facts` might be, once all is known: in each group or none, becoming each target or another.
inline std::vector<Facts> possibilities(const Policy& policy, const Facts& facts) {
    if (!facts.date || !facts.signals.untold.empty()) return signals_and_days(policy, facts);
    std::vector<Facts> known{facts};
    if (!facts.groups) {
        known[0].groups.emplace();
        for (const auto& group : groups_named(policy)) {
            known.push_back(facts);
            known.back().groups = {group};
        }
        known.push_back(facts);
        known.back().groups = groups_named(policy);
    }
    if (!facts.time || !facts.whence.from || (facts.whence.from == From::remote && !facts.whence.address))
        return places_and_times(policy, known[0]);
    if (facts.target) return known;
    std::set<std::string> targets{"(nobody)"};
    for (const auto& rule : policy.rules) targets.insert(rule.match.targets.begin(), rule.match.targets.end());
    std::vector<Facts> all;
    for (const auto& one : known)
        for (const auto& target : targets) {
            all.push_back(one);
            all.back().target = target;
        }
    return all;
}

inline unsigned ways(const Requirement& requirement) {
    unsigned count = 0;
    for (const auto& row : factor_kinds)
        if (requirement.allowed.contains(row.kind) && row.at_best >= requirement.min_strength) ++count;
    return count;
}

/// But those of a set.
inline bool takes_codes(const Requirement& requirement) {
    using enum FactorKind;
    for (const auto kind : {totp, hotp, yubikey_otp, email, sms})
        if (requirement.permits(kind)) return true;
    return false;
}

/// True if whoever satisfies `strict` need not fear `other`: for a fact that is not known.
inline bool is_at_least(const Requirement& strict, const Requirement& other) {
    if (strict.recovery_codes > other.recovery_codes || strict.first_enrollment < other.first_enrollment) return false;
    if (other.level == Level::disabled || other.report_only) return true;
    if (strict.report_only || (other.level == Level::required && strict.grace > other.grace)) return false;
    return strict.level >= other.level && strict.window <= other.window && strict.window_scope <= other.window_scope
        && strict.window_without_tty <= other.window_without_tty && (other.key_only_allowed || !strict.key_only_allowed)
        && (!strict.key_trust.enabled
            || (other.key_trust.enabled && strict.key_trust.duration <= other.key_trust.duration
                && (strict.key_trust.same_network || !other.key_trust.same_network)))
        && (strict.security_key_login <= other.security_key_login || !takes_codes(strict))
        && (strict.foreground_only || !other.foreground_only) && (!strict.weaker_factors || other.weaker_factors)
        && (strict.level > other.level || strict.min_strength >= other.min_strength)
        && (strict.two_different || !other.two_different || ways(strict) < 2)
        && (strict.signals & other.signals) == other.signals;
}

/// The sizes for an account whose groups are known: of the first rule that asks nothing but who it is.
inline Limits first_limits(const Policy& policy, const Facts& facts) {
    for (const auto& rule : policy.rules) {
        Match rest = rule.match;
        rest.users.clear();
        rest.groups.clear();
        if (rest == Match{} && matches_known(rule.match, facts)) return complete(rule.limits, policy.limits);
    }
    return policy.limits;
}

inline bool is_at_least(const Limits& strict, const Limits& other) {
    return strict.delay_from <= other.delay_from && strict.lock_after <= other.lock_after
        && strict.lock_for >= other.lock_for && strict.ceiling <= other.ceiling;
}

}  // namespace stepup::fuzz
