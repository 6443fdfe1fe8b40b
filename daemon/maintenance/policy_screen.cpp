#include "daemon/maintenance/policy_screen.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

namespace stepup {
namespace {

/// `line` with its first `whole` bytes as they are; what does not fit goes below, `hanging` columns in.
std::string in_lines(std::string_view line, std::size_t whole, std::size_t hanging, std::size_t width) {
    auto used = std::min(whole, line.size());
    std::string out(line.substr(0, used));
    line.remove_prefix(used);
    while (!line.empty()) {
        const auto word = line.substr(0, std::min(line.find(' ', 1), line.size()));
        const bool breaks = width > 0 && word.front() == ' ' && used + word.size() > width;
        if (breaks) out += "\n" + std::string(hanging, ' ');
        out += word.substr(breaks ? 1 : 0);
        used = breaks ? hanging + word.size() - 1 : used + word.size();
        line.remove_prefix(word.size());
    }
    return out + '\n';
}

/// How wide the terminal is; 0: there is none.
std::size_t width_of(std::FILE* there) {
    winsize size{};
    const int fd = ::fileno(there);
    const bool known = ::isatty(fd) == 1 && ::ioctl(fd, TIOCGWINSZ, &size) == 0;
    return known ? std::max<std::size_t>(size.ws_col, 40) : 0;
}

bool put(std::FILE* there, const std::string& text) { return std::fputs(text.c_str(), there) >= 0; }

}  // namespace

std::string in_lines(std::string_view text, std::size_t width) {
    std::string out;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto indent = std::min(line.find_first_not_of(' '), line.size());
        const auto column = line.find("  ", indent);  // of a table of two: what is in it goes below itself
        const auto hanging
            = column == line.npos ? indent + 2 : std::min(line.find_first_not_of(' ', column), line.size());
        out += in_lines(line, hanging, hanging, width);
    }
    return out;
}

std::string in_lines(std::string_view before, const Diagnosis& problem, std::size_t width) {
    const auto text = std::string(before) + problem.text();
    return in_lines(text, text.size() - problem.message.size() - 1, 2, width);
}

bool show(std::FILE* there, std::string_view text) { return put(there, in_lines(text, width_of(there))); }

bool show(std::FILE* there, std::string_view before, const Diagnosis& problem) {
    return put(there, in_lines(before, problem, width_of(there)));
}

bool show(const nlohmann::json& object) {
    return put(stdout, object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
}

void say_why_not(ManagementError error, const std::string& sentence, bool as_json) {
    if (as_json)
        show(nlohmann::json{{"error", row_of(error).name}, {"message", sentence}});
    else
        show(stderr, "stepup: " + sentence);
}

}  // namespace stepup
