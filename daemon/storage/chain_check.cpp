#include "daemon/storage/chain_check.hpp"

#include <algorithm>
#include <limits>

#include "daemon/storage/retention.hpp"

namespace stepup {
namespace {

constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most_renumbered = 100'000;  // records that may have been taken out in one place

std::optional<ChainHash> hash_in(const AuditRecord& record) {
    ChainHash hash{};
    if (record.hash.size() != hash.size()) return std::nullopt;
    std::copy(record.hash.begin(), record.hash.end(), hash.begin());
    return hash;
}

/// Finds out why `wrong`, the first row that does not fit, does not.
class Inquest {
public:
    Inquest(Database& database, ChainReport& report, const AuditRecord& wrong)
        : database_(database),
          report_(report),
          wrong_(wrong) { }

    [[nodiscard]] Result<> hold() {
        report_.whole = false;
        report_.at = report_.length + 1;
        const auto elsewhere = TRY(look_for_the_right_one());
        if (elsewhere) return misplaced(*elsewhere);
        if (wrong_.seq > report_.at) return say(ChainFault::missing, wrong_.seq - 1);
        if (wrong_.seq < report_.at) {
            report_.at = wrong_.seq;
            return say(ChainFault::inserted, wrong_.seq);
        }
        const auto next = TRY(record_at(database_, wrong_.seq + 1));
        if (next && fits_the_computed_hash(*next)) return bad_hash();
        if (const auto gone = renumbered(next)) return say(ChainFault::missing, report_.at + gone - 1);
        return say(ChainFault::edited, report_.at);
    }

private:
    Result<> say(ChainFault fault, std::int64_t other) {
        report_.fault = fault;
        report_.other = other;
        return {};
    }

    /// The row that belongs at `at`, wherever it stands.
    [[nodiscard]] Result<std::optional<AuditRecord>> look_for_the_right_one() {
        std::optional<AuditRecord> found;
        TRY(each_record(database_, before_all, [&](const AuditRecord& record) {
            if (record.follows(report_.head, report_.at)) found = record;
            return !found;
        }));
        return found;
    }

    /// `right` belongs where `wrong_` stands, or where there is a gap.
    [[nodiscard]] Result<> misplaced(const AuditRecord& right) {
        if (wrong_.seq != report_.at) {
            if (wrong_.seq > report_.at) return say(ChainFault::moved, right.seq);
            report_.at = wrong_.seq;
            return say(ChainFault::inserted, right.seq);
        }
        const auto neighbor = TRY(record_at(database_, right.seq - 1));
        const bool adjacent = right.seq - 1 == wrong_.seq;
        const auto before = hash_in(adjacent || !neighbor ? right : *neighbor);  // of what stood before `wrong_`
        if (before && wrong_.follows(*before, right.seq)) return say(ChainFault::swapped, right.seq);
        const auto own = hash_in(right);
        const bool shifted = own && wrong_.follows(*own, report_.at + 1);
        return say(shifted ? ChainFault::moved : ChainFault::inserted, right.seq);
    }

    /// Whether `next` shows that `wrong_` is as it was hashed, so that only its hash is wrong.
    [[nodiscard]] bool fits_the_computed_hash(const AuditRecord& next) const {
        const auto computed = hash_of(report_.head, wrong_.row(wrong_.seq));
        const bool swapped_with_it
            = next.hash == view(computed) && wrong_.hash == view(hash_of(computed, next.row(next.seq)));
        return swapped_with_it || next.follows(computed, next.seq);
    }

    [[nodiscard]] Result<> bad_hash() {
        const auto right = hash_of(report_.head, wrong_.row(wrong_.seq));
        std::int64_t found = 0;
        TRY(each_record(database_, report_.at, [&](const AuditRecord& record) {
            if (record.hash == view(right)) found = record.seq;
            return found == 0;
        }));
        return say(found != 0 ? ChainFault::hash_moved : ChainFault::hash_changed, found != 0 ? found : report_.at);
    }

    /// How many rows were taken out before `wrong_` if it and those behind it were renumbered to hide that; else 0.
    [[nodiscard]] std::int64_t renumbered(const std::optional<AuditRecord>& next) const {
        const auto stored = hash_in(wrong_);
        if (!next || !stored) return 0;
        for (std::int64_t gone = 1; gone <= most_renumbered; ++gone)
            if (next->follows(*stored, next->seq + gone)) return gone;
        return 0;
    }

    Database& database_;
    ChainReport& report_;
    const AuditRecord& wrong_;
};

constexpr int most_restarts = 100;

[[nodiscard]] Result<ChainReport> verify_from(Database& database, const TrailStart& start) {
    ChainReport report;
    report.first = start.seq + 1;
    report.length = start.seq;
    report.head = start.hash;
    if (!TRY(is_recorded(database, start))) {
        report.whole = false;
        report.fault = ChainFault::missing;
        report.at = 1;
        report.other = start.seq;
        return report;
    }
    std::optional<AuditRecord> wrong;
    TRY(each_record(database, before_all, [&](const AuditRecord& record) {
        const auto hash = hash_of(report.head, record.row(record.seq));
        if (record.seq != report.length + 1 || record.hash != view(hash)) {
            wrong = record;
            return false;
        }
        report.length = record.seq;
        report.head = hash;
        return true;
    }));
    if (wrong) TRY(Inquest(database, report, *wrong).hold());
    return report;
}

}  // namespace

/// A daemon that removes old records meanwhile may leave a gap where we read: then the start has moved.
Result<ChainReport> verify_chain(Database& database) {
    for (int i = 0;; ++i) {
        const auto start = TRY(trail_start(database));
        const auto report = TRY(verify_from(database, start));
        const auto start_now = TRY(trail_start(database));
        if (report.whole || start_now.seq == start.seq || i == most_restarts) return report;
    }
}

}  // namespace stepup
