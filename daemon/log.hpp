#pragma once

#include <string_view>

namespace stepup {

/// One line of the daemon's own log to stderr, with the priority that journald reads (sd-daemon(3)); foreign text is
/// made printable. For the audit trail see daemon/audit.
enum class Severity { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// Lines less severe than `least` are dropped.
void log_from(Severity least);
void log_line(Severity severity, std::string_view text);

}  // namespace stepup
