#include "daemon/storage/failures.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/records.hpp"

// What an administrator sees of accounts. Whatever is asked goes by the index of (uid, name).

namespace stepup {
namespace {

AccountSummary read_summary(Row row) {
    AccountSummary found;
    found.account = {row.get<uid_t>(0), row.get<std::string>(1)};
    found.factors = row.get<unsigned>(2);
    found.last_verified = row.maybe<Millis>(3);
    found.codes_issued = row.get<unsigned>(4);
    found.codes_left = row.get<unsigned>(5);
    found.code_until = row.maybe<Millis>(6);
    return found;
}

}  // namespace

Result<> StoredRecords::add_standing(AccountSummary& summary, const Limits& limits, Instant now) const {
    const auto failures = TRY(read_failures(database_, account_limit_key(summary.account.uid)));
    summary.standing = standing_of(failures, limits, now, boot_);
    return {};
}

Result<AccountSummary> StoredRecords::summary(const AccountKey& account, const Limits& limits, Instant now) const {
    TRY(database_.still_in_place());
    AccountSummary found;
    found.account = account;
    TRY(database_.each(
        queries::account_summary, [&](Row row) { return found = read_summary(row), false; }, FactorKind::recovery_code,
        now.wall, account.uid, account.name));
    TRY(add_standing(found, limits, now));
    return found;
}

Result<std::vector<AccountSummary>> StoredRecords::summaries(const AccountKey& after, std::size_t most,
                                                             const LimitsOf& limits, Instant now) const {
    TRY(database_.still_in_place());
    std::vector<AccountSummary> found;
    // "No uid" stands before all of them.
    const std::int64_t from = after.uid == static_cast<uid_t>(-1) ? -1 : std::int64_t{after.uid};
    TRY(database_.each(
        queries::account_summaries, [&](Row row) { return found.push_back(read_summary(row)), true; },
        FactorKind::recovery_code, now.wall, from, after.name, most));
    for (auto& one : found) TRY(add_standing(one, limits(one.account), now));
    return found;
}

Result<std::vector<AccountKey>> StoredRecords::verified_accounts() const {
    std::vector<AccountKey> found;
    TRY(database_.each(
        queries::verified_accounts,
        [&](Row row) {
            found.push_back({row.get<uid_t>(0), row.get<std::string>(1)});
            return true;
        },
        boot_));
    return found;
}

}  // namespace stepup
