#include "daemon/log.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/printable.hpp"

namespace stepup {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): set once, before there are threads
Severity least_severe = Severity::info;

}  // namespace

void log_from(Severity least) { least_severe = least; }

void log_line(Severity severity, std::string_view text) {
    if (severity > least_severe) return;
    static const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
    const std::string prefix = to_journal ? '<' + std::to_string(static_cast<int>(severity)) + '>' : "stepupd: ";
    std::fprintf(stderr, "%s%s\n", prefix.c_str(), printable(text, 2000).c_str());
}

}  // namespace stepup
