#include "daemon/core/management.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/core/management_words.hpp"

namespace stepup {
namespace {

using enum ManagementError;

std::optional<OathHash> hash_named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, OathHash>, 3> names{
        {{"SHA1", OathHash::sha1}, {"SHA256", OathHash::sha256}, {"SHA512", OathHash::sha512}}};
    for (const auto& [known_name, hash] : names)
        if (known_name == name) return hash;
    return std::nullopt;
}

Managed<OathParameters> oath_of(const TotpWish& wish) {
    const auto hash = hash_named(wish.algorithm);
    if (!hash) return refuse(invalid_argument, "The algorithm must be SHA1, SHA256 or SHA512.");
    if (wish.digits < 6 || wish.digits > 8) return refuse(invalid_argument, "A code has 6, 7 or 8 digits.");
    if (!wish.label.empty() && !is_printable(wish.label, Management::longest_label))
        return refuse(invalid_argument, "A label is at most 64 bytes of printable text.");
    return OathParameters{*hash, wish.digits};
}

const Enrollment* find_label(const std::vector<Enrollment>& enrolled, const std::string& label) {
    const auto same = [&](const auto& one) { return one.label == label; };
    const auto found = std::find_if(enrolled.begin(), enrolled.end(), same);
    return found == enrolled.end() ? nullptr : &*found;
}

/// "totp", or the first of "totp 2", "totp 3" … that is free.
std::string free_label(const std::vector<Enrollment>& enrolled) {
    std::string label = "totp";
    for (int number = 2; find_label(enrolled, label) != nullptr; ++number) label = "totp " + std::to_string(number);
    return label;
}

Millis age(const Enrollment& pending, Instant now) { return std::max(now.wall - pending.created, Millis(0)); }

/// A moment at which even an enrollment that ran out long ago was still pending: so it can be told from none at all.
Instant before_it_ran_out(Instant now) { return {now.wall - Seconds(24 * 3600), now.boot}; }

}  // namespace

bool permits_somewhere(const Policy& policy, FactorKind kind) {
    return complete({}, policy.defaults).permits(kind)
        || std::any_of(policy.rules.begin(), policy.rules.end(),
                       [&](const Rule& rule) { return complete(rule.terms, policy.defaults).permits(kind); });
}

void Management::enroll_totp(const Caller& caller, const TotpWish& wish, Answer<Started> done) {
    const auto oath = oath_of(wish);
    if (!oath) return done(tl::make_unexpected(oath.error()));
    in_turn<Started>(caller, std::move(done),
                     [=, this](const Answer<Started>& answer) { start(caller, wish, *oath, answer); });
}

void Management::start(const Caller& caller, const TotpWish& wish, OathParameters oath, const Answer<Started>& done) {
    const auto now = parts_.clock.now();
    const auto factors = enrolled(caller, now);
    if (!factors) return done(tl::make_unexpected(factors.error()));
    const auto* same = find_label(*factors, wish.label);
    if (same != nullptr && same->active)
        return done(refuse(already_enrolled, "You have a factor with that label already. Choose another label."));
    if (!permits_somewhere(*parts_.policy(), FactorKind::totp))
        return done(refuse(policy_forbids, "This host's policy accepts no TOTP. Ask its administrator."));
    if (factors->size() >= most_factors)
        return done(refuse(policy_forbids, "You have 20 factors already. Remove one first."));
    auto label = wish.label.empty() ? free_label(*factors) : wish.label;
    const std::optional<std::int64_t> replaced = same == nullptr ? std::nullopt : std::optional(same->id);
    gate_.may_change(caller, *factors, {"enroll"}, now, [=, this](Managed<> allowed) {
        if (!allowed) return done(tl::make_unexpected(allowed.error()));
        if (!replaced) return store(caller, label, oath, now, done);
        // Begun, never confirmed, begun again: the new one takes its place.
        parts_.recorder.remove({caller.account.key, *replaced, entry(Event::factor_removed, caller, now)},
                               [=, this](const Result<>&) { store(caller, label, oath, now, done); });
    });
}

void Management::store(const Caller& caller, std::string label, OathParameters oath, Instant now,
                       const Answer<Started>& done) {
    Secret seed = parts_.kit.make_seed(oath.hash);
    Started started{0, to_base32(seed.reveal()), parts_.kit.uri(caller.account.key, seed, oath)};
    auto audit = entry(Event::enrollment_started, caller, now);
    audit.fields = {{"factor", std::string(name_of(FactorKind::totp))}, {"label", label}};
    parts_.recorder.start_enrollment(
        {caller.account.key, FactorKind::totp, std::move(label), oath, std::move(seed), std::move(audit)},
        [started = std::move(started), done](Result<std::int64_t> id) mutable {
            if (!id) return done(refused_by_store(id.error(), unavailable));
            started.id = *id;
            done(std::move(started));
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
    const StepUpGate::Change change{"confirm", work->pending.kind, age(work->pending, work->now)};
    gate_.may_change(work->caller, work->enrolled, change, work->now, [=, this](Managed<> allowed) {
        allowed ? check_code(work) : work->done(tl::make_unexpected(allowed.error()));
    });
}

void Management::check_code(const std::shared_ptr<Confirming>& work) {
    const auto* factor = parts_.factors.find(work->pending.kind);
    const auto material = parts_.records.material(work->pending, work->code);
    if (factor == nullptr || !material) return work->done(refuse(unavailable));
    const auto check = factor->verify(work->pending, *material, factor->normal(work->code), work->now);
    if (!check) return work->done(refuse(unavailable));
    const auto* accepted = std::get_if<Accepted>(&*check);
    const auto* spend = accepted == nullptr ? nullptr : std::get_if<SpendCounter>(&accepted->spend);
    spend == nullptr ? count_wrong_code(work) : activate(work, spend->counter);
}

void Management::count_wrong_code(const std::shared_ptr<Confirming>& work) {
    if (wrong_codes_.size() > 1000) wrong_codes_.erase(wrong_codes_.begin());  // long expired
    ++wrong_codes_[work->id];
    Judgement judgement{.account_limit = "uid:" + std::to_string(work->caller.account.key.uid),
                        .limits = parts_.policy()->limits,
                        .now = work->now,
                        .audit = entry(Event::factor_refused, work->caller, work->now)};
    judgement.audit.fields = {{"factor", std::string(name_of(work->pending.kind))}, {"for", "confirm"}};
    parts_.recorder.judge(std::move(judgement), [work](Result<Judged> judged) {
        if (!judged) return work->done(refuse(unavailable));
        const bool counted = judged->outcome == Outcome::refused || judged->outcome == Outcome::replayed;
        work->done(refuse(counted ? invalid_code : rate_limited));
    });
}

void Management::activate(const std::shared_ptr<Confirming>& work, std::uint64_t counter) {
    const auto store_it = [=, this](Result<FreshCodes> codes) {
        if (!codes) return work->done(refuse(unavailable));
        auto audit = entry(Event::enrollment_confirmed, work->caller, work->now);
        audit.fields = {{"factor", std::string(name_of(work->pending.kind))}, {"label", work->pending.label}};
        Confirmation confirmation{work->caller.account.key, work->id,  counter,
                                  std::move(codes->stored), work->now, std::move(audit)};
        parts_.recorder.confirm(std::move(confirmation),
                                [this, work, shown = std::move(codes->shown)](const Result<>& stored) {
                                    if (!stored) return work->done(refused_by_store(stored.error(), expired_challenge));
                                    wrong_codes_.erase(work->id);
                                    work->done(shown);
                                });
    };
    has_active_factor(work->enrolled) ? store_it(FreshCodes{}) : with_fresh_codes(store_it);
}

}  // namespace stepup
