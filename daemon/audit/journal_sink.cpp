#include "daemon/audit/journal_sink.hpp"

#include <filesystem>

#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "daemon/audit/record.hpp"

namespace stepup {
namespace {

bool send_to_journal(const AuditEntry& entry) {
    auto fields = to_journal(entry);
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (auto& field : fields) parts.push_back({field.data(), field.size()});
    return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace

JournalSink::JournalSink(const std::string& journal_socket) {
    std::error_code ignored;
    journal_ = std::filesystem::is_socket(journal_socket, ignored);
}

void JournalSink::show(const AuditEntry& entry) {
    if (journal_ && send_to_journal(entry)) return;
    const auto line = to_line(entry) + '\n';  // in one write, so that lines of two threads do not mix
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace stepup
