#include "cli/pam/line.hpp"

#include <algorithm>
#include <array>

#include <strings.h>

namespace stepup::pam {
namespace {

constexpr std::array names{std::pair(Phase::auth, "auth"), std::pair(Phase::account, "account"),
                           std::pair(Phase::session, "session"), std::pair(Phase::password, "password")};
constexpr std::string_view blanks = " \t";

std::optional<Phase> phase_of(std::string_view word) {
    if (word.starts_with('-')) word.remove_prefix(1);  // the module may be missing without a word in the log
    for (const auto& [phase, name] : names)
        if (word.size() == std::string_view(name).size() && ::strncasecmp(word.data(), name, word.size()) == 0)
            return phase;
    return std::nullopt;
}

std::string lower(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    return word;
}

/// The next word of `text`, which loses it; what stands in brackets is one.
std::string next_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    const bool bracketed = text.starts_with('[');
    auto end = bracketed ? text.find(']') : text.find_first_of(blanks);
    if (end == std::string_view::npos) end = text.size();
    if (bracketed && end < text.size()) ++end;
    const std::string word(text.substr(0, end));
    text.remove_prefix(end);
    return word;
}

/// Lines from `at` on as one, as far as a backslash at the end continues them; how many they were. Nothing: a comment
/// or an empty line, which do not end a line that goes on; a comment at the end of a line does, whatever is before it.
std::optional<std::pair<std::string, std::size_t>> assembled(const std::vector<std::string>& lines, std::size_t at) {
    std::string whole;
    for (std::size_t next = at; next < lines.size(); ++next) {
        auto line = lines[next];
        line.erase(line.find_last_not_of(blanks) + 1);
        const auto start = line.find_first_not_of(blanks);
        if (start == std::string::npos || line[start] == '#') {
            if (next == at) return std::nullopt;
            continue;
        }
        const auto comment = line.find('#');
        const bool more = comment == std::string::npos && line.ends_with('\\');
        if (more) line.back() = ' ';
        whole += line.substr(0, comment);
        if (!more) return std::pair(whole, next - at + 1);
    }
    return std::pair(whole, lines.size() - at);
}

/// A module's name may stand in brackets, too.
std::string unbracketed(std::string word) {
    if (word.size() < 2 || word.front() != '[' || word.back() != ']') return word;
    return word.substr(1, word.size() - 2);
}

Line read_line(std::string_view text) {
    Line line;
    const auto first = next_word(text);
    const bool takes_all = lower(first) == "@include";
    if (!takes_all) line.phase = phase_of(first);
    line.garbled = !takes_all && !line.phase;
    line.control = takes_all ? "@include" : next_word(text);
    if (!line.control.starts_with('[')) line.control = lower(line.control);
    line.module = unbracketed(next_word(text));
    line.garbled = line.garbled || line.module.empty();
    for (auto word = next_word(text); !word.empty(); word = next_word(text)) line.arguments.push_back(word);
    return line;
}

}  // namespace

std::string_view name_of(Phase phase) {
    return std::find_if(names.begin(), names.end(), [&](const auto& one) { return one.first == phase; })->second;
}

bool Line::includes() const {
    return !garbled && (control == "@include" || control == "include" || control == "substack");
}

std::string Line::bare_module() const {
    auto name = module.substr(module.rfind('/') + 1);
    return name.ends_with(".so") ? name.substr(0, name.size() - 3) : name;
}

bool Line::is_ours() const { return !garbled && !includes() && bare_module() == "pam_stepup"; }

std::vector<Line> read_lines(std::string_view text) {
    const auto lines = split(text);
    std::vector<Line> read;
    for (std::size_t at = 0; at < lines.size();) {
        const auto whole = assembled(lines, at);
        if (whole) {
            read.push_back(read_line(whole->first));
            read.back().first = at;
            read.back().count = whole->second;
        }
        at += whole ? whole->second : 1;
    }
    return read;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + '\n';
    return text;
}

}  // namespace stepup::pam
