#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "common/printable.hpp"
#include "policy/match_readers.hpp"
#include "policy/reader.hpp"
#include "policy/rule.hpp"

// The keys of the policy language, table by table: a new key is a row here and a line in docs/policy.md. For parse.cpp.

namespace stepup {

inline constexpr Seconds day = std::chrono::hours(24);

inline constexpr std::array levels{
    Word<Level>{name_of(Level::disabled), Level::disabled},
    Word<Level>{name_of(Level::optional), Level::optional},
    Word<Level>{name_of(Level::risk_based), Level::risk_based},
    Word<Level>{name_of(Level::required), Level::required},
};
inline constexpr std::array scopes{
    Word<WindowScope>{name_of(WindowScope::session), WindowScope::session},
    Word<WindowScope>{name_of(WindowScope::user), WindowScope::user},
};
inline constexpr std::array without_tty{
    Word<WithoutTty>{name_of(WithoutTty::none), WithoutTty::none},
    Word<WithoutTty>{name_of(WithoutTty::session), WithoutTty::session},
};
inline constexpr std::array key_only{
    Word<KeyOnly>{"deny", KeyOnly::deny},
    Word<KeyOnly>{"allow", KeyOnly::allow},
};
inline constexpr std::array first_enrollments{
    Word<FirstEnrollment>{name_of(FirstEnrollment::self), FirstEnrollment::self},
    Word<FirstEnrollment>{name_of(FirstEnrollment::invite), FirstEnrollment::invite},
};

inline constexpr std::array security_key_logins{
    Word<SecurityKeyLogin>{name_of(SecurityKeyLogin::off), SecurityKeyLogin::off},
    Word<SecurityKeyLogin>{name_of(SecurityKeyLogin::verified), SecurityKeyLogin::verified},
};

inline constexpr std::array origins{
    Word<From>{"local", From::local},
    Word<From>{"remote", From::remote},
};

template <const auto& words> auto one_of(const toml::node& node) { return as_word(node, words); }
template <unsigned least, unsigned most> auto number(const toml::node& node) { return as_number(node, least, most); }
inline auto window(const toml::node& node) { return as_duration(node, Seconds(0), day); }
inline auto trust_time(const toml::node& node) { return as_duration(node, std::chrono::hours(1), 90 * day); }
inline auto grace(const toml::node& node) { return as_duration(node, Seconds(0), 365 * day); }
inline auto lock_time(const toml::node& node) { return as_duration(node, std::chrono::minutes(1), day); }

inline Heard<Strength> strength(const toml::node& node) {
    std::array<Word<Strength>, strengths.size()> words;
    std::transform(strengths.begin(), strengths.end(), words.begin(), [](const StrengthRow& row) {
        return Word<Strength>{row.name, row.strength};
    });
    return as_word(node, words);
}

inline Heard<std::string> rule_name(const toml::node& node) {
    auto name = TRY(as_text(node));
    if (!is_printable(name, 64)) return complain(node, "must be 1 to 64 printable characters");
    return name;
}

inline constexpr std::array<Row<Terms>, 17> terms_rows{{
    {"requirement", into<&Terms::level, one_of<levels>>},
    {"allowed_factors", into<&Terms::allowed, as_factors>},
    {"min_strength", into<&Terms::min_strength, strength>},
    {"two_different_factors", into<&Terms::two_different, as_flag>},
    {"weaker_factors", into<&Terms::weaker_factors, as_flag>},
    {"window", into<&Terms::window, window>},
    {"window_scope", into<&Terms::window_scope, one_of<scopes>>},
    {"window_without_tty", into<&Terms::window_without_tty, one_of<without_tty>>},
    {"foreground_only", into<&Terms::foreground_only, as_flag>},
    {"key_only", into<&Terms::key_only, one_of<key_only>>},
    {"security_key_login", into<&Terms::security_key_login, one_of<security_key_logins>>},
    {"triggers", into<&Terms::triggers, as_signals>},
    {"grace_period", into<&Terms::grace, grace>},
    {"required_from", into<&Terms::required_from, as_date>},
    {"report_only", into<&Terms::report_only, as_flag>},
    {"recovery_codes", into<&Terms::recovery_codes, number<0, 50>>},
    {"first_enrollment", into<&Terms::first_enrollment, one_of<first_enrollments>>},
}};
inline constexpr std::array<Row<KeyTrustTerms>, 3> key_trust_rows{{
    {"enabled", into<&KeyTrustTerms::enabled, as_flag>},
    {"duration", into<&KeyTrustTerms::duration, trust_time>},
    {"same_network", into<&KeyTrustTerms::same_network, as_flag>},
}};
inline constexpr std::array<Row<Limits>, 5> limits_rows{{
    {"delay_from", into<&Limits::delay_from, number<1, 100>>},
    {"lock_after", into<&Limits::lock_after, number<3, 100>>},
    {"lock_for", into<&Limits::lock_for, lock_time>},
    {"ceiling", into<&Limits::ceiling, number<3, 100>>},
    {"source_lock_after", into<&Limits::source_lock_after, number<3, 10000>>},
}};
inline constexpr std::array<Row<LimitTerms>, 4> rule_limits_rows{{
    {"delay_from", into<&LimitTerms::delay_from, number<1, 100>>},
    {"lock_after", into<&LimitTerms::lock_after, number<3, 100>>},
    {"lock_for", into<&LimitTerms::lock_for, lock_time>},
    {"ceiling", into<&LimitTerms::ceiling, number<3, 100>>},
}};
inline constexpr std::array<Row<Rule>, 1> rule_rows{{
    {"name", into<&Rule::name, rule_name>},
}};
inline constexpr std::array<Row<Match>, 7> match_rows{{
    {"services", into<&Match::services, as_names>},
    {"users", into<&Match::users, as_names>},
    {"groups", into<&Match::groups, as_names>},
    {"targets", into<&Match::targets, as_names>},
    {"networks", into<&Match::networks, as_networks>},
    {"from", into<&Match::from, one_of<origins>>},
    {"times", into<&Match::times, as_times>},
}};

/// The keys of all `tables`, in their order.
template <class... Rows> std::vector<std::string_view> keys_of(const Rows&... tables) {
    std::vector<std::string_view> keys;
    const auto add = [&](const auto& rows) {
        for (const auto& row : rows) keys.push_back(row.key);
    };
    (add(tables), ...);
    return keys;
}

}  // namespace stepup
