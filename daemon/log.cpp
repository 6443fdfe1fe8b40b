#include "daemon/log.hpp"

#include <atomic>
#include <cstdlib>
#include <string>

#include "common/printable.hpp"
#include "daemon/audit/outlet.hpp"

namespace stepup {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): set once, before there are threads
Severity least_severe = Severity::info;

}  // namespace

void log_from(Severity least) { least_severe = least; }

/// A log that hangs costs lines, never time: a login may be waiting for this thread.
void log_line(Severity severity, std::string_view text) {
    if (severity > least_severe) return;
    static const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
    static std::atomic<unsigned> lost = 0;
    const std::string prefix = to_journal ? '<' + std::to_string(static_cast<int>(severity)) + '>' : "stepupd: ";
    std::string lines = prefix + printable(text, 2000) + '\n';
    const unsigned before = lost.exchange(0);
    if (before != 0) lines = prefix + "the log hung; lines lost: " + std::to_string(before) + '\n' + lines;
    if (StderrOutlet().send(lines) == Outlet::Sent::not_now) lost += before + 1;
}

}  // namespace stepup
