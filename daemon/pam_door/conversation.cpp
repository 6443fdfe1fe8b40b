#include "daemon/pam_door/conversation.hpp"

#include <utility>

namespace stepup {
namespace {

constexpr std::string_view unavailable_text = "StepUp cannot check codes right now; ask your administrator.";

/// Questions and refusals go to other hosts on this beat (ADR 12). What the host does for a user who exists (names,
/// seals) and for one who does not differs by some ten microseconds, which 2,000 samples would show. Grants do not
/// wait.
constexpr Millis beat{5};

bool exists(const AccountKey& account) { return account.uid != static_cast<uid_t>(-1); }

}  // namespace

asio::awaitable<Ending> Conversation::hold() {
    Step step = flow_.start();
    Secret typed;
    for (;;) {
        if (const auto* over = std::get_if<FlowDenied>(&step)) {
            co_await hide_the_time();
            co_return denied(over->text);
        }
        if (std::holds_alternative<FlowGranted>(step)) co_return granted();
        if (auto* question = std::get_if<AskFor>(&step)) {
            auto line = co_await ask(std::move(question->text));
            if (!line) co_return gone();
            typed = std::move(*line);
            step = flow_.answer(typed.reveal());
            continue;
        }
        Secret answer = std::exchange(typed, Secret());
        const auto judged = co_await judge(std::get<JudgeAgainst>(step), std::move(answer));
        if (!judged) co_return unavailable(unavailable_text);
        step = flow_.judged(judged->outcome);
    }
}

asio::awaitable<std::optional<Secret>> Conversation::ask(std::string text) {
    ++turn_;
    co_await hide_the_time();
    const wire::Ask question{turn_, wire::Echo::on, text};
    const auto sent = co_await connection_.send(question);
    if (!sent) co_return std::nullopt;
    const auto packet = co_await connection_.receive();
    if (!packet) co_return std::nullopt;
    if (const auto withdrawn = wire::decode<wire::Withdraw>(*packet)) {
        note_withdrawal(withdrawn->why);
        co_return std::nullopt;
    }
    const auto answer = wire::decode<wire::Answer>(*packet);
    Secret typed;
    const bool taken = answer && answer->turn == turn_ && typed.copy(answer->text);
    connection_.wipe();
    if (!taken) co_return std::nullopt;
    co_return std::move(typed);
}

asio::awaitable<Result<Judged>> Conversation::judge(JudgeAgainst against, Secret answer) {
    const Instant now = parts_.clock.now();  // a code is worth what it was worth when it was typed
    auto proof = co_await compare(std::move(against), std::move(answer), now);
    if (!proof) co_return tl::make_unexpected(proof.error());
    const auto judged = co_await submit(judgement(std::move(*proof), now));
    co_return judged;
}

asio::awaitable<Result<std::optional<Proof>>> Conversation::compare(JudgeAgainst against, Secret answer, Instant now) {
    replayed_ = false;
    awaits_.clear();
    bool hashed = false;
    for (const std::size_t place : against.choices) {
        const Enrollment& enrollment = flow_.choices()[place];
        hashed = hashed || enrollment.kind == FactorKind::recovery_code;
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
    if (!hashed) co_await hash_in_vain(std::move(answer), now);
    co_return std::optional<Proof>{};
}

asio::awaitable<void> Conversation::hash_in_vain(Secret answer, Instant now) {
    Enrollment used_up;
    used_up.account = cause_.account;
    used_up.kind = FactorKind::recovery_code;
    const Factor* factor = parts_.factors.find(used_up.kind);
    if (factor == nullptr || !factor->could_answer(used_up, answer.reveal())) co_return;
    (void)co_await verify(std::move(used_up), factor->normal(answer), now);
}

asio::awaitable<void> Conversation::hide_the_time() {
    if (cause_.from_afar) co_await connection_.wait_for_beat(beat);
}

asio::awaitable<Result<Check>> Conversation::verify(Enrollment enrollment, Secret answer, Instant now) {
    const Factor* factor = parts_.factors.find(enrollment.kind);
    auto material
        = exists(cause_.account) ? parts_.records.material(enrollment, answer) : parts_.records.decoy(enrollment.kind);
    if (!material) co_return tl::make_unexpected(material.error());
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

Judgement Conversation::judgement(std::optional<Proof> proof, Instant now) const {
    Judgement judgement{cause_.account_limit, cause_.source_limit,      cause_.limits, now, std::move(proof),
                        cause_.audit,         cause_.may_lock_for_good, awaits_};
    judgement.audit.at = now;
    if (replayed_) judgement.audit.fields.emplace_back("why", "spent before");
    return judgement;
}

asio::awaitable<Result<Judged>> Conversation::submit(Judgement judgement) {
    for (;;) {
        judgement.now.boot = parts_.clock.now().boot;
        const auto judged
            = co_await answer_of<Judged>([&](Done<Judged> done) { parts_.recorder.judge(judgement, std::move(done)); });
        if (!judged || judged->outcome != Outcome::later) co_return judged;
        const Millis wait = judged->later - parts_.clock.now().boot;
        if (wait >= connection_.left()) co_return judged;
        co_await pause_for(wait);
    }
}

void Conversation::note_withdrawal(wire::Why why) {
    AuditEntry entry = cause_.audit;
    entry.event = Event::answer_withdrawn;
    entry.at = parts_.clock.now();
    entry.fields.emplace_back("why", why == wire::Why::blind ? "blind" : "no answer");
    note_within_quota(parts_, cause_.peer_uid, std::move(entry));
}

}  // namespace stepup
