#include "daemon/storage/apply.hpp"
#include "daemon/storage/failures.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/records.hpp"

// What is remembered of accounts beside what they have enrolled.

namespace stepup {

Result<> remember(const Books& books, const AccountKey& account, const std::vector<Sighting>& sightings, Instant now) {
    for (const auto& sighting : sightings) {
        const auto& [kind, value] = sighting;
        if (TRY(books.database.run(queries::saw_again, account.uid, account.name, kind, value, now.wall)) > 0) continue;
        TRY(books.database.run(queries::saw, account.uid, account.name, kind, value, now.wall));
        TRY(books.database.run(queries::forget_surplus_seen, account.uid, account.name, kind, most_seen));
    }
    TRY(books.database.run(queries::verified_since, account.uid, account.name));
    return {};
}

Result<> forget_seen(const Books& books, const AccountKey& account) {
    TRY(books.database.run(queries::forget_seen, account.uid, account.name));
    return {};
}

Result<Millis> apply(const Books& books, const FirstSight& sight) {
    const auto first
        = TRY(books.database.first<Millis>(queries::first_required, sight.account.uid, sight.account.name, sight.at));
    if (!first) return fail(Errc::internal, "a first login was not noted");
    return *first;
}

Result<> apply(const Books& books, const PasswordChange& change) {
    TRY(books.database.run(queries::password_changed, change.account.uid, change.account.name, change.audit.at.wall));
    return books.chain.append(books.database, change.audit);
}

Result<Habits> StoredRecords::habits(const AccountKey& account, const std::vector<Sighting>& asked) const {
    Habits habits;
    for (const auto& sighting : asked)
        if (TRY(database_.first<int>(queries::was_seen, account.uid, account.name, sighting.kind, sighting.value)))
            habits.seen.push_back(sighting);
    TRY(database_.each(
        queries::habit,
        [&](Row row) {
            habits.first_required = row.maybe<Millis>(0);
            habits.password_changed = row.maybe<Millis>(1).has_value();
            return false;
        },
        account.uid, account.name));
    return habits;
}

Result<unsigned> StoredRecords::failures_of_source(const std::string& source, Instant now) const {
    return count_of_source(TRY(read_failures(database_, source)), now, boot_);
}

}  // namespace stepup
