#include "daemon/storage/event_queue.hpp"

#include "daemon/storage/apply.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/records.hpp"

// What people and programs are to be told waits in the database, written with the record of it: it is there if, and
// only if, the thing happened.

namespace stepup {

Result<> enqueue(Database& database, std::string_view kind, const AuditRow& row) {
    TRY(database.run(queries::enqueue, row.wall, kind, row.uid, row.user, row.fields));
    TRY(database.run(queries::forget_surplus_events, most_queued));
    return {};
}

Result<> apply(const Books& books, const Acknowledged& acknowledged) {
    TRY(books.database.run(queries::forget_events, acknowledged.until));
    return {};
}

Result<std::vector<QueuedEvent>> StoredRecords::queued(std::int64_t after, std::size_t most) const {
    std::vector<QueuedEvent> found;
    TRY(database_.each(
        queries::queued_after,
        [&](Row row) {
            const AccountKey account{static_cast<uid_t>(row.get<std::int64_t>(3)), row.get<std::string>(4)};
            found.push_back({row.get<std::int64_t>(0), row.get<Millis>(1), row.get<std::string>(2), account,
                             row.get<std::string>(5)});
            return true;
        },
        after, most));
    return found;
}

}  // namespace stepup
