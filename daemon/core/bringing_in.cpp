#include <algorithm>
#include <memory>

#include "common/printable.hpp"
#include "daemon/core/administration.hpp"
#include "daemon/core/management.hpp"
#include "daemon/core/management_words.hpp"

// Factors that another program kept.

namespace stepup {
namespace {

using enum ManagementError;

/// A code of a generator that counts time is shown from then on; 0 for others.
Millis shown_from(FactorKind kind, const Draft& draft) {
    if (kind != FactorKind::totp) return Millis(0);
    return Seconds((static_cast<std::int64_t>(draft.counter) + 1) * draft.oath.period);
}

}  // namespace

struct Administration::Bringing {
    Caller caller;
    std::vector<Carried> factors;
    bool only_look;
    Answer<std::vector<Fate>> done;
    AccountKey account{};
    Instant now{};
    std::vector<Enrollment> enrolled{};
    std::vector<Draft> drafts{};
    std::vector<Fate> fates{};
};

void Administration::bring_in(const Caller& caller, const std::string& user, std::vector<Carried> factors,
                              bool only_look, const Answer<std::vector<Fate>>& done) {
    if (factors.size() > Management::most_factors)
        return done(refuse(invalid_argument, "An account has room for 20 factors."));
    const auto work = std::make_shared<Bringing>(Bringing{caller, std::move(factors), only_look, done});
    parts_.accounts.find(user, [=, this](const Result<Account>& account) {
        if (!account) return work->done(refuse(account.error().code == Errc::not_found ? no_such_user : unavailable));
        work->account = account->key;
        const auto weighed = weigh(*work);
        if (!weighed) return work->done(tl::make_unexpected(weighed.error()));
        store(work);
    });
}

/// Says of each what becomes of it.
Managed<> Administration::weigh(Bringing& work) const {
    work.now = parts_.clock.now();
    auto enrolled = parts_.records.enrollments(work.account, work.now);
    if (!enrolled) return refuse(unavailable);
    work.enrolled = *std::move(enrolled);
    for (const auto& carried : work.factors) {
        const auto* factor = parts_.factors.find(carried.kind);
        if (factor == nullptr) return refuse(policy_forbids, "This stepupd has no such factor.");
        if (!carried.wish.label.empty() && !is_printable(carried.wish.label, Management::longest_label))
            return refuse(invalid_argument, bad_label);
        auto draft = TRY(factor->draft(carried.wish, {{}, work.account.name}, parts_.random));
        draft.counter = factor->counter_from_now(draft, work.now);
        work.fates.push_back(fate_of(work, carried, draft));
        work.drafts.push_back(std::move(draft));
    }
    return {};
}

Fate Administration::fate_of(const Bringing& work, const Carried& carried, const Draft& draft) const {
    if (const auto* known = find_seed(work.enrolled, draft.seed, parts_.records); known != nullptr && known->active)
        return {Fate::What::present, known->label};
    const auto twin = [&](const Draft& other) { return equal_constant_time(other.seed.reveal(), draft.seed.reveal()); };
    if (std::any_of(work.drafts.begin(), work.drafts.end(), twin)) return {Fate::What::present, carried.wish.label};
    if (!permits_somewhere(*parts_.policy(), carried.kind)) return {Fate::What::forbidden, carried.wish.label};
    if (has_active_factor(work.enrolled)) return {Fate::What::has_others, carried.wish.label};
    return {Fate::What::taken, carried.wish.label, shown_from(carried.kind, draft)};
}

void Administration::store(const std::shared_ptr<Bringing>& work) {
    BroughtIn brought{work->account, {}, work->now};
    for (std::size_t i = 0; i < work->factors.size(); ++i) {
        auto& fate = work->fates[i];
        auto& draft = work->drafts[i];
        const auto kind = work->factors[i].kind;
        if (fate.what != Fate::What::taken) continue;
        fate.label = free_label(work->enrolled, fate.label.empty() ? name_of(kind) : std::string_view(fate.label));
        auto audit = entry(Event::factor_imported, work->caller, work->account);
        audit.fields.emplace_back("factor", name_of(kind));
        audit.fields.emplace_back("label", fate.label);
        audit.fields.emplace_back("bits", std::to_string(draft.seed.size() * 8));
        work->enrolled.push_back({.account = work->account, .kind = kind, .label = fate.label});
        brought.factors.push_back(
            {work->account, kind, fate.label, draft.oath, std::move(draft.seed), std::move(audit), draft.counter});
    }
    if (work->only_look || brought.factors.empty()) return work->done(std::move(work->fates));
    parts_.recorder.bring_in(std::move(brought), [work](const Result<>& stored) {
        stored ? work->done(std::move(work->fates)) : work->done(refused_by_store(stored.error(), unavailable));
    });
}

}  // namespace stepup
