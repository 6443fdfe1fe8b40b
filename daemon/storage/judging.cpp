#include "daemon/storage/apply.hpp"
#include "daemon/storage/failures.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

/// The judgement's row in the audit trail: what became of it and, for a right answer, which factor it was right for.
Result<> append_as(const Books& books, const Judgement& judgement, Event event,
                   std::initializer_list<std::pair<std::string_view, std::string>> more = {}) {
    AuditEntry entry = judgement.audit;
    entry.event = event;
    if (judgement.proof) {
        entry.fields.emplace_back("factor", name_of(judgement.proof->opens.factor));
        entry.fields.emplace_back("enrollment", std::to_string(judgement.proof->enrollment));
    }
    entry.fields.insert(entry.fields.end(), more.begin(), more.end());
    return books.chain.append(books.database, entry);
}

std::int64_t enrollment_of(const Spend& spend) {
    return std::visit([](const auto& what) { return what.enrollment; }, spend);
}

/// TOTP while the wall clock runs ahead: this step alone is used up, not those before it, which are yet to come.
Result<int> spend_ahead(const Books& books, const Proof& proof, const SpendCounter& counter, Instant now) {
    const AccountKey& account = proof.opens.account;
    const int changed
        = TRY(books.database.run(queries::spend_ahead, proof.enrollment, account.uid, account.name, counter.counter));
    if (changed == 1) TRY(books.database.run(queries::touch_enrollment, proof.enrollment, now.wall));
    return changed;
}

/// Uses up what was proved. False if it, or a later one, was used before.
Result<bool> spend(const Books& books, const Proof& proof, Instant now) {
    const AccountKey& account = proof.opens.account;
    int changed = 0;
    const auto* counter = std::get_if<SpendCounter>(&proof.spend);
    if (counter != nullptr && proof.opens.factor == FactorKind::totp && books.clock.runs_ahead(now)) {
        changed = TRY(spend_ahead(books, proof, *counter, now));
    } else if (counter != nullptr) {
        changed
            = TRY(books.database.run(queries::spend_counter, proof.enrollment, account.uid, account.name,
                                     counter->counter, now.wall, counter->answers, books.boot, proof.opens.session));
    } else if (std::holds_alternative<SpendNothing>(proof.spend)) {
        changed = TRY(books.database.run(queries::use_factor, proof.enrollment, account.uid, account.name, now.wall));
    } else {
        const auto& code = std::get<SpendCode>(proof.spend);
        changed = TRY(
            books.database.run(queries::spend_code, proof.enrollment, account.uid, account.name, code.code, now.wall));
        if (changed == 1) TRY(books.database.run(queries::touch_enrollment, proof.enrollment, now.wall));
    }
    if (changed > 1) return fail(Errc::internal, "one proof spent more than one row");
    return changed == 1;
}

Result<> open_window(const Books& books, const Proof& proof, Instant now) {
    const Verification& opens = proof.opens;
    TRY(books.database.run(queries::forget_old_of_account, opens.account.uid, now.boot - verification_kept));
    TRY(books.database.run(queries::insert_verification, books.boot, opens.account.uid, opens.account.name,
                           proof.enrollment, opens.factor, opens.strength, now.boot, opens.service, opens.asker.pid,
                           opens.asker.start, opens.asker_parent.pid, opens.asker_parent.start, opens.binding,
                           opens.session, opens.opener.pid, opens.opener.start, opens.leader.pid, opens.leader.start,
                           opens.terminal));
    return {};
}

Result<> note_code_used(const Books& books, const Judgement& judgement, const Proof& proof) {
    const auto* code = std::get_if<SpendCode>(&proof.spend);
    if (code == nullptr) return {};
    // Who needs one may have lost what else he has, and the key's machine with it.
    TRY(forget_trust(books, judgement.audit, name_of(proof.opens.factor)));
    if (is_handed_out(proof.opens.factor)) return append_as(books, judgement, Event::handed_out_code_used);
    const auto left = TRY(books.database.first<unsigned>(queries::codes_left, code->enrollment)).value_or(0);
    return append_as(books, judgement, Event::recovery_code_used, {{"left", std::to_string(left)}});
}

/// The factor of the account that is worth most, if it is worth more than what was proved and was not proved before it.
/// A key of the login is none but in sshd: nothing else could have been answered by it.
Result<std::optional<FactorKind>> stronger_than(const Books& books, const Verification& proved, FactorSet before) {
    std::optional<FactorKind> strongest;
    auto worth = proved.strength;
    const auto compare = [&](Row row) {
        const auto kind = row.get<FactorKind>(0);
        if (row_of(kind).at_best > worth && !before.contains(kind)
            && (!is_proved_by_login(kind) || proved.service == "sshd")) {
            strongest = kind;
            worth = row_of(kind).at_best;
        }
        return true;
    };
    TRY(books.database.each(queries::kinds_of_account, compare, proved.account.uid, proved.account.name));
    return strongest;
}

Result<> note_weaker(const Books& books, const Judgement& judgement, const Verification& proved) {
    if (is_code_set(proved.factor)) return {};  // has an event of its own
    if (!judgement.clears_failures) return {};  // of two proofs, the second may be by the stronger one
    if (const auto stronger = TRY(stronger_than(books, proved, judgement.proved_before)))
        return append_as(books, judgement, Event::weaker_factor_used, {{"strongest", std::string(name_of(*stronger))}});
    return {};
}

Result<Judged> accept(const Books& books, const Judgement& judgement, const Proof& proof, const FailureBook& failures) {
    if (judgement.clears_failures) {
        TRY(failures.clear(books.database));
        TRY(remember(books, proof.opens.account, judgement.sightings, judgement.now));
    }
    TRY(open_window(books, proof, judgement.now));
    TRY(append_as(books, judgement, Event::factor_accepted));
    TRY(note_code_used(books, judgement, proof));
    TRY(note_weaker(books, judgement, proof.opens));
    return Judged{.outcome = Outcome::accepted};
}

/// Why a right answer spent nothing, as far as it is worth telling.
struct Unspent {
    Outcome outcome;
    const char* why = "";
};

Result<Judged> refuse(const Books& books, const Judgement& judgement, FailureBook failures, Unspent unspent) {
    const AccountKey& account = judgement.audit.account;
    for (const auto& await : judgement.awaits)
        TRY(books.database.run(queries::await_counter, await.enrollment, account.uid, account.name, await.counter));
    const bool locks = TRY(failures.count(books.database));
    const auto event = unspent.outcome == Outcome::replayed ? Event::replay_refused : Event::factor_refused;
    TRY(*unspent.why == '\0' ? append_as(books, judgement, event)
                             : append_as(books, judgement, event, {{"why", unspent.why}}));
    if (locks) TRY(append_as(books, judgement, Event::locked, {{"failures", std::to_string(failures.of_account())}}));
    return Judged{.outcome = unspent.outcome, .locks_now = locks};
}

/// A right answer that spent nothing: replayed, or its factor was removed meanwhile, or what it followed is no longer
/// the last answer, or nobody knows which codes of it were used.
Result<Unspent> why_unspent(const Books& books, const Proof& proof) {
    const AccountKey& account = proof.opens.account;
    const auto there = TRY(books.database.first<int>(queries::is_active, proof.enrollment, account.uid, account.name));
    if (!there) return Unspent{Outcome::refused};
    if (TRY(books.database.first<int>(queries::is_unsure, proof.enrollment, account.uid, account.name)))
        return Unspent{Outcome::refused, "nobody knows which of its codes were used"};
    const auto* counter = std::get_if<SpendCounter>(&proof.spend);
    if (counter == nullptr || !counter->answers) return Unspent{Outcome::replayed};
    const auto behind = TRY(
        books.database.first<int>(queries::is_behind, proof.enrollment, account.uid, account.name, counter->counter));
    return Unspent{behind ? Outcome::refused : Outcome::replayed};
}

}  // namespace

Result<unsigned> apply(const Books& books, const Unlock& unlock) {
    const auto failures = TRY(books.database.first<unsigned>(queries::unlock, unlock.whose)).value_or(0);
    AuditEntry entry = unlock.audit;
    entry.fields.emplace_back("failures", std::to_string(failures));
    TRY(books.chain.append(books.database, entry));
    return failures;
}

Result<Judged> apply(const Books& books, const Judgement& judgement) {
    const auto failures = TRY(FailureBook::read(books.database, judgement, books.boot));
    if (judgement.proof && enrollment_of(judgement.proof->spend) != judgement.proof->enrollment)
        return fail(Errc::internal, "a proof spends something of another enrollment");
    // What an administrator handed out opens a lock, too, also that of the ceiling: nobody guesses 80 bits.
    if (judgement.proof && is_handed_out(judgement.proof->opens.factor)
        && TRY(spend(books, *judgement.proof, judgement.now)))
        return accept(books, judgement, *judgement.proof, failures);
    const auto admission = failures.admission();
    if (const auto* later = std::get_if<TryLater>(&admission))
        return Judged{.outcome = Outcome::later, .later = later->at};
    if (const auto* lock = std::get_if<LockedOut>(&admission)) {
        const auto left_out = books.locked_rows.take(judgement.account_limit, judgement.now);
        if (left_out)
            TRY(append_as(books, judgement, Event::refused_while_locked, {{"left_out", std::to_string(*left_out)}}));
        return Judged{.outcome = Outcome::locked,
                      .later = lock->for_good ? Millis(0) : judgement.now.boot + lock->left};
    }
    if (!judgement.proof) return refuse(books, judgement, failures, {Outcome::refused});
    const Proof& proof = *judgement.proof;
    if (TRY(spend(books, proof, judgement.now))) return accept(books, judgement, proof, failures);
    return refuse(books, judgement, failures, TRY(why_unspent(books, proof)));
}

}  // namespace stepup
