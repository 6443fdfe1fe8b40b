#include "daemon/core/foretelling.hpp"

#include "common/printable.hpp"
#include "daemon/core/origins.hpp"
#include "daemon/core/service.hpp"
#include "policy/explain.hpp"

namespace stepup {
namespace {

constexpr std::size_t longest_service = 64;
constexpr std::uint64_t latest = 253'402'300'799;  // the end of the year 9999

/// As the service's programs say it (Login::whence).
Whence usual_whence(ServiceKind kind) {
    if (kind == ServiceKind::sshd) return {From::remote, {}};
    if (kind == ServiceKind::console_login) return {From::local, {}};
    return {};
}

}  // namespace

std::optional<Whence> whence_named(std::string_view text) {
    if (text == "local") return Whence{From::local, {}};
    if (text == "remote") return Whence{From::remote, {}};
    const auto address = Address::parse(text);
    if (!address) return std::nullopt;
    return Whence{From::remote, address};
}

bool hides_its_target(std::string_view service) { return kind_of(service, {}) == ServiceKind::sudo; }

Facts facts_of(const AttemptInMind& attempt, std::span<const std::string> lockers,
               std::optional<std::vector<std::string>> groups) {
    const auto kind = kind_of(attempt.service, lockers);
    auto target = hides_its_target(attempt.service) ? std::nullopt : attempt.target;
    if (!target && kind != ServiceKind::sudo && kind != ServiceKind::su) target = attempt.user;
    Facts facts{.service = attempt.service,
                .user = attempt.user,
                .groups = std::move(groups),
                .target = std::move(target),
                .whence = attempt.whence.value_or(usual_whence(kind)),
                .signals = {.fired = attempt.signals, .untold = {}}};
    tell_time(facts, attempt.at);
    return facts;
}

void Foretelling::explain(const std::string& user, const std::string& service, const std::string& from,
                          const std::string& target, std::uint64_t at, const Answer<Foretold>& done) const {
    using enum ManagementError;
    if (!is_printable(service, longest_service)) return done(refuse(invalid_argument, "That is no PAM service."));
    if (at > latest) return done(refuse(invalid_argument, "That is no time."));
    AttemptInMind attempt{user, service, whence_named(from), std::nullopt, clock_.now().wall};
    if (!from.empty() && !attempt.whence)
        return done(refuse(invalid_argument, "From where: an address, \"local\" or \"remote\"."));
    if (!target.empty()) attempt.target = target;
    if (at != 0) attempt.at = Seconds(static_cast<std::int64_t>(at));
    accounts_.find(user, [this, attempt, done](const Result<Account>& account) {
        if (!account) return done(refuse(account.error().code == Errc::not_found ? no_such_user : unavailable));
        const auto policy = policy_();
        const auto facts = facts_of(attempt, lockers_, account->groups);
        auto ruling = rule_on(*policy, facts);
        auto why = stepup::explain(facts, ruling);
        if (attempt.target && !facts.target) why += "; " + std::string(hidden_target_text);
        done(Foretold{std::move(ruling), limits_on(*policy, attempt.user, facts.groups), std::move(why)});
    });
}

}  // namespace stepup
