#include "cli/doctor/sshd_matches.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include <glob.h>
#include <grp.h>
#include <strings.h>

#include "cli/doctor/checks.hpp"
#include "cli/pam/file.hpp"

namespace stepup::doctor {
namespace {

constexpr std::size_t most_matches = 64;
constexpr int deepest_include = 16;  // as sshd has it

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); });
    return text;
}

/// Without what sshd does not mind: quotes, and "=" in the place of a blank.
std::string plain(std::string line) {
    std::replace(line.begin(), line.end(), '=', ' ');
    line.erase(std::remove(line.begin(), line.end(), '"'), line.end());
    return line;
}

/// The first pattern of a list that a plain value can stand for: without "!", and "*" and "?" filled in.
std::optional<std::string> value_for(const std::string& list) {
    std::istringstream patterns(list);
    for (std::string pattern; std::getline(patterns, pattern, ',');) {
        if (pattern.empty() || pattern.front() == '!') continue;
        std::string value;
        for (const char c : pattern) value += c == '*' || c == '?' ? 'x' : c;
        return value.substr(0, value.find('/'));  // of a network, its first address
    }
    return std::nullopt;
}

using Members = std::function<std::optional<std::string>(const std::string&)>;

/// What -C wants to be told; nothing if a criterion is one that it does not take.
std::optional<std::string> probe_for(std::istringstream& criteria, const Members& member_of) {
    std::map<std::string, std::string> told{
        {"user", "nobody"}, {"host", "host.invalid"}, {"addr", "192.0.2.1"}, {"laddr", "192.0.2.2"}, {"lport", "22"}};
    const std::map<std::string, std::string> names{{"user", "user"},       {"host", "host"},
                                                   {"address", "addr"},    {"localaddress", "laddr"},
                                                   {"localport", "lport"}, {"rdomain", "rdomain"}};
    for (std::string name, list; criteria >> name;) {
        if (lower(name) == "all") continue;
        if (!(criteria >> list)) return std::nullopt;
        auto value = value_for(list);
        if (lower(name) == "group") {
            value = value ? member_of(*value) : std::nullopt;
            name = "user";
        }
        const auto known = names.find(lower(name));
        if (known == names.end() || !value || value->find(',') != std::string::npos) return std::nullopt;
        told[known->second] = *value;
    }
    std::string probe;
    for (const auto& [name, value] : told) probe += (probe.empty() ? "" : ",") + name + '=' + value;
    return probe;
}

/// Somebody whose group this is: one of its list, or nobody known.
std::optional<std::string> member_of(const std::string& group) {
    const auto* entry = ::getgrnam(group.c_str());
    if (entry == nullptr || entry->gr_mem == nullptr || entry->gr_mem[0] == nullptr) return std::nullopt;
    return std::string(entry->gr_mem[0]);
}

/// `path` and what it includes, one text.
std::string with_includes(const std::string& path, int depth) {
    std::string all;
    std::istringstream lines(pam::contents(path).value_or(""));
    for (std::string line; std::getline(lines, line);) {
        all += line + '\n';
        std::istringstream words(plain(line));
        std::string word;
        if (!(words >> word) || lower(word) != "include" || depth == 0) continue;
        while (words >> word) {
            glob_t found{};
            const auto pattern = word.front() == '/' ? word : "/etc/ssh/" + word;
            if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
                for (std::size_t i = 0; i < found.gl_pathc; ++i) all += with_includes(found.gl_pathv[i], depth - 1);
            ::globfree(&found);
        }
    }
    return all;
}

}  // namespace

std::vector<SshdMatch> read_matches(std::string_view text, const Members& member_of) {
    std::vector<SshdMatch> found;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(plain(line));
        std::string word;
        if (!(words >> word) || lower(word) != "match") continue;
        if (found.size() == most_matches) {
            found.push_back({"any Match block behind the first " + std::to_string(most_matches), std::nullopt});
            break;
        }
        std::string rest;
        std::getline(words >> std::ws, rest);
        std::istringstream criteria(rest);
        SshdMatch match{"Match " + rest, probe_for(criteria, member_of)};
        const auto same = [&](const SshdMatch& other) { return other.line == match.line; };
        if (std::none_of(found.begin(), found.end(), same)) found.push_back(std::move(match));
    }
    return found;
}

std::vector<SshdMatch> find_matches() {
    return read_matches(with_includes("/etc/ssh/sshd_config", deepest_include), member_of);
}

Findings check_matches(const std::vector<SshdMatch>& matches, const SshdSettings& outside, bool after_key,
                       const std::function<std::optional<SshdSettings>(const std::string&)>& ask) {
    Findings found;
    const auto usual = check_sshd(outside, after_key);
    for (const auto& match : matches) {
        const auto settings = match.probe ? ask(*match.probe) : std::nullopt;
        if (!settings) {
            found.push_back({Light::yellow, "sshd", "What \"" + match.line + "\" changes cannot be told.",
                             "Ask: `sshd -T -C user=…,host=…,addr=…`, as somebody whom it is about."});
            continue;
        }
        for (auto& one : check_sshd(settings, after_key)) {
            const auto is_the_same = [&](const Finding& other) { return other.what == one.what; };
            if (one.light == Light::green || std::any_of(usual.begin(), usual.end(), is_the_same)) continue;
            one.what = "Within \"" + match.line + "\": " + one.what;
            one.fix = "Change it in that block.";
            found.push_back(std::move(one));
        }
    }
    return found;
}

}  // namespace stepup::doctor
