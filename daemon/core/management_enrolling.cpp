#include "daemon/core/management.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/core/limited.hpp"
#include "daemon/core/lockout.hpp"
#include "daemon/core/management_words.hpp"

namespace stepup {
namespace {

using enum ManagementError;

Millis age(const Enrollment& pending, Instant now) { return std::max(now.wall - pending.created, Millis(0)); }

constexpr const char* no_login_key
    = "This session was not opened by a security key: log in over SSH with your sk- key, where sshd asks for "
      "publickey,keyboard-interactive, and enroll it there.";

/// A moment at which even an enrollment that ran out long ago was still pending: so it can be told from none at all.
Instant before_it_ran_out(Instant now) { return {now.wall - Seconds(24 * 3600), now.boot}; }

}  // namespace

bool permits_somewhere(const Policy& policy, FactorKind kind) {
    if (is_proved_by_login(kind)) return !places_that_count_security_keys(policy).empty();
    return complete({}, policy.defaults).permits(kind)
        || std::any_of(policy.rules.begin(), policy.rules.end(),
                       [&](const Rule& rule) { return complete(rule.terms, policy.defaults).permits(kind); });
}

struct Management::Starting {
    Caller caller;
    FactorKind kind;
    std::string label;
    Draft draft;
    bool is_brought;  ///< the seed is the caller's own
    Answer<Started> done{};
    Instant now{};
};

std::string Management::login_key_of(const Caller& caller) const {
    return caller.session ? parts_.origins.security_key_of(*caller.session, caller.account.key) : std::string();
}

void Management::enroll_login_key(const Caller& caller, const std::string& label, const Answer<Started>& done) {
    EnrollmentWish wish;
    wish.label = label;
    wish.login_key = login_key_of(caller);
    if (wish.login_key.empty()) return done(refuse(not_authorized, no_login_key));
    enroll(caller, FactorKind::ssh_security_key, wish, done);
}

void Management::enroll(const Caller& caller, FactorKind kind, const EnrollmentWish& wish, Answer<Started> done) {
    const auto* factor = parts_.factors.find(kind);
    if (factor == nullptr) return done(refuse(policy_forbids, "This stepupd has no such factor."));
    if (!wish.label.empty() && !is_printable(wish.label, longest_label))
        return done(refuse(invalid_argument, bad_label));
    auto draft = factor->draft(wish, {parts_.kit.issuer, caller.account.key.name}, parts_.kit.random);
    if (!draft) return done(tl::make_unexpected(draft.error()));
    const bool is_brought = !wish.secret.empty() || !wish.login_key.empty();
    const auto work = std::make_shared<Starting>(Starting{caller, kind, wish.label, std::move(*draft), is_brought});
    in_turn<Started>(caller, std::move(done), [=, this](const Answer<Started>& answer) {
        work->done = answer;
        start(work);
    });
}

void Management::start(const std::shared_ptr<Starting>& work) {
    work->now = parts_.clock.now();
    const auto factors = enrolled(work->caller, work->now);
    if (!factors) return work->done(tl::make_unexpected(factors.error()));
    const auto* same = work->is_brought ? find_seed(*factors, work->draft.seed, parts_.records) : nullptr;
    if (same != nullptr && same->active)
        return work->done(refuse(already_enrolled,
                                 std::string("You have that ") + (is_proved_by_login(work->kind) ? "key" : "secret")
                                     + " already: \"" + same->label + "\"."));
    if (same == nullptr) same = find_label(*factors, work->label);
    if (same != nullptr && same->active) return work->done(refuse(already_enrolled, label_taken));
    if (!permits_somewhere(*parts_.policy(), work->kind))
        return work->done(
            refuse(policy_forbids,
                   "This host's policy accepts no " + std::string(name_of(work->kind)) + ". Ask its administrator."));
    if (factors->size() >= most_factors)
        return work->done(refuse(policy_forbids, "You have 20 factors already. Remove one first."));
    if (work->label.empty()) work->label = free_label(*factors, name_of(work->kind));
    const std::optional<std::int64_t> replaced = same == nullptr ? std::nullopt : std::optional(same->id);
    gate_.may_change(work->caller, *factors, {"enroll", work->kind, {}, true}, work->now, [=, this](Managed<> allowed) {
        if (!allowed) return work->done(tl::make_unexpected(allowed.error()));
        if (!replaced) return store(work);
        // Begun, never confirmed, begun again: the new one takes its place.
        auto audit = entry(Event::factor_removed, work->caller, work->now);
        parts_.recorder.remove({work->caller.account.key, *replaced, std::move(audit)},
                               [=, this](const Result<>&) { store(work); });
    });
}

void Management::store(const std::shared_ptr<Starting>& work) {
    Started started;
    if (!work->is_brought) started = {0, to_base32(work->draft.seed.reveal()), std::move(work->draft.uri)};
    auto audit = entry(Event::enrollment_started, work->caller, work->now);
    audit.fields = {{"factor", std::string(name_of(work->kind))}, {"label", work->label}};
    NewEnrollment fresh{work->caller.account.key,    work->kind,       work->label,        work->draft.oath,
                        std::move(work->draft.seed), std::move(audit), work->draft.counter};
    parts_.recorder.start_enrollment(std::move(fresh),
                                     [started = std::move(started), work](Result<std::int64_t> id) mutable {
                                         if (!id) return work->done(refused_by_store(id.error(), unavailable));
                                         started.id = *id;
                                         work->done(std::move(started));
                                     });
}

struct Management::Confirming {
    Caller caller;
    std::int64_t id;
    Secret code;
    Answer<std::vector<std::string>> done;
    Instant now{};
    std::vector<Enrollment> enrolled{};
    Enrollment pending{};
};

void Management::confirm(Caller caller, std::int64_t id, Secret code, Answer<std::vector<std::string>> done) {
    const auto held = std::make_shared<Secret>(std::move(code));
    in_turn<std::vector<std::string>>(caller, std::move(done), [=, this](const auto& answer) {
        begin_confirm(std::make_shared<Confirming>(Confirming{caller, id, std::move(*held), answer}));
    });
}

void Management::begin_confirm(const std::shared_ptr<Confirming>& work) {
    work->now = parts_.clock.now();
    auto factors = enrolled(work->caller, before_it_ran_out(work->now));
    if (!factors) return work->done(tl::make_unexpected(factors.error()));
    const auto* pending = find_id(*factors, work->id);
    if (pending == nullptr) return work->done(refuse(no_such_factor));
    if (pending->active) return work->done(refuse(already_enrolled, "That enrollment is confirmed already."));
    const auto wrong = wrong_codes_.find(work->id);
    const bool worn_out = wrong != wrong_codes_.end() && wrong->second >= most_wrong_codes;
    if (worn_out || age(*pending, work->now) >= confirm_within) return work->done(refuse(expired_challenge));
    work->pending = *pending;
    work->enrolled = *std::move(factors);
    const StepUpGate::Change change{"confirm", work->pending.kind, age(work->pending, work->now), true};
    gate_.may_change(work->caller, work->enrolled, change, work->now, [=, this](Managed<> allowed) {
        allowed ? check_code(work) : work->done(tl::make_unexpected(allowed.error()));
    });
}

void Management::check_code(const std::shared_ptr<Confirming>& work) {
    const bool by_login = is_proved_by_login(work->pending.kind);
    // What sshd verified when this session was opened is the answer, whatever was said.
    if (by_login && !work->code.copy(login_key_of(work->caller))) return work->done(refuse(unavailable));
    const auto* factor = parts_.factors.find(work->pending.kind);
    const auto material = parts_.records.material(work->pending, work->code);
    if (factor == nullptr || !material) return work->done(refuse(unavailable));
    const auto check = factor->verify(work->pending, *material, factor->normal(work->code), work->now);
    if (!check) return work->done(refuse(unavailable));
    const auto* rejected = std::get_if<Rejected>(&*check);
    if (by_login) return rejected == nullptr ? activate(work, 0) : work->done(refuse(not_authorized, no_login_key));
    if (rejected != nullptr) return count_wrong_code(work, rejected->remember);
    const auto* spend = std::get_if<SpendCounter>(&std::get<Accepted>(*check).spend);
    spend == nullptr ? count_wrong_code(work, {}) : activate(work, spend->counter);
}

Judgement Management::wrong_answer(const Confirming& work) const {
    Judgement judgement{.account_limit = account_limit_key(work.caller.account.key.uid),
                        .limits = limits_of(work.caller),
                        .now = work.now,
                        .audit = entry(Event::factor_refused, work.caller, work.now),
                        .may_lock_for_good = false};
    judgement.audit.fields = {{"factor", std::string(name_of(work.pending.kind))}, {"for", "confirm"}};
    return judgement;
}

/// A right code of an account that is delayed or locked. As any answer to it, it is not judged; the trail says so.
void Management::refuse_limited(const std::shared_ptr<Confirming>& work) {
    parts_.recorder.judge(wrong_answer(*work), [work](const Result<Judged>& judged) {
        const bool limited = judged && (judged->outcome == Outcome::later || judged->outcome == Outcome::locked);
        work->done(limited ? refuse_as_limited(*judged, work->now) : refuse(rate_limited));
    });
}

ManagementError Management::why_wrong(const Confirming& work) const {
    for (const auto& other : work.enrolled) {
        const auto* factor = parts_.factors.find(other.kind);
        if (other.id == work.id || factor == nullptr || !factor->could_answer(other, work.code.reveal())) continue;
        if (is_code_set(other.kind)) return wrong_factor;  // by its form
        const auto material = parts_.records.material(other, work.code);
        if (!material) continue;
        const auto check = factor->verify(other, *material, factor->normal(work.code), work.now);
        if (check && std::holds_alternative<Accepted>(*check)) return other.active ? wrong_factor : different_secret;
    }
    return invalid_code;
}

void Management::count_wrong_code(const std::shared_ptr<Confirming>& work, const std::optional<Await>& remember) {
    if (wrong_codes_.size() > 1000) wrong_codes_.erase(wrong_codes_.begin());  // long expired
    ++wrong_codes_[work->id];
    auto judgement = wrong_answer(*work);
    if (remember) judgement.awaits.push_back(*remember);
    const auto why = why_wrong(*work);
    if (why != invalid_code) judgement.audit.fields.emplace_back("why", "of another factor");
    parts_.recorder.judge(std::move(judgement), [work, why](Result<Judged> judged) {
        if (!judged) return work->done(refuse(unavailable));
        const bool counted = judged->outcome == Outcome::refused || judged->outcome == Outcome::replayed;
        work->done(counted ? refuse(why) : refuse_as_limited(*judged, work->now));
    });
}

void Management::activate(const std::shared_ptr<Confirming>& work, std::uint64_t counter) {
    const auto store_it = [=, this](Result<FreshCodes> codes) {
        if (!codes) return work->done(refuse(unavailable));
        auto audit = entry(Event::enrollment_confirmed, work->caller, work->now);
        audit.fields = {{"factor", std::string(name_of(work->pending.kind))}, {"label", work->pending.label}};
        Confirmation confirmation{work->caller.account.key, work->id,  counter,
                                  std::move(codes->stored), work->now, std::move(audit),
                                  limits_of(work->caller)};
        parts_.recorder.confirm(std::move(confirmation),
                                [this, work, shown = std::move(codes->shown)](const Result<>& stored) {
                                    if (!stored && stored.error().code == Errc::limited) return refuse_limited(work);
                                    if (!stored) return work->done(refused_by_store(stored.error(), expired_challenge));
                                    wrong_codes_.erase(work->id);
                                    work->done(shown);
                                });
    };
    has_active_factor(work->enrolled) ? store_it(FreshCodes{}) : with_fresh_codes(work->caller, work->now, store_it);
}

}  // namespace stepup
