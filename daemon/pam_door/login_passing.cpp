#include "daemon/core/source.hpp"
#include "daemon/pam_door/login.hpp"
#include "daemon/pam_door/notices.hpp"

// What a login is asked for depends on, beside what was proved; and who passes although he proved nothing.

namespace stepup {
namespace {

/// By `jump` at least, between two logins of `account`: also where that was while nobody watched the clock.
void note_clock_set_back(DoorParts& parts, const AccountKey& account, Instant now, Millis jump) {
    if (jump >= -ClockWatch::tolerance) return;
    const auto seconds = std::chrono::duration_cast<Seconds>(jump).count();
    note(parts, {Event::clock_jumped, now, account, "stepupd", {{"seconds", std::to_string(seconds)}}});
}

}  // namespace

Result<Facts> Login::facts_of(const Subject& subject) const {
    Facts facts{.service = service_,
                .user = subject.account.name,
                .groups = subject.groups,
                .target = subject.target,
                .whence = whence_};
    tell_time(facts, parts_.clock.now().wall);
    facts.signals = TRY(signals_of(subject.account));
    return facts;
}

Result<Signals> Login::signals_of(const AccountKey& account) const {
    const bool asked = !signals_asked_for(*policy_).empty() || (!keys_.empty() && trusts_keys(*policy_));
    if (!asked || !exists(account)) return Signals{};
    const auto habits = TRY(parts_.records.habits(account, sightings_of(whence_, parts_.addresses)));
    RiskFacts facts{whence_, habits};
    if (whence_.address) {
        const auto source = source_limit_key(whence_.address->text());
        const auto failures = TRY(parts_.records.failures_of_source(source, parts_.clock.now()));
        facts.listed = parts_.addresses.lists(*whence_.address);
        facts.many_failures = failures >= policy_->limits.lock_after;
    }
    return stepup::signals_of(facts);
}

asio::awaitable<Result<unsigned>> Login::days_to_enroll(AccountKey account, Requirement requirement) {
    constexpr Millis day = std::chrono::hours(24);
    const bool may_be_required
        = requirement.level == Level::required || requirement.due_in_days > 0 || requirement.by_risk;
    unsigned days = requirement.due_in_days;
    if (!may_be_required || requirement.grace == Seconds(0)) co_return days;
    const Instant at = parts_.clock.now();
    const Millis now = at.wall;
    const auto habits = CO_TRY(parts_.records.habits(account, {}));
    // One that is yet to come was noted while the clock ran ahead, and would keep the door open until then and longer.
    const bool is_to_come = habits.first_required && *habits.first_required > now;
    Result<Millis> first = habits.first_required.value_or(now);
    if ((is_to_come || !habits.first_required) && !requirement.report_only) {
        if (is_to_come) note_clock_set_back(parts_, account, at, now - *habits.first_required);
        const FirstSight sight{account, now};
        first = co_await answer_of<Millis>(
            [&](Done<Millis> done) { parts_.recorder.first_sight(sight, std::move(done)); });
    }
    if (!first) co_return tl::make_unexpected(first.error());
    const Millis left = *first + Millis(requirement.grace) - now;
    if (left > Millis(0)) days = std::max(days, static_cast<unsigned>((left + day - Millis(1)) / day));
    co_return days;
}

asio::awaitable<Ending> Login::pass_for_now(Subject subject, unsigned days) {
    if (!parts_.told.is_due(peer_.session.process, phase_)) co_return not_required();
    AuditEntry passed = entry(Event::passed_for_now, subject.account);
    passed.fields.emplace_back("days", std::to_string(days));
    note_within_quota(parts_, peer_.session.real_uid, std::move(passed));
    const std::string text = time_left_text(days);
    // sshd shows what is no question only after the next one, and there is none.
    if (phase_ != Phase::auth || !opens_logins(kind_)) co_return Ending(Decision::not_required, text);
    co_return co_await show(text + "\nPress Enter to go on: ");
}

asio::awaitable<Ending> Login::show(std::string text) {
    const wire::Ask notice{1, wire::Echo::on, text};
    const auto sent = co_await connection_.send(notice);
    if (!sent) co_return gone();
    const auto packet = co_await connection_.receive();
    connection_.wipe();
    if (!packet) co_return gone();
    co_return not_required();
}

Ending Login::report(Plan plan, const Subject& subject) {
    const bool asks = plan == Plan::ask || plan == Plan::ask_in_vain;
    const bool refuses = plan == Plan::refuse_unenrolled || plan == Plan::refuse_unusable
        || plan == Plan::refuse_key_only || plan == Plan::refuse;
    if ((!asks && !refuses) || !parts_.told.is_due(peer_.session.process, phase_)) return not_required();
    AuditEntry would = entry(asks ? Event::would_have_asked : Event::would_have_refused, subject.account);
    would.fields.emplace_back("rule", rule_.empty() ? "[defaults]" : rule_);
    if (refuses)
        would.fields.emplace_back("why",
                                  plan == Plan::refuse_unenrolled     ? "not enrolled"
                                      : plan == Plan::refuse_unusable ? "no factor that is allowed"
                                                                      : "a key alone");
    note_within_quota(parts_, peer_.session.real_uid, std::move(would));
    return not_required();
}

asio::awaitable<Ending> Login::change_password(Subject subject) {
    AuditEntry changed = entry(Event::password_changed, subject.account);
    if (!exists(subject.account)) {
        note(parts_, std::move(changed));
        co_return not_required();
    }
    PasswordChange change{subject.account, std::move(changed)};
    // A change is never blocked: what cannot be written now is lost, as the log says.
    (void)co_await answer_of<void>(
        [&](Done<> done) { parts_.recorder.password_changed(std::move(change), std::move(done)); });
    co_return not_required();
}

}  // namespace stepup
