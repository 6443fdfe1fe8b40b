#include "daemon/storage/chain.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/storage/event_queue.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

void put_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char letter : printable(text, longest_value)) {
        if (letter == '"' || letter == '\\') out += '\\';
        out += letter;
    }
    out += '"';
}

std::int64_t stored_uid(uid_t uid) { return uid == static_cast<uid_t>(-1) ? -1 : std::int64_t{uid}; }

}  // namespace

/// A JSON object; printable() has left nothing to escape but quotes and backslashes.
std::string fields_text(const AuditEntry& entry) {
    std::string out = "{";
    for (const auto& [name, value] : entry.fields) {
        if (out.size() > 1) out += ',';
        put_json_text(out, name);
        out += ':';
        put_json_text(out, value);
    }
    return out + '}';
}

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
    put_place(appended_.back());
    return {};
}

void AuditChain::put_place(AuditEntry& entry) const {
    entry.fields.emplace_back("seq", std::to_string(head_.seq));
    entry.fields.emplace_back("hash", to_hex(view(head_.hash)));
}

AuditEntry AuditChain::anchor(Instant now) const {
    AuditEntry entry{Event::chain_anchored, now, {}, "stepupd", {}};
    put_place(entry);
    return entry;
}

Result<> AuditChain::append_shown(Database& database, const AuditEntry& entry) {
    const std::string user = printable(entry.account.name);
    const std::string service = printable(entry.service);
    const std::string fields = fields_text(entry);
    const AuditRow row{
        head_.seq + 1, entry.at.wall, entry.at.boot, boot_, name_of_(entry.event), stored_uid(entry.account.uid),
        user,          service,       fields};
    const ChainHash hash = hash_of(head_.hash, row);
    TRY(database.run(queries::append_audit, row.seq, row.wall, row.boot_time, row.boot, row.event, row.uid, row.user,
                     row.service, row.fields, Blob{view(hash)}));
    head_.seq = row.seq;
    head_.hash = hash;
    const auto kind = queued_as_ == nullptr ? std::string_view() : queued_as_(entry.event);
    return kind.empty() ? Result<>() : enqueue(database, kind, row);
}

void AuditChain::return_to(const Mark& mark) {
    head_ = mark;
    appended_.resize(std::min(appended_.size(), mark.appended));
}

}  // namespace stepup
