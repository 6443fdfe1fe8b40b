#pragma once

#include <string>
#include <vector>

namespace stepup::test {

/// What the module logged. This program's own pam_syslog() stands in for libpam's.
struct LogLine {
    int priority;
    std::string text;
};
std::vector<LogLine>& captured_log();

/// The lines, joined; cleared afterwards.
std::string take_log();

}  // namespace stepup::test
