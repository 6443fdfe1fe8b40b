#include "cli/trial/record.hpp"

#include <charconv>
#include <sstream>

#include <unistd.h>

#include "cli/pam/file.hpp"
#include "cli/pam/line.hpp"

namespace stepup::trial {
namespace {

constexpr std::uint64_t second = 1'000'000'000;  // ns

template <class T> std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// What proc(5) calls ppid and starttime.
struct Process {
    int parent = 0;
    std::uint64_t began = 0;  ///< ns since boot
    std::uint32_t session = 0;
};

std::optional<Process> process(const std::string& proc, int pid) {
    const auto folder = proc + '/' + std::to_string(pid);
    const auto stat = pam::contents(folder + "/stat");
    const auto session = pam::contents(folder + "/sessionid");
    if (!stat || !session || stat->rfind(')') == std::string::npos) return std::nullopt;
    std::istringstream rest(stat->substr(stat->rfind(')') + 1));
    std::vector<std::string> fields;
    for (std::string word; rest >> word;) fields.push_back(word);
    constexpr std::size_t parent_field = 1;  // of those behind the name
    constexpr std::size_t start_field = 19;
    if (fields.size() <= start_field) return std::nullopt;
    const auto parent = number<int>(fields[parent_field]);
    const auto ticks = number<std::uint64_t>(fields[start_field]);
    const auto audit = number<std::uint32_t>(std::string_view(*session).substr(0, session->find('\n')));
    if (!parent || !ticks || !audit) return std::nullopt;
    return Process{*parent, *ticks * (second / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))), *audit};
}

}  // namespace

std::string encode(const Record& record) {
    auto text = "began " + std::to_string(record.began) + "\nsession " + std::to_string(record.session) + '\n';
    for (const auto& file : record.files) text += "file " + file.path + '\t' + file.backup + '\n';
    return text;
}

std::optional<Record> decode(std::string_view text) {
    Record record;
    for (const std::string& line : pam::split(text)) {
        const auto blank = std::min(line.find(' '), line.size());
        const auto value = line.substr(std::min(blank + 1, line.size()));
        const auto tab = value.find('\t');
        if (line.starts_with("file ") && tab != std::string::npos) {
            record.files.push_back({value.substr(0, tab), value.substr(tab + 1)});
        } else if (const auto began = number<std::uint64_t>(value); began && line.starts_with("began ")) {
            record.began = *began;
        } else if (const auto session = number<std::uint32_t>(value); session && line.starts_with("session ")) {
            record.session = *session;
        } else {
            return std::nullopt;
        }
    }
    if (record.files.empty()) return std::nullopt;
    return record;
}

std::optional<Login> login_of(const std::string& proc, int pid) {
    auto at = process(proc, pid);
    if (!at) return std::nullopt;
    Login login{at->session, at->began};
    while (at->parent > 0) {
        at = process(proc, at->parent);
        if (!at || at->session != login.session) break;
        login.began = at->began;
    }
    return login;
}

bool is_fresh(const Login& login, const Record& record) {
    return login.session != UINT32_MAX && login.session != record.session && login.began > record.began;
}

}  // namespace stepup::trial
