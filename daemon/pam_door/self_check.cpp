#include "daemon/pam_door/self_check.hpp"

#include <algorithm>

#include "daemon/core/lockout.hpp"
#include "daemon/core/subject.hpp"
#include "policy/account_limits.hpp"

namespace stepup {
namespace {

constexpr std::string_view nothing_enrolled
    = "You have no second factor that could be asked for: run `stepup enroll totp`.";
constexpr std::string_view no_such_factor = "You have no such factor here: see `stepup list`.";
constexpr std::string_view two_needed
    = "Two different factors are needed here: name none, and have two kinds enrolled.";
constexpr std::string_view cannot_read = "StepUp cannot read its records; ask your administrator.";

bool is_meant(const Enrollment& enrollment, std::string_view factor) {
    return factor.empty() || factor == enrollment.label || factor == name_of(enrollment.kind)
        || factor == std::to_string(enrollment.id);
}

}  // namespace

SelfCheck::SelfCheck(DoorParts& parts, Connection& connection, Peer peer, const wire::Verify& asked)
    : parts_(parts),
      connection_(connection),
      peer_(std::move(peer)),
      max_age_(asked.max_age),
      may_ask_(asked.may_ask != 0),
      service_(asked.service.empty() ? std::string_view("stepup") : asked.service),
      factor_(asked.factor),
      policy_(parts.policy()) { }

asio::awaitable<Ending> SelfCheck::run() {
    // A setuid program may speak for somebody else than the one who started it: only plain processes check themselves.
    const bool plain = peer_.uid == peer_.session.real_uid && !is_reserved(peer_.uid);
    if (!plain) co_return denied("Only a user's own process may ask this.");
    if (peer_.session.elsewhere) co_return denied("StepUp does not serve containers: ask on the host itself.");
    auto account
        = co_await answer_of<Account>([&](Done<Account> done) { parts_.accounts.find(peer_.uid, std::move(done)); });
    if (!account) co_return unavailable("StepUp cannot look your account up; ask your administrator.");
    if (policy_ != parts_.policy()) account->groups.reset();  // those asked about may be another policy's
    co_return co_await check(*account);
}

asio::awaitable<Ending> SelfCheck::check(Account account) {
    const Requirement requirement = requirement_for(account);
    auto choices = choices_of(account.key, requirement);
    if (!choices) co_return unavailable(cannot_read);
    // First, since what was proved need not be anything that could be asked for.
    const auto recent = co_await recently_proved(account.key, requirement);
    if (!recent) co_return unavailable(cannot_read);
    if (*recent) co_return granted();

    if (choices->empty()) co_return denied(nothing_enrolled);
    std::erase_if(*choices, [&](const Enrollment& each) { return !is_meant(each, factor_); });
    if (choices->empty()) co_return denied(no_such_factor);
    if (!suffices(*choices, requirement)) co_return denied(two_needed);
    if (!may_ask_) co_return denied("No recent verification: run `stepup verify`.");
    co_return co_await converse(account, std::move(*choices), requirement);
}

asio::awaitable<Result<bool>> SelfCheck::recently_proved(AccountKey account, Requirement requirement) {
    const std::optional<Window> window
        = CO_TRY(find_window(parts_.records, parts_.proc, account, peer_.session, requirement, parts_.clock.now()));
    if (!window) co_return false;
    const auto enrolled = CO_TRY(parts_.records.enrollments(account, parts_.clock.now()));
    const auto proved_by = std::find_if(enrolled.begin(), enrolled.end(), [&](const Enrollment& each) {
        return each.id == window->verification.enrollment;
    });
    if (!factor_.empty() && (proved_by == enrolled.end() || !is_meant(*proved_by, factor_))) co_return false;
    for (const auto id : window->latches) {
        const auto latched = co_await answer_of<bool>(
            [&](Done<bool> done) { parts_.recorder.latch(id, peer_.session, std::move(done)); });
        if (!latched || !*latched) co_return latched;
    }
    co_return true;
}

asio::awaitable<Ending> SelfCheck::converse(Account account, std::vector<Enrollment> choices, Requirement requirement) {
    Cause cause;
    cause.account = account.key;
    cause.account_limit = account_limit_key(account.key.uid);
    cause.limits = limits_on(*policy_, account.key.name, account.groups).limits;
    cause.peer_uid = peer_.uid;
    cause.may_lock_for_good = false;
    cause.opens.account = account.key;
    cause.opens.service = "stepup";
    bind(cause.opens, peer_.session, requirement);
    cause.audit = entry(Event::factor_refused, account.key);
    Conversation conversation(parts_, connection_, Flow(std::move(choices), parts_.factors, proofs_for(requirement)),
                              std::move(cause));
    co_return co_await conversation.hold();
}

Requirement SelfCheck::requirement_for(const Account& account) const {
    Requirement requirement
        = decide(*policy_, own_facts(account, peer_.session, service_, parts_.origins, parts_.clock.now()));
    constexpr std::uint32_t longest = 24 * 60 * 60;
    if (max_age_ != wire::policy_window) requirement.window = Seconds(std::min(max_age_, longest));
    return requirement;
}

Result<std::vector<Enrollment>> SelfCheck::choices_of(const AccountKey& account, const Requirement& requirement) const {
    return usable_choices(parts_.records, parts_.factors, account, requirement, parts_.clock.now());
}

AuditEntry SelfCheck::entry(Event event, const AccountKey& account) const {
    AuditEntry entry{event, parts_.clock.now(), account, "stepup", {}};
    if (const auto key = peer_.session.key(); !key.empty()) entry.fields.emplace_back("session", key);
    return entry;
}

}  // namespace stepup
