#include "daemon/storage/failures.hpp"

#include <algorithm>
#include <limits>

#include "daemon/storage/queries.hpp"

namespace stepup {

Result<Failures> read_failures(Database& database, std::string_view whose) {
    Failures failures;
    TRY(database.each(
        queries::read_failures,
        [&](Row row) {
            failures = {row.get<unsigned>(0), row.get<std::string>(1), row.get<Millis>(2),
                        row.get<Millis>(3),   row.get<Millis>(4),      row.get<Millis>(5)};
            return false;
        },
        whose));
    return failures;
}

namespace {

Result<int> write_one(Database& database, std::string_view whose, const Failures& failures) {
    return database.run(queries::write_failures, whose, failures.count, failures.boot, failures.not_before,
                        failures.locked_until, failures.locked_until_wall, failures.last_wall);
}

/// Within one boot by the clock that nobody can set; after a reboot by the other.
bool is_forgotten(const Failures& source, Instant now, const std::string& boot) {
    if (source.boot == boot) return now.boot >= std::max(source.not_before, source.locked_until) + source_remembered;
    return now.wall >= std::max(source.last_wall, source.locked_until_wall) + source_remembered;
}

/// The ceiling is for accounts, where an admin knows whom he lets in again; a source only waits.
/// Many people may share it, so it also begins to wait later.
Limits of_source(Limits limits) {
    limits.ceiling = std::numeric_limits<unsigned>::max();
    limits.delay_from = std::max(limits.delay_from, limits.lock_after);
    return limits;
}

/// An office's ordinary typos do not add up over a day: every minute without a failure takes one back.
void forgive(Failures& source, Instant now, const std::string& boot) {
    const Millis since = source.boot == boot ? now.boot - std::max(source.not_before, source.locked_until)
                                             : now.wall - std::max(source.last_wall, source.locked_until_wall);
    const auto minutes = std::max<std::int64_t>(since / Millis(Seconds(60)), 0);
    source.count -= static_cast<unsigned>(std::min<std::int64_t>(minutes, source.count));
}

}  // namespace

unsigned count_of_source(Failures source, Instant now, const std::string& boot) {
    if (source.count == 0 || is_forgotten(source, now, boot)) return 0;
    forgive(source, now, boot);
    return source.count;
}

Result<FailureBook> FailureBook::read(Database& database, const Judgement& judgement, const std::string& boot) {
    FailureBook book(judgement, boot);
    book.account_ = TRY(read_failures(database, judgement.account_limit));
    if (!judgement.source_limit) return book;
    book.source_ = TRY(read_failures(database, *judgement.source_limit));
    if (book.source_.count > 0 && is_forgotten(book.source_, judgement.now, boot)) book.source_ = {};
    forgive(book.source_, judgement.now, boot);
    return book;
}

Admission FailureBook::admission() const {
    const auto account = admit(account_, judgement_.limits, judgement_.now, boot_);
    const auto source = admit(source_, of_source(judgement_.limits), judgement_.now, boot_);
    if (std::holds_alternative<LockedOut>(account)) return account;
    if (std::holds_alternative<LockedOut>(source)) return source;
    const auto* one = std::get_if<TryLater>(&account);
    const auto* other = std::get_if<TryLater>(&source);
    if (one != nullptr && other != nullptr) return TryLater{std::max(one->at, other->at)};
    return one != nullptr ? account : source;
}

Result<bool> FailureBook::count(Database& database) {
    const Limits& limits = judgement_.limits;
    account_ = after_failure(account_, limits, limits.lock_after, judgement_.now, boot_);
    if (!judgement_.may_lock_for_good) account_.count = std::min(account_.count, limits.ceiling - 1);
    TRY(write_one(database, judgement_.account_limit, account_));
    if (judgement_.source_limit) {
        source_ = after_failure(source_, of_source(limits), limits.source_lock_after, judgement_.now, boot_);
        TRY(write_one(database, *judgement_.source_limit, source_));
    }
    return account_.locked_until.count() != 0 || account_.count == limits.ceiling;
}

Result<> FailureBook::clear(Database& database) const {
    if (account_.count > 0) TRY(database.run(queries::clear_failures, judgement_.account_limit));
    return {};
}

}  // namespace stepup
