#include "daemon/storage/apply.hpp"
#include "daemon/storage/failures.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/records.hpp"

namespace stepup {
namespace {

constexpr int most_pending = 5;  ///< started enrollments per account; the oldest goes
constexpr FactorKind codes = FactorKind::recovery_code;

struct NewRow {
    const AccountKey& account;
    FactorKind kind;
    std::string_view label;
    bool active = false;
    Millis created{};
    OathParameters oath;
    std::uint64_t counter = 0;
    std::size_t issued = 0;
    std::optional<Millis> expires{};
};

Result<std::int64_t> insert_row(const Books& books, const NewRow& row) {
    TRY(books.database.run(queries::insert_enrollment, row.account.uid, row.account.name, row.kind, row.label,
                           row.active, row.created, row.oath.hash, row.oath.digits, row.oath.period, row.issued,
                           books.seal.epoch(), row.counter, row.expires));
    return books.database.last_id();
}

/// One code of `set`, which is of `kind`.
Result<> insert_code(const Books& books, const AccountKey& account, std::int64_t set, FactorKind kind,
                     const HashedCode& code) {
    TRY(books.database.run(queries::insert_code, set, code.index, books.seal.epoch()));
    const auto row = books.database.last_id();
    const auto sealed = TRY(books.seal.seal(code.hash, {recovery_table, row, account, kind, books.seal.epoch()}));
    TRY(books.database.run(queries::seal_code, row, Blob{sealed}));
    return {};
}

/// Voids the set there is and stores another.
Result<> insert_set(const Books& books, const AccountKey& account, const std::vector<HashedCode>& set, Instant now) {
    TRY(books.database.run(queries::delete_sets, account.uid, account.name, codes));
    const auto id = TRY(insert_row(books,
                                   {.account = account,
                                    .kind = codes,
                                    .label = recovery_label,
                                    .active = true,
                                    .created = now.wall,
                                    .issued = set.size()}));
    for (const auto& code : set) TRY(insert_code(books, account, id, codes, code));
    return {};
}

Result<> append_issued(const Books& books, const AuditEntry& entry, std::size_t count) {
    AuditEntry issued = entry;
    issued.event = Event::recovery_codes_issued;
    issued.fields.emplace_back("codes", std::to_string(count));
    return books.chain.append(books.database, issued);
}

Result<bool> has_factor(const Books& books, const AccountKey& account) {
    return TRY(books.database.first<int>(queries::has_factor, account.uid, account.name)).has_value();
}

/// Every factor and code of `account`. How many factors there were.
Result<unsigned> delete_all(const Books& books, const AccountKey& account) {
    const auto factors = TRY(books.database.first<unsigned>(queries::count_factors, account.uid, account.name));
    TRY(books.database.run(queries::delete_all_of_account, account.uid, account.name));
    return factors.value_or(0);
}

/// An invite is for who has no factor: one that was not needed would go on opening his locks, and adding factors.
Result<> void_invite(const Books& books, const AccountKey& account) {
    TRY(books.database.run(queries::void_unused, account.uid, account.name, FactorKind::invite));
    return {};
}

bool is_kept_label(std::string_view label) {
    return label == recovery_label || label == name_of(FactorKind::bypass_code) || label == name_of(FactorKind::invite);
}

/// A right code past the limit is refused, as at a login: a pending enrollment is no place to guess at.
Result<> check_limits(const Books& books, const Confirmation& confirmation) {
    const Judgement asked{.account_limit = account_limit_key(confirmation.account.uid),
                          .limits = confirmation.limits,
                          .now = confirmation.now};
    const auto failures = TRY(FailureBook::read(books.database, asked, books.boot));
    if (std::holds_alternative<MayTry>(failures.admission())) return {};
    return fail(Errc::limited, "the account is delayed or locked");
}

/// Activates it, with the first code spent. How many rows changed.
Result<int> activate(const Books& books, const Confirmation& confirmation) {
    const AccountKey& account = confirmation.account;
    const auto kind = TRY(
        books.database.first<FactorKind>(queries::kind_of_pending, confirmation.enrollment, account.uid, account.name));
    const bool ahead = kind == FactorKind::totp && books.clock.runs_ahead(confirmation.now);
    const int confirmed = TRY(books.database.run(queries::confirm_enrollment, confirmation.enrollment, account.uid,
                                                 account.name, ahead ? std::uint64_t{0} : confirmation.counter,
                                                 confirmation.now.wall - confirm_within));
    if (confirmed == 1 && ahead)
        TRY(books.database.run(queries::spend_ahead, confirmation.enrollment, account.uid, account.name,
                               confirmation.counter));
    return confirmed;
}

Result<> seal_seed(const Books& books, std::int64_t id, const NewEnrollment& enrollment) {
    const auto sealed = TRY(books.seal.seal(
        enrollment.seed.reveal(), {enrollment_table, id, enrollment.account, enrollment.kind, books.seal.epoch()}));
    TRY(books.database.run(queries::seal_enrollment, id, Blob{sealed}));
    return {};
}

/// One factor from elsewhere. Steps that only a clock which runs ahead calls used are kept apart, as when one is
/// confirmed.
Result<> insert_active(const Books& books, const NewEnrollment& factor, Instant now) {
    const AccountKey& account = factor.account;
    if (is_kept_label(factor.label)) return fail(Errc::conflict, "that label is taken");
    const bool ahead = factor.kind == FactorKind::totp && books.clock.runs_ahead(now);
    const auto id = TRY(insert_row(books,
                                   {.account = account,
                                    .kind = factor.kind,
                                    .label = factor.label,
                                    .active = true,
                                    .created = now.wall,
                                    .oath = factor.oath,
                                    .counter = ahead ? 0 : factor.counter}));
    TRY(seal_seed(books, id, factor));
    if (ahead) TRY(books.database.run(queries::spend_ahead, id, account.uid, account.name, factor.counter));
    return books.chain.append(books.database, factor.audit);
}

}  // namespace

Result<std::int64_t> apply(const Books& books, const NewEnrollment& enrollment) {
    const AccountKey& account = enrollment.account;
    const Millis now = enrollment.audit.at.wall;
    if (is_kept_label(enrollment.label)) return fail(Errc::conflict, "that label is taken");
    TRY(books.database.run(queries::drop_expired_enrollments, account.uid, account.name, now - confirm_within));
    TRY(books.database.run(queries::drop_surplus_enrollments, account.uid, account.name, most_pending - 1));
    const auto id = TRY(insert_row(books,
                                   {.account = account,
                                    .kind = enrollment.kind,
                                    .label = enrollment.label,
                                    .created = now,
                                    .oath = enrollment.oath,
                                    .counter = enrollment.counter}));
    TRY(seal_seed(books, id, enrollment));
    TRY(books.chain.append(books.database, enrollment.audit));
    return id;
}

Result<> apply(const Books& books, const Confirmation& confirmation) {
    const AccountKey& account = confirmation.account;
    TRY(check_limits(books, confirmation));
    if (TRY(activate(books, confirmation)) == 0) {
        const auto before
            = TRY(books.database.first<int>(queries::is_active, confirmation.enrollment, account.uid, account.name));
        if (before) return fail(Errc::conflict, "that enrollment was confirmed before");
        return fail(Errc::not_found, "there is no such enrollment, or it ran out");
    }
    TRY(books.database.run(queries::choose_primary, account.uid, account.name));
    TRY(void_invite(books, account));
    TRY(end_all_windows(books, account));
    TRY(forget_trust(books, confirmation.audit, "factor added"));
    TRY(books.chain.append(books.database, confirmation.audit));
    if (confirmation.recovery_codes.empty()) return {};
    TRY(insert_set(books, account, confirmation.recovery_codes, confirmation.now));
    return append_issued(books, confirmation.audit, confirmation.recovery_codes.size());
}

Result<> apply(const Books& books, const BroughtIn& brought) {
    const AccountKey& account = brought.account;
    if (TRY(has_factor(books, account))) return fail(Errc::conflict, "the account has a factor already");
    TRY(books.database.run(queries::drop_expired_enrollments, account.uid, account.name,
                           brought.now.wall - confirm_within));
    for (const auto& factor : brought.factors) TRY(insert_active(books, factor, brought.now));
    TRY(books.database.run(queries::choose_primary, account.uid, account.name));
    TRY(void_invite(books, account));
    TRY(end_all_windows(books, account));
    return {};
}

Result<> apply(const Books& books, const Removal& removal) {
    const AccountKey& account = removal.account;
    const auto was_active
        = TRY(books.database.first<int>(queries::is_active, removal.enrollment, account.uid, account.name));
    if (TRY(books.database.run(queries::delete_enrollment, removal.enrollment, account.uid, account.name)) == 0)
        return fail(Errc::not_found, "there is no such factor");
    if (!TRY(has_factor(books, account)))
        TRY(books.database.run(queries::delete_sets, account.uid, account.name, codes));
    TRY(books.database.run(queries::choose_primary, account.uid, account.name));
    if (was_active) {  // one that was never confirmed proved nothing
        TRY(end_all_windows(books, account));
        TRY(forget_trust(books, removal.audit, "factor removed"));
        TRY(forget_seen(books, account));
    }
    return books.chain.append(books.database, removal.audit);
}

Result<> apply(const Books& books, const Renaming& renaming) {
    const AccountKey& account = renaming.account;
    if (is_kept_label(renaming.label)) return fail(Errc::conflict, "that label is taken");
    TRY(books.database.run(queries::drop_expired_enrollments, account.uid, account.name,
                           renaming.audit.at.wall - confirm_within));
    const int renamed = TRY(
        books.database.run(queries::rename_enrollment, renaming.enrollment, account.uid, account.name, renaming.label));
    if (renamed == 0) return fail(Errc::not_found, "there is no such factor");
    return books.chain.append(books.database, renaming.audit);
}

Result<> apply(const Books& books, const PrimaryChoice& choice) {
    const AccountKey& account = choice.account;
    const int changed = TRY(books.database.run(queries::set_primary, choice.enrollment, account.uid, account.name));
    if (changed == 0) return fail(Errc::not_found, "there is no such factor");
    return books.chain.append(books.database, choice.audit);
}

Result<unsigned> apply(const Books& books, const Disabling& disabling) {
    const AccountKey& account = disabling.account;
    const auto factors = TRY(delete_all(books, account));
    if (factors == 0) return fail(Errc::not_found, "there is no factor");
    TRY(end_all_windows(books, account));
    TRY(forget_trust(books, disabling.audit, "factors disabled"));
    TRY(forget_seen(books, account));
    AuditEntry entry = disabling.audit;
    entry.fields.emplace_back("factors", std::to_string(factors));
    TRY(books.chain.append(books.database, entry));
    return factors;
}

Result<> apply(const Books& books, const NewRecoveryCodes& renewal) {
    if (!TRY(has_factor(books, renewal.account)))
        return fail(Errc::not_found, "recovery codes belong to an account with a factor");
    TRY(insert_set(books, renewal.account, renewal.codes, renewal.now));
    TRY(end_all_windows(books, renewal.account));
    TRY(forget_trust(books, renewal.audit, "recovery codes"));
    return books.chain.append(books.database, renewal.audit);
}

Result<unsigned> apply(const Books& books, const Reset& reset) {
    const AccountKey& account = reset.account;
    const auto factors = TRY(delete_all(books, account));
    const auto windows = TRY(end_all_windows(books, account));
    TRY(forget_trust(books, reset.audit, "reset"));
    TRY(forget_seen(books, account));
    AuditEntry entry = reset.audit;
    entry.fields.emplace_back("factors", std::to_string(factors));
    entry.fields.emplace_back("windows", std::to_string(windows));
    TRY(books.chain.append(books.database, entry));
    return factors;
}

Result<> apply(const Books& books, const HandOut& out) {
    const AccountKey& account = out.account;
    if (out.kind == FactorKind::invite && TRY(has_factor(books, account)))
        return fail(Errc::conflict, "the account has a factor already");
    TRY(books.database.run(queries::delete_sets, account.uid, account.name, out.kind));
    const auto id = TRY(insert_row(books,
                                   {.account = account,
                                    .kind = out.kind,
                                    .label = name_of(out.kind),
                                    .active = true,
                                    .created = out.now.wall,
                                    .issued = 1,
                                    .expires = out.expires}));
    TRY(insert_code(books, account, id, out.kind, out.code));
    return books.chain.append(books.database, out.audit);
}

}  // namespace stepup
