#include "daemon/maintenance/audit_verify.hpp"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/audit/events.hpp"
#include "daemon/maintenance/audit_screen.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

using Json = nlohmann::ordered_json;

std::string count_of(std::int64_t count, const char* what) {
    return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string in_words(const RestoreFound& restore) {
    auto text = "The store was restored from the backup of " + printable(restore.backup_of)
        + (restore.login_uid.empty() ? std::string() : " by login uid " + printable(restore.login_uid)) + ": record "
        + std::to_string(restore.record) + ", which the journal has from root.\n";
    if (restore.known_to != 0)
        text += "What was written between that backup and the restore is in the journal alone: records "
            + std::to_string(restore.record) + " to " + std::to_string(restore.known_to) + " of then.\n";
    return text;
}

std::string in_words(const Verified& verified) {
    const auto& chain = verified.chain;
    const auto head = to_text(Anchor{chain.length, chain.head}) + '\n';
    std::string text;
    if (chain.whole) {
        const auto count = chain.length - chain.first + 1;
        text = count_of(count, "record") + (chain.first == 1 ? "" : " from " + std::to_string(chain.first) + " on")
            + ", chain whole, head:\n" + head;
    } else {
        text = sentence(chain.fault, chain.at, chain.other) + '\n';
        text += "Whole up to record " + std::to_string(chain.length) + ", head there:\n" + head;
    }
    for (const auto& restore : verified.restored) text += in_words(restore);
    if (verified.compared != 0)
        text += "Compared with what was written down elsewhere: " + count_of(verified.compared, "record")
            + ", the last is " + std::to_string(verified.last_known) + ".\n";
    else if (chain.whole)
        text += "Nothing was written down elsewhere that one could compare: a cut tail would not show.\n";
    return text;
}

std::string as_json(const Verified& verified) {
    const auto& chain = verified.chain;
    Json object{{"whole", chain.whole},
                {"records", chain.length - chain.first + 1},
                {"first", chain.first},
                {"last", chain.length},
                {"head", to_hex(view(chain.head))},
                {"compared", verified.compared},
                {"last_compared", verified.last_known}};
    for (const auto& restore : verified.restored)
        object["restored"].push_back({{"record", restore.record},
                                      {"backup_of", restore.backup_of},
                                      {"login_uid", restore.login_uid},
                                      {"known_to", restore.known_to}});
    if (!chain.whole) {
        object["fault"] = word(chain.fault);
        object["at"] = chain.at;
        object["other"] = chain.other;
        object["message"] = sentence(chain.fault, chain.at, chain.other);
    }
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

/// A text of a record's fields; empty if it has none of that name.
std::string text_of(const AuditRecord& record, const char* name) {
    const auto fields = Json::parse(record.fields, nullptr, false);
    const auto found = fields.is_object() ? fields.find(name) : fields.end();
    return found != fields.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// An old copy ends before the journal does; only whoever names a journal or an anchor wants to know.
Result<> compare(const AuditQuestion& question, Trail& trail, const std::optional<Journal>& journal,
                 Verified& verified) {
    Comparison comparison(trail.database(), verified);
    if (question.anchor) TRY(comparison.with_kept(*question.anchor));
    const bool is_old_copy = trail.is_copy() && question.journal.empty();
    Result<> read;
    if (journal)
        journal->each([&](const JournalEntry& entry) {
            read = comparison.with(entry, is_old_copy);
            return read.has_value();
        });
    comparison.conclude();
    return read;
}

}  // namespace

/// What is odd about `anchor`; nothing if it stands there, or was removed for its age, or the chain shows the gap.
Result<std::optional<Comparison::Doubt>> Comparison::compare(const Anchor& anchor) {
    const auto record = TRY(record_at(database_, anchor.seq));
    if (!record) {
        const auto head = TRY(database_.first<std::int64_t>(queries::audit_head)).value_or(0);
        if (anchor.seq <= head) return std::nullopt;
        return Doubt{ChainFault::cut, head + 1, anchor.seq, place_};
    }
    if (record->hash != view(anchor.hash)) return Doubt{ChainFault::rewritten, anchor.seq, anchor.seq, place_};
    ++verified_.compared;
    verified_.last_known = std::max(verified_.last_known, anchor.seq);
    return std::nullopt;
}

Result<> Comparison::with_kept(const Anchor& anchor) {
    if (anchor.seq <= 0) return {};
    const auto doubt = TRY(compare(anchor));
    if (doubt) found(*doubt);
    return {};
}

Result<> Comparison::with(const JournalEntry& entry, bool may_end_before) {
    if (entry.anchor.seq <= 0) return {};
    ++place_;
    if (entry.of_root && entry.event == id_of(Event::store_restored)) return look_for_restore(entry.anchor);
    if (!entry.of_daemon) return {};
    const auto doubt = TRY(compare(entry.anchor));
    if (doubt && !(may_end_before && doubt->fault == ChainFault::cut)) doubts_.push_back(*doubt);
    return {};
}

/// One that root began and the trail does not tell of explains nothing; nor does one that the trail alone tells of.
Result<> Comparison::look_for_restore(const Anchor& anchor) {
    const auto record = TRY(record_at(database_, anchor.seq));
    if (!record || record->hash != view(anchor.hash) || record->event != id_of(Event::store_restored)) return {};
    verified_.restored.push_back({record->seq, text_of(*record, "made"), text_of(*record, "login_uid"), 0, place_});
    return {};
}

void Comparison::conclude() {
    for (const auto& doubt : doubts_) {
        const auto explains
            = [&](const RestoreFound& restore) { return restore.place > doubt.place && restore.record <= doubt.seq; };
        const auto restore = std::find_if(verified_.restored.begin(), verified_.restored.end(), explains);
        if (restore == verified_.restored.end())
            found(doubt);
        else
            restore->known_to = std::max(restore->known_to, doubt.seq);
    }
}

/// Keeps what comes first in the trail; of two cuts, the longer.
void Comparison::found(const Doubt& doubt) {
    auto& chain = verified_.chain;
    const bool longer = chain.fault == doubt.fault && doubt.fault == ChainFault::cut && doubt.seq > chain.other;
    if (!chain.whole && doubt.at >= chain.at && !longer) return;
    chain.whole = false;
    chain.fault = doubt.fault;
    chain.at = doubt.at;
    chain.other = doubt.seq;
}

Exit verify_trail(const AuditQuestion& question, Trail& trail, std::optional<Journal>& journal) {
    Verified verified;
    const auto chain = verify_chain(trail.database());
    if (!chain) return trail.complain(chain.error());
    verified.chain = *chain;
    if (journal) journal->only_from(trail.daemon());
    if (const auto compared = compare(question, trail, journal, verified); !compared)
        return trail.complain(compared.error());
    const auto text = question.json ? as_json(verified) : in_words(verified);
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) return Exit::unreachable;
    return verified.chain.whole ? Exit::done : Exit::refused;
}

}  // namespace stepup
