#include "daemon/storage/records.hpp"

#include <algorithm>
#include <tuple>

#include "daemon/storage/apply.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

constexpr std::size_t index_letters = 4;  // the public part of a recovery code
constexpr int most_verifications = 256;   // looked at; older ones count as forgotten

/// A bcrypt hash of cost 10 that no answer has: comparing with it takes as long as with a real one.
constexpr std::string_view decoy_hash = "$2b$10$StepUpDecoyStepUpDecoe...............................";
static_assert(decoy_hash.size() == 60);

Enrollment read_enrollment(Row row, const AccountKey& account) {
    Enrollment found;
    found.id = row.get<std::int64_t>(0);
    found.account = account;
    found.kind = row.get<FactorKind>(1);
    found.label = row.get<std::string>(2);
    found.active = row.get<bool>(3);
    found.primary = row.get<bool>(4);
    found.created = row.get<Millis>(5);
    found.last_used = row.maybe<Millis>(6);
    found.oath = {row.get<OathHash>(7), row.get<unsigned>(8), row.get<unsigned>(9)};
    found.issued = row.get<unsigned>(10);
    found.unsure = row.get<bool>(11);
    found.left = row.get<unsigned>(12);
    found.expires = row.maybe<Millis>(13);
    return found;
}

/// Recovery codes last, the primary factor first. A few rows: SQLite would build a table to sort them.
bool comes_before(const Enrollment& one, const Enrollment& other) {
    const auto place
        = [](const Enrollment& each) { return std::tuple(is_code_set(each.kind), !each.primary, each.id); };
    return place(one) < place(other);
}

ProcessRef read_process(Row row, int column) { return {row.get<pid_t>(column), row.get<std::uint64_t>(column + 1)}; }

Verification read_verification(Row row, const AccountKey& account) {
    Verification found;
    found.id = row.get<std::int64_t>(0);
    found.account = account;
    found.enrollment = row.get<std::int64_t>(1);
    found.factor = row.get<FactorKind>(2);
    found.strength = row.get<Strength>(3);
    found.at = row.get<Millis>(4);
    found.service = row.get<std::string>(5);
    found.asker = read_process(row, 6);
    found.asker_parent = read_process(row, 8);
    found.binding = row.get<Binding>(10);
    found.session = row.get<std::string>(11);
    found.opener = read_process(row, 12);
    found.leader = read_process(row, 14);
    found.terminal = row.get<std::uint32_t>(16);
    return found;
}

}  // namespace

Result<StoredRecords> StoredRecords::open(const std::string& path, const Seal& seal, std::string boot,
                                          const char* vfs) {
    return StoredRecords(TRY(Database::open(path, Database::Access::read, vfs)), seal, std::move(boot));
}

Result<std::vector<Enrollment>> StoredRecords::enrollments(const AccountKey& account, Instant now) const {
    TRY(database_.still_in_place());
    std::vector<Enrollment> found;
    TRY(database_.each(
        queries::enrollments,
        [&](Row row) {
            found.push_back(read_enrollment(row, account));
            return true;
        },
        account.uid, account.name, now.wall - confirm_within, now.wall));
    std::sort(found.begin(), found.end(), comes_before);
    return found;
}

Result<Material> StoredRecords::material(const Enrollment& enrollment, const Secret& answer) const {
    return is_code_set(enrollment.kind) ? code_named_by(enrollment, answer.reveal()) : seed_of(enrollment);
}

Result<Material> StoredRecords::seed_of(const Enrollment& enrollment) const {
    const AccountKey& account = enrollment.account;
    Result<Material> material = fail(Errc::not_found, "there is no such factor any more");
    TRY(database_.each(
        queries::sealed_seed,
        [&](Row row) {
            auto seed = seal_.unseal(
                row.get<std::string_view>(2),
                {enrollment_table, enrollment.id, account, row.get<FactorKind>(0), row.get<std::int64_t>(1)});
            if (seed)
                material = Material{.secret = std::move(*seed),
                                    .counter = row.get<std::uint64_t>(3),
                                    .awaited = row.maybe<std::uint64_t>(4)};
            else
                material = tl::make_unexpected(seed.error());
            return false;
        },
        enrollment.id, account.uid, account.name));
    return material;
}

Result<Material> StoredRecords::code_named_by(const Enrollment& enrollment, std::string_view answer) const {
    const AccountKey& account = enrollment.account;
    auto material = decoy(enrollment.kind);
    TRY(database_.each(
        queries::sealed_code,
        [&](Row row) {
            const auto id = row.get<std::int64_t>(0);
            auto hash = seal_.unseal(row.get<std::string_view>(2),
                                     {recovery_table, id, account, enrollment.kind, row.get<std::int64_t>(1)});
            if (hash)
                material = Material{.secret = std::move(*hash), .row = id};
            else
                material = tl::make_unexpected(hash.error());
            return false;
        },
        enrollment.id, account.uid, account.name, answer.substr(0, index_letters)));
    return material;
}

Result<Material> StoredRecords::decoy(FactorKind kind) const {
    Material material;
    if (is_code_set(kind))
        (void)material.secret.copy(decoy_hash);
    else
        material.secret = seal_.decoy_seed();
    return material;
}

Result<std::vector<Verification>> StoredRecords::verifications(const AccountKey& account, Instant now) const {
    TRY(database_.still_in_place());
    std::vector<Verification> found;
    TRY(database_.each(
        queries::verifications,
        [&](Row row) {
            found.push_back(read_verification(row, account));
            return true;
        },
        account.uid, account.name, boot_, now.boot - verification_kept, most_verifications));
    return found;
}

std::string StoredRecords::unknown_user_key(std::string_view name) const { return "name:" + seal_.bucket_of(name); }

}  // namespace stepup
