#include "daemon/storage/audit_rows.hpp"

#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "common/bytes.hpp"
#include "daemon/storage/crypto.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

constexpr std::size_t rows_at_a_time = 256;

AuditRecord read_record(Row row) {
    return {row.get<std::int64_t>(0), row.get<Millis>(1),       row.get<Millis>(2),      row.get<std::string>(3),
            row.get<std::string>(4),  row.get<std::int64_t>(5), row.get<std::string>(6), row.get<std::string>(7),
            row.get<std::string>(8),  row.get<std::string>(9)};
}

Result<> each_slice(Database& database, std::string_view query, std::int64_t from,
                    const std::function<bool(const AuditRecord&)>& visit) {
    for (;;) {
        std::vector<AuditRecord> slice;
        TRY(database.each(
            query, [&](Row row) { return slice.push_back(read_record(row)), true; }, from, rows_at_a_time));
        for (const auto& record : slice)
            if (!visit(record)) return {};
        if (slice.size() < rows_at_a_time) return {};
        from = slice.back().seq;
    }
}

}  // namespace

ChainHash hash_of(const ChainHash& previous, const AuditRow& row) {
    Bytes out(previous.begin(), previous.end());
    for (const auto number : {row.seq, std::int64_t{row.wall.count()}, std::int64_t{row.boot_time.count()}, row.uid})
        put_number(out, static_cast<std::uint64_t>(number));
    for (const auto text : {row.boot, row.event, row.user, row.service, row.fields}) {
        put_number(out, text.size());
        out += text;
    }
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                        &EVP_MD_free);
    ChainHash hash{};
    EVP_Digest(out.data(), out.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr, sha256.get(), nullptr);
    return hash;
}

Result<> each_record(Database& database, std::int64_t after, const std::function<bool(const AuditRecord&)>& visit) {
    return each_slice(database, queries::audit_after, after, visit);
}

Result<> each_record_backwards(Database& database, std::int64_t before,
                               const std::function<bool(const AuditRecord&)>& visit) {
    return each_slice(database, queries::audit_before, before, visit);
}

Result<std::optional<AuditRecord>> record_at(Database& database, std::int64_t seq) {
    std::optional<AuditRecord> found;
    TRY(database.each(
        queries::audit_at, [&](Row row) { return found = read_record(row), false; }, seq));
    return found;
}

}  // namespace stepup
