#include "daemon/maintenance/journal.hpp"

#include <systemd/sd-journal.h>

namespace stepup {

void Journal::Close::operator()(sd_journal* journal) const noexcept { ::sd_journal_close(journal); }

Result<Journal> Journal::open(const std::string& folder) {
    sd_journal* raw = nullptr;
    const int opened = folder.empty() ? ::sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY)
                                      : ::sd_journal_open_directory(&raw, folder.c_str(), 0);
    if (opened < 0) return fail(Errc::unavailable, "the journal cannot be read");
    Journal journal;
    journal.handle_.reset(raw);
    return journal;
}

void Journal::only_from(uid_t daemon) {
    daemon_ = daemon;
    ::sd_journal_flush_matches(handle_.get());
    for (const uid_t from : {daemon, uid_t{0}}) {
        const auto match = "_UID=" + std::to_string(from);
        ::sd_journal_add_match(handle_.get(), match.data(), match.size());
    }
}

void Journal::each(const std::function<bool(const JournalEntry&)>& visit) const {
    if (::sd_journal_seek_head(handle_.get()) < 0) return;
    while (::sd_journal_next(handle_.get()) > 0) {
        const auto entry = current();
        if (entry && !visit(*entry)) return;
    }
}

std::optional<JournalEntry> Journal::current() const {
    const auto hash = field("STEPUP_HASH");
    const auto anchor = hash.empty() ? std::nullopt : anchor_in(hash + ':' + field("STEPUP_SEQ"));
    if (!anchor) return std::nullopt;
    const auto uid = field("_UID");
    return JournalEntry{*anchor, field("STEPUP_EVENT"), uid == std::to_string(daemon_), uid == "0"};
}

std::string Journal::field(const char* name) const {
    const void* data = nullptr;
    std::size_t size = 0;
    if (::sd_journal_get_data(handle_.get(), name, &data, &size) < 0) return {};
    const std::string_view pair(static_cast<const char*>(data), size);
    return std::string(pair.substr(pair.find('=') + 1));
}

}  // namespace stepup
