#include "daemon/storage/key_ring.hpp"

#include <array>
#include <filesystem>
#include <vector>

#include "daemon/storage/queries.hpp"
#include "daemon/storage/recovery_share.hpp"
#include "daemon/storage/records.hpp"

namespace stepup {
namespace {

constexpr const char* foreign_key
    = "this is not the key the database was sealed with; restore the key that belongs to it";

const AccountKey nobody{0, ""};

SealedPlace meta_place(std::string_view name, std::int64_t epoch) { return {name, 0, nobody, FactorKind::totp, epoch}; }

Result<std::int64_t> epoch_of(Database& database) {
    const auto stored = TRY(database.first<Bytes>(queries::read_meta, meta::key_epoch));
    return stored ? static_cast<std::int64_t>(number_in(*stored)) : Seal::first_epoch;
}

Result<> keep_older_pepper(Seal& seal, Database& database) {
    const auto sealed = TRY(database.first<Bytes>(queries::read_meta, meta::pepper));
    if (!sealed) return {};
    auto pepper = TRY(seal.unseal(*sealed, meta_place(meta::pepper, seal.epoch())));
    seal.keep_pepper(std::move(pepper));
    return {};
}

/// The key that was left for who comes with the one before.
Result<Secret> handed_over(Database& database, const Secret& before, StrongRandom& random, std::int64_t epoch) {
    const auto sealed = TRY(database.first<Bytes>(queries::read_meta, meta::handover));
    if (!sealed) return fail(Errc::untrusted, foreign_key);
    const auto old = TRY(Seal::open(before, random, epoch - 1));
    auto next = old.unseal(*sealed, meta_place(meta::handover, epoch - 1));
    if (!next) return fail(Errc::untrusted, foreign_key);
    return next;
}

/// What is sealed, where, and how it is written back.
struct Sealed {
    std::string_view table;
    std::string_view read;
    std::string_view write;
};
constexpr std::array<Sealed, 2> all_sealed{
    Sealed{enrollment_table, queries::sealed_enrollments, queries::reseal_enrollment},
    Sealed{recovery_table, queries::sealed_codes, queries::reseal_code},
};

struct SealedRow {
    std::int64_t id;
    AccountKey account;
    FactorKind kind;
    Bytes sealed;
};

Result<std::vector<SealedRow>> some_rows(Database& database, std::string_view query, std::int64_t after) {
    constexpr int at_once = 256;
    std::vector<SealedRow> rows;
    TRY(database.each(
        query,
        [&](Row row) {
            rows.push_back({row.get<std::int64_t>(0),
                            {row.get<uid_t>(1), row.get<std::string>(2)},
                            row.get<FactorKind>(3),
                            row.get<Bytes>(4)});
            return true;
        },
        after, at_once));
    return rows;
}

Result<> reseal_row(Database& database, const Sealed& what, const SealedRow& row, const Seal& old, const Seal& next) {
    const auto place = [&](const Seal& seal) {
        return SealedPlace{what.table, row.id, row.account, row.kind, seal.epoch()};
    };
    const Secret plain = TRY(old.unseal(row.sealed, place(old)));
    const auto sealed = TRY(next.seal(plain.reveal(), place(next)));
    TRY(database.run(what.write, row.id, Blob{sealed}, next.epoch()));
    return {};
}

Result<> reseal(Database& database, const Seal& old, const Seal& next) {
    for (const auto& what : all_sealed) {
        auto rows = TRY(some_rows(database, what.read, 0));
        while (!rows.empty()) {
            for (const auto& row : rows) TRY(reseal_row(database, what, row, old, next));
            rows = TRY(some_rows(database, what.read, rows.back().id));
        }
    }
    return {};
}

Result<> write_meta(Database& database, std::string_view name, const Bytes& value) {
    TRY(database.run(queries::write_meta, name, Blob{value}));
    return {};
}

Result<> rotate_inside(Database& database, const Seal& old, const Secret& master, StrongRandom& random) {
    auto next = TRY(Seal::open(master, random, old.epoch() + 1));
    next.keep_pepper(old.recovery_pepper());
    TRY(reseal(database, old, next));
    Bytes epoch;
    put_number(epoch, static_cast<std::uint64_t>(next.epoch()));
    TRY(write_meta(database, meta::key_epoch, epoch));
    TRY(write_meta(database, meta::key_check, next.key_check()));
    const Secret pepper = next.recovery_pepper();
    const auto kept = TRY(next.seal(pepper.reveal(), meta_place(meta::pepper, next.epoch())));
    TRY(write_meta(database, meta::pepper, kept));
    const auto left = TRY(old.seal(master.reveal(), meta_place(meta::handover, old.epoch())));
    TRY(write_meta(database, meta::handover, left));
    const auto share = TRY(public_share_of(database, old));
    if (share) TRY(entrust_key(database, next, master, *share, random));
    return {};
}

}  // namespace

Result<KeyRing> open_key_ring(Database& database, const Secret& master, StrongRandom& random) {
    const auto epoch = TRY(epoch_of(database));
    auto seal = TRY(Seal::open(master, random, epoch));
    std::optional<Secret> successor;
    const auto stored = TRY(database.first<Bytes>(queries::read_meta, meta::key_check));
    if (stored && !equal_constant_time(*stored, seal.key_check())) {
        successor = TRY(handed_over(database, master, random, epoch));
        seal = TRY(Seal::open(*successor, random, epoch));
        if (!equal_constant_time(*stored, seal.key_check())) return fail(Errc::untrusted, foreign_key);
    }
    TRY(keep_older_pepper(seal, database));
    return KeyRing{std::move(seal), std::move(successor)};
}

Result<KeyRing> open_key_ring(const std::string& path, const Secret& master, StrongRandom& random) {
    auto first = TRY(Seal::open(master, random));
    std::error_code missing;
    if (std::filesystem::file_size(path, missing) == 0 || missing) return KeyRing{std::move(first), std::nullopt};
    auto database = TRY(Database::open(path, Database::Access::read));
    const auto version = TRY(database.first<int>(queries::version));
    if (version.value_or(0) == 0) return KeyRing{std::move(first), std::nullopt};
    return open_key_ring(database, master, random);
}

Result<> rotate_key(Database& database, const Seal& old, const Secret& next, StrongRandom& random, AuditChain& chain,
                    const AuditEntry& event) {
    TRY(database.run(queries::begin));
    TRY(chain.load(database));
    auto rotated = rotate_inside(database, old, next, random);
    if (rotated) rotated = chain.append(database, event);
    if (rotated) rotated = database.run(queries::commit).map([](int) {});
    if (!rotated && database.in_transaction()) (void)database.run(queries::rollback);
    return rotated;
}

Result<> finish_rotation(Database& database) {
    TRY(database.run(queries::drop_meta, meta::handover));
    return database.empty_log();
}

Result<> entrust_key(Database& database, const Seal& seal, const Secret& master, std::string_view public_share,
                     StrongRandom& random) {
    TRY(write_meta(database, meta::share, Bytes(public_share) + seal.proof_of(public_share)));
    const auto sealed = TRY(seal_for_share(master, public_share, entrusted_purpose, random));
    return write_meta(database, meta::entrusted, sealed);
}

Result<std::optional<Bytes>> public_share_of(Database& database, const Seal& seal) {
    const auto stored = TRY(database.first<Bytes>(queries::read_meta, meta::share));
    if (!stored) return std::nullopt;
    const auto half = std::string_view(*stored).substr(0, key_size);
    if (!equal_constant_time(std::string_view(*stored).substr(half.size()), seal.proof_of(half)))
        return fail(Errc::corrupt, "the public half of the recovery share was not put there by us; make a new share");
    return Bytes(half);
}

}  // namespace stepup
