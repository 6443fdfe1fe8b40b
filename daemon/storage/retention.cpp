#include "daemon/storage/retention.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

constexpr std::int64_t removed_at_a_time = 4096;

/// What the record of a removal says.
AuditEntry removal(std::int64_t last, std::string_view hash, Instant now) {
    AuditEntry entry{Event::trail_shortened, now, {}, "stepupd", {}};
    entry.fields.emplace_back("last", std::to_string(last));
    entry.fields.emplace_back("last_hash", to_hex(hash));
    return entry;
}

}  // namespace

Result<TrailStart> trail_start(Database& database) {
    TrailStart start;
    if (TRY(database.first<int>(queries::knows_audit_start)) == 0) return start;  // an old copy
    bool sound = false;
    TRY(database.each(queries::audit_start, [&](Row row) {
        const auto hash = row.get<std::string_view>(1);
        start.seq = row.get<std::int64_t>(0);
        start.recorded = row.get<std::int64_t>(2);
        sound = hash.size() == start.hash.size();
        if (sound) std::copy(hash.begin(), hash.end(), start.hash.begin());
        return false;
    }));
    if (!sound) return fail(Errc::corrupt, "the start of the audit trail is damaged");
    return start;
}

Result<bool> is_recorded(Database& database, const TrailStart& start) {
    if (start.seq == 0) return start.hash == ChainHash{};
    const auto record = TRY(record_at(database, start.recorded));
    return record && record->fields == fields_text(removal(start.seq, view(start.hash), {}));
}

Result<bool> shorten_trail(Database& database, AuditChain& chain, Millis until, Instant now) {
    const auto start = TRY(trail_start(database));
    const auto last
        = std::min(TRY(database.first<std::int64_t>(queries::old_until, until, removed_at_a_time)).value_or(0),
                   chain.mark().seq - 1);
    if (last <= start.seq) return false;
    const auto record = TRY(record_at(database, last));
    if (!record) return fail(Errc::corrupt, "the audit trail has a gap; `stepup audit --verify` tells where");
    TRY(chain.append(database, removal(last, record->hash, now)));
    TRY(database.run(queries::start_audit_behind, last, Blob{record->hash}, chain.mark().seq));
    TRY(database.run(queries::remove_until, last));
    return last - start.seq >= removed_at_a_time;
}

}  // namespace stepup
