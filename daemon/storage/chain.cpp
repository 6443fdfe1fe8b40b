#include "daemon/storage/chain.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

/// One row, in the words it is stored in.
struct AuditRow {
    std::int64_t seq;
    Millis wall;
    Millis boot_time;
    std::string_view boot;
    std::string_view event;
    std::int64_t uid;
    std::string_view user;
    std::string_view service;
    std::string_view fields;
};

void put_number(Bytes& out, std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

/// SHA-256 over the hash before, then the row: numbers as 8 bytes little-endian, texts behind their length.
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

void put_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char letter : printable(text)) {
        if (letter == '"' || letter == '\\') out += '\\';
        out += letter;
    }
    out += '"';
}

/// A JSON object; printable() has left nothing to escape but quotes and backslashes.
std::string to_json(const AuditEntry& entry) {
    std::string out = "{";
    for (const auto& [name, value] : entry.fields) {
        if (out.size() > 1) out += ',';
        put_json_text(out, name);
        out += ':';
        put_json_text(out, value);
    }
    return out + '}';
}

std::int64_t stored_uid(uid_t uid) { return uid == static_cast<uid_t>(-1) ? -1 : std::int64_t{uid}; }

std::string_view view(const ChainHash& hash) { return {hash.data(), hash.size()}; }

AuditRow read_row(Row row) {
    using Text = std::string_view;
    return {row.get<std::int64_t>(0), row.get<Millis>(1), row.get<Millis>(2), row.get<Text>(3), row.get<Text>(4),
            row.get<std::int64_t>(5), row.get<Text>(6),   row.get<Text>(7),   row.get<Text>(8)};
}

}  // namespace

Result<> AuditChain::load(Database& database) {
    head_ = {};
    bool sound = true;
    TRY(database.each(queries::last_of_chain, [&](Row row) {
        const auto hash = row.get<std::string_view>(1);
        head_.seq = row.get<std::int64_t>(0);
        sound = hash.size() == head_.hash.size();
        if (sound) std::copy(hash.begin(), hash.end(), head_.hash.begin());
        return false;
    }));
    if (!sound) return fail(Errc::corrupt, "the last row of the audit trail is damaged");
    return {};
}

Result<> AuditChain::append(Database& database, const AuditEntry& entry) {
    TRY(append_shown(database, entry));
    appended_.push_back(entry);
    appended_.back().fields.emplace_back("seq", std::to_string(head_.seq));
    appended_.back().fields.emplace_back("hash", to_hex(view(head_.hash)));
    return {};
}

Result<> AuditChain::append_shown(Database& database, const AuditEntry& entry) {
    const std::string user = printable(entry.account.name);
    const std::string service = printable(entry.service);
    const std::string fields = to_json(entry);
    const AuditRow row{
        head_.seq + 1, entry.at.wall, entry.at.boot, boot_, name_of_(entry.event), stored_uid(entry.account.uid),
        user,          service,       fields};
    const ChainHash hash = hash_of(head_.hash, row);
    TRY(database.run(queries::append_audit, row.seq, row.wall, row.boot_time, row.boot, row.event, row.uid, row.user,
                     row.service, row.fields, Blob{view(hash)}));
    head_.seq = row.seq;
    head_.hash = hash;
    return {};
}

void AuditChain::return_to(const Mark& mark) {
    head_ = mark;
    appended_.resize(std::min(appended_.size(), mark.appended));
}

Result<ChainReport> verify_chain(Database& database) {
    ChainReport report;
    TRY(database.each(queries::whole_chain, [&](Row stored) {
        const AuditRow row = read_row(stored);
        const ChainHash hash = hash_of(report.head, row);
        report.whole = row.seq == report.length + 1 && stored.get<std::string_view>(9) == view(hash);
        if (!report.whole) return false;
        report.length = row.seq;
        report.head = hash;
        return true;
    }));
    return report;
}

}  // namespace stepup
