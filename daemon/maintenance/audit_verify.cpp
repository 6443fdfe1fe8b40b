#include "daemon/maintenance/audit_verify.hpp"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/bytes.hpp"
#include "daemon/maintenance/audit_screen.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

using Json = nlohmann::ordered_json;

std::string count_of(std::int64_t count, const char* what) {
    return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
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
    if (!chain.whole) {
        object["fault"] = word(chain.fault);
        object["at"] = chain.at;
        object["other"] = chain.other;
        object["message"] = sentence(chain.fault, chain.at, chain.other);
    }
    return object.dump() + '\n';
}

/// An old copy ends before the journal does; only whoever names a journal or an anchor wants to know.
Result<> compare(const AuditQuestion& question, Trail& trail, const std::optional<Journal>& journal,
                 Verified& verified) {
    Comparison comparison(trail.database(), verified);
    if (question.anchor) TRY(comparison.with(*question.anchor, false));
    const bool is_old_copy = trail.is_copy() && question.journal.empty();
    Result<> read;
    if (journal)
        journal->each([&](const Anchor& anchor) {
            read = comparison.with(anchor, is_old_copy);
            return read.has_value();
        });
    return read;
}

}  // namespace

Result<> Comparison::with(const Anchor& anchor, bool may_end_before) {
    if (anchor.seq <= 0) return {};
    const auto record = TRY(record_at(database_, anchor.seq));
    if (!record) {
        const auto head = TRY(database_.first<std::int64_t>(queries::audit_head)).value_or(0);
        if (anchor.seq > head && !may_end_before) found(ChainFault::cut, head + 1, anchor.seq);
        return {};  // else it was removed for its age, or the chain shows the gap
    }
    ++verified_.compared;
    verified_.last_known = std::max(verified_.last_known, anchor.seq);
    if (record->hash != view(anchor.hash)) found(ChainFault::rewritten, anchor.seq, anchor.seq);
    return {};
}

/// Keeps what comes first in the trail; of two cuts, the longer.
void Comparison::found(ChainFault fault, std::int64_t at, std::int64_t other) {
    auto& chain = verified_.chain;
    const bool longer = chain.fault == fault && fault == ChainFault::cut && other > chain.other;
    if (!chain.whole && at >= chain.at && !longer) return;
    chain.whole = false;
    chain.fault = fault;
    chain.at = at;
    chain.other = other;
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
