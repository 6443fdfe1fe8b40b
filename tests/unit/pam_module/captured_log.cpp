#include "captured_log.hpp"

#include <cstdarg>
#include <cstdio>
#include <utility>

#include <security/pam_appl.h>

namespace stepup::test {

std::vector<LogLine>& captured_log() {
    static std::vector<LogLine> lines;
    return lines;
}

std::string take_log() {
    std::string all;
    for (const auto& line : std::exchange(captured_log(), {})) all += line.text + "\n";
    return all;
}

}  // namespace stepup::test

extern "C" void pam_syslog(const pam_handle_t* /*pam*/, int priority, const char* format, ...) {
    char text[1024];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    stepup::test::captured_log().push_back({priority, text});
}
