#include "daemon/answering/examiner.hpp"

#include <algorithm>
#include <utility>

namespace stepup {
namespace {

bool exists(const AccountKey& account) { return account.uid != static_cast<uid_t>(-1); }

}  // namespace

asio::awaitable<Result<Examined>> Examiner::judge(std::vector<Enrollment> in_question,
                                                  std::vector<Enrollment> elsewhere, Secret answer, Patience patience) {
    const Instant now = parts_.clock.now();  // a code is worth what it was worth when it was typed
    const bool has_wrong_form = in_question.empty();
    Secret compared;
    (void)compared.copy(answer.reveal());
    auto proof = co_await compare(std::move(in_question), std::move(compared), now);
    if (!proof) co_return tl::make_unexpected(proof.error());
    Examined examined;
    if (*proof) {
        examined.enrollment = (*proof)->enrollment;
        examined.factor = (*proof)->opens.factor;
        examined.strength = (*proof)->opens.strength;
    }
    examined.belongs_elsewhere = !*proof && fits_one_of(elsewhere, answer, now, has_wrong_form);
    const auto judged
        = co_await submit(judgement(std::move(*proof), now, examined.belongs_elsewhere), std::move(patience));
    if (!judged) co_return tl::make_unexpected(judged.error());
    examined.judged = *judged;
    if (judged->outcome == Outcome::accepted) cause_.proved_before.insert(examined.factor);
    co_return examined;
}

asio::awaitable<Result<std::optional<Proof>>> Examiner::compare(std::vector<Enrollment> in_question, Secret answer,
                                                                Instant now) {
    replayed_ = false;
    awaits_.clear();
    hashed_ = false;
    for (const Enrollment& enrollment : in_question) {
        const auto check = co_await verify(enrollment, parts_.factors.find(enrollment.kind)->normal(answer), now);
        if (!check) co_return tl::make_unexpected(check.error());
        if (!exists(cause_.account)) continue;  // compared for the time it takes; never for the verdict
        if (const auto* rejected = std::get_if<Rejected>(&*check)) {
            replayed_ = replayed_ || rejected->why == Rejected::Why::replayed;
            if (rejected->remember) awaits_.push_back(*rejected->remember);
        }
        if (const auto* accepted = std::get_if<Accepted>(&*check)) {
            Verification opens = cause_.opens;
            opens.enrollment = enrollment.id;
            opens.factor = enrollment.kind;
            opens.strength = strength_of(enrollment.kind);
            opens.at = now.boot;
            Proof proof{enrollment.id, accepted->spend, std::move(opens)};
            co_return std::optional<Proof>(std::move(proof));
        }
    }
    if (!hashed_) co_await hash_in_vain(std::move(answer), now);
    co_return std::optional<Proof>{};
}

bool Examiner::fits_one_of(const std::vector<Enrollment>& others, const Secret& answer, Instant now,
                           bool has_wrong_form) const {
    return std::any_of(others.begin(), others.end(), [&](const Enrollment& other) {
        const Factor* factor = parts_.factors.find(other.kind);
        if (factor == nullptr || !factor->could_answer(other, answer.reveal())) return false;
        if (has_wrong_form) return true;
        if (factor->is_slow()) return false;
        const auto material = parts_.records.material(other, answer);
        if (!material) return false;
        const auto check = factor->verify(other, *material, factor->normal(answer), now);
        return check && std::holds_alternative<Accepted>(*check);
    });
}

asio::awaitable<void> Examiner::hash_in_vain(Secret answer, Instant now) {
    Enrollment used_up;
    used_up.account = cause_.account;
    used_up.kind = FactorKind::recovery_code;
    const Factor* factor = parts_.factors.find(used_up.kind);
    if (factor == nullptr || !factor->could_answer(used_up, answer.reveal())) co_return;
    (void)co_await verify(std::move(used_up), factor->normal(answer), now, true);
}

asio::awaitable<Result<Check>> Examiner::verify(Enrollment enrollment, Secret answer, Instant now, bool in_vain) {
    const Check refused = Rejected();
    const Factor* factor = parts_.factors.find(enrollment.kind);
    auto material
        = exists(cause_.account) ? parts_.records.material(enrollment, answer) : parts_.records.decoy(enrollment.kind);
    if (!material && material.error().code == Errc::not_found) co_return refused;  // removed since it was asked for
    if (!material) co_return tl::make_unexpected(material.error());
    if (is_code_set(enrollment.kind) && material->row == 0 && !in_vain) co_return refused;
    hashed_ = hashed_ || factor->is_slow();
    if (!factor->is_slow()) co_return factor->verify(enrollment, *material, answer, now);
    struct Work {
        Enrollment enrollment;
        Material material;
        Secret answer;
    };
    auto work = std::make_shared<Work>(Work{std::move(enrollment), std::move(*material), std::move(answer)});
    const auto turn = co_await answer_of<void>(
        [this](Done<> done) { parts_.slow_turns.enter(cause_.account_limit, [done = std::move(done)] { done({}); }); });
    if (!turn) co_return tl::make_unexpected(turn.error());
    // Named, not a temporary of the co_await: g++ 12 copies those byte by byte, and `work` would be freed twice.
    std::function<Result<Check>()> compared
        = [factor, work, now] { return factor->verify(work->enrollment, work->material, work->answer, now); };
    const auto check = co_await parts_.slow_work.compute<Check>(std::move(compared));
    parts_.slow_turns.leave(cause_.account_limit);
    co_return check;
}

Judgement Examiner::judgement(std::optional<Proof> proof, Instant now, bool belongs_elsewhere) const {
    Judgement judgement{cause_.account_limit, cause_.source_limit,      cause_.limits, now, std::move(proof),
                        cause_.audit,         cause_.may_lock_for_good, awaits_};
    judgement.audit.at = now;
    judgement.clears_failures = !expects_another_ || (judgement.proof && is_handed_out(judgement.proof->opens.factor));
    judgement.proved_before = cause_.proved_before;
    judgement.sightings = cause_.sightings;
    if (replayed_)
        judgement.audit.fields.emplace_back("why", "spent before");
    else if (belongs_elsewhere)
        judgement.audit.fields.emplace_back("why", "of another factor");
    return judgement;
}

asio::awaitable<Result<Judged>> Examiner::submit(Judgement judgement, Patience patience) {
    for (;;) {
        judgement.now.boot = parts_.clock.now().boot;
        const auto judged
            = co_await answer_of<Judged>([&](Done<Judged> done) { parts_.recorder.judge(judgement, std::move(done)); });
        if (!judged || judged->outcome != Outcome::later) co_return judged;
        const Millis wait = judged->later - parts_.clock.now().boot;
        if (wait >= patience()) co_return judged;
        co_await pause_for(wait);
    }
}

}  // namespace stepup
