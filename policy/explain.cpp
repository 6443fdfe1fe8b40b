#include "policy/explain.hpp"

#include "common/printable.hpp"

namespace stepup {

namespace {

std::string counted(std::int64_t count, std::string_view unit) {
    return std::to_string(count) + " " + std::string(unit) + (count == 1 ? "" : "s");
}

std::string in_words(Seconds time) {
    if (time.count() > 86'400 && time.count() % 86'400 == 0) return counted(time.count() / 86'400, "day");
    if (time.count() % 3600 == 0) return counted(time.count() / 3600, "hour");
    if (time.count() % 60 == 0) return counted(time.count() / 60, "minute");
    return counted(time.count(), "second");
}

/// "totp, hotp or recovery-code"
std::string factors_of(const Requirement& requirement, std::string_view last = " or ") {
    std::vector<std::string_view> names;
    for (const auto& row : factor_kinds)
        if (requirement.permits(row.kind)) names.push_back(row.name);
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? last : ", ";
        text += names[i];
    }
    return text;
}

std::string freshness(const Requirement& requirement) {
    if (requirement.window == Seconds(0)) return ", every time";
    const bool whole_host = requirement.window_scope == WindowScope::user;
    return std::string(", unless ") + (requirement.two_different ? "two were" : "one was") + " proved less than "
        + in_words(requirement.window) + " ago" + (whole_host ? " in any session on this host" : " in this session")
        + (requirement.foreground_only ? " and this is no background job" : "");
}

std::string trust(const KeyTrust& trust) {
    if (!trust.enabled) return {};
    return std::string("; an SSH key that its user trusts") + (trust.same_network ? ", from the same network," : "")
        + " takes its place for " + in_words(trust.duration);
}

std::string security_key(const Requirement& requirement) {
    if (!requirement.counts_security_keys()) return {};
    return std::string("; a login by an enrolled security key is ")
        + (requirement.two_different ? "one of them" : "such a proof");
}

/// What becomes of who has not enrolled yet.
std::string time_to_enroll(const Requirement& requirement) {
    std::string text;
    if (requirement.due_in_days > 0) text += "; required in " + counted(requirement.due_in_days, "day");
    if (requirement.level != Level::disabled && requirement.grace > Seconds(0))
        text += "; who has not enrolled has " + in_words(requirement.grace) + " from the first login on";
    return text;
}

std::string demand(const Requirement& requirement) {
    if (requirement.level == Level::disabled)
        return requirement.by_risk ? "for nothing, as no signal of risk fired" : "for nothing";
    std::string text = requirement.level == Level::optional ? "once enrolled " : "";
    text += (requirement.two_different ? "for two different ones of " : "for ")
        + factors_of(requirement, requirement.two_different ? " and " : " or ");
    if (requirement.min_strength != Strength::none)
        text += " (strength " + std::string(name_of(requirement.min_strength)) + " or more)";
    if (requirement.weaker_factors) text += ", also a weaker one than the best that he could use";
    return text + freshness(requirement);
}

/// "stepup": where factors are enrolled.
std::string enrolling(const Requirement& requirement) {
    const auto codes = requirement.recovery_codes;
    return std::string("; the first factor ")
        + (requirement.first_enrollment == FirstEnrollment::self ? "is enrolled without help" : "takes an invite")
        + (codes == 0 ? ", without recovery codes" : ", with " + counted(codes, "recovery code"));
}

}  // namespace

std::string explain(const std::string& user, const AccountLimits& of) {
    const auto& [limits, rule] = of;
    auto text = (rule.empty() ? "[limits] delay" : "rule \"" + printable(rule) + "\" delays") + " answers of "
        + printable(user) + " from failure " + std::to_string(limits.delay_from) + " on";
    if (limits.lock_after < limits.ceiling)
        text += ", every " + std::to_string(limits.lock_after) + " failures lock for " + in_words(limits.lock_for);
    return text + ", " + std::to_string(limits.ceiling) + " lock until an administrator unlocks";
}

std::string explain(const Facts& facts, const Ruling& ruling) {
    const auto who = printable(facts.user) + " in " + printable(facts.service);
    auto text = ruling.rule.empty() ? "no rule matches, so [defaults] ask " + who + " "
                                    : "rule \"" + printable(ruling.rule) + "\" asks " + who + " ";
    text += demand(ruling.requirement) + time_to_enroll(ruling.requirement);
    if (!ruling.requirement.signals.empty())
        text += "; because of " + listed(ruling.requirement.signals, &SignalRow::name);
    if (facts.service == "sshd" && ruling.requirement.level != Level::disabled)
        text += ruling.requirement.key_only_allowed ? "; a login by key alone passes"
                                                    : "; a login by key alone is refused";
    if (facts.service == "sshd" && ruling.requirement.level != Level::disabled)
        text += trust(ruling.requirement.key_trust) + security_key(ruling.requirement);
    if (facts.service == "stepup") text += enrolling(ruling.requirement);
    if (ruling.requirement.report_only) text += "; this is only reported, and everybody passes";
    if (ruling.in_doubt) text += "; not every fact was known, so the strictest of the possible outcomes counts";
    return text;
}

}  // namespace stepup
