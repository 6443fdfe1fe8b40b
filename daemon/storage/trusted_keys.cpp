#include "daemon/storage/apply.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/records.hpp"

namespace stepup {
namespace {

TrustedKey read_key(Row row, const AccountKey& account) {
    TrustedKey found;
    found.id = row.get<std::int64_t>(0);
    found.account = account;
    found.fingerprint = row.get<std::string>(1);
    found.type = row.get<std::string>(2);
    found.factor = row.get<FactorKind>(3);
    found.strength = row.get<Strength>(4);
    found.network = row.get<std::string>(5);
    found.created = row.get<Millis>(6);
    found.expires = row.get<Millis>(7);
    found.last_used = row.maybe<Millis>(8);
    found.uses = row.get<unsigned>(9);
    return found;
}

Result<> append(const Books& books, AuditEntry entry, int keys) {
    entry.fields.emplace_back("keys", std::to_string(keys));
    return books.chain.append(books.database, entry);
}

}  // namespace

Result<std::vector<TrustedKey>> StoredRecords::trusted_keys(const AccountKey& account, Instant now) const {
    TRY(database_.still_in_place());
    std::vector<TrustedKey> found;
    TRY(database_.each(
        queries::trusted_keys,
        [&](Row row) {
            found.push_back(read_key(row, account));
            return true;
        },
        account.uid, account.name, now.wall));
    return found;
}

Result<> apply(const Books& books, const KeyTrusting& trusting) {
    const auto& key = trusting.key;
    const AccountKey& account = key.account;
    TRY(books.database.run(queries::drop_expired_keys, key.created));
    const int trusted
        = TRY(books.database.run(queries::trust_key, account.uid, account.name, key.fingerprint, key.type, key.factor,
                                 key.strength, key.network, key.created, key.expires, trusting.enrollment));
    if (trusted != 1) return fail(Errc::not_found, "the factor that was proved is gone");
    TRY(books.database.run(queries::drop_surplus_keys, account.uid, account.name, most_trusted_keys));
    return books.chain.append(books.database, trusting.audit);
}

Result<bool> apply(const Books& books, const KeyUse& use) {
    const AccountKey& account = use.account;
    const int used = TRY(books.database.run(queries::use_key, use.key, account.uid, account.name, use.now.wall));
    if (used == 0) return false;
    TRY(books.chain.append(books.database, use.audit));
    return true;
}

Result<unsigned> apply(const Books& books, const KeysForgetting& forgetting) {
    const AccountKey& account = forgetting.account;
    const int keys = forgetting.key
        ? TRY(books.database.run(queries::forget_key, *forgetting.key, account.uid, account.name))
        : TRY(books.database.run(queries::forget_keys, account.uid, account.name));
    if (keys > 0) TRY(append(books, forgetting.audit, keys));
    return static_cast<unsigned>(keys);
}

Result<> forget_trust(const Books& books, const AuditEntry& because_of, std::string_view why) {
    const AccountKey& account = because_of.account;
    const int keys = TRY(books.database.run(queries::forget_keys, account.uid, account.name));
    if (keys == 0) return {};
    return append(
        books, {Event::trusted_keys_forgotten, because_of.at, account, because_of.service, {{"why", std::string(why)}}},
        keys);
}

}  // namespace stepup
