#include "cli/doctor/sshd.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <vector>

#include <fnmatch.h>
#include <unistd.h>

#include "cli/doctor/program.hpp"

namespace stepup::doctor {
namespace {

constexpr const char* sshd = "/usr/sbin/sshd";
constexpr std::string_view our_head = "# Written by `stepup pam enable sshd`; `stepup pam disable sshd` removes it.\n";

void read_number(std::string_view text, std::uint32_t& into) {
    (void)std::from_chars(text.data(), text.data() + text.size(), into);
}

void read_setting(std::string_view name, std::string_view value, SshdSettings& into) {
    if (name == "usepam") into.use_pam = value == "yes";
    if (name == "kbdinteractiveauthentication") into.keyboard_interactive = value == "yes";
    if (name == "authenticationmethods") into.authentication_methods = value;
    if (name == "maxauthtries") read_number(value, into.max_auth_tries);
    if (name == "logingracetime") read_number(value, into.login_grace);
    if (name == "pubkeyauthoptions") into.verify_required = value.find("verify-required") != std::string_view::npos;
    if (name == "persourcepenalties") into.per_source_penalties = value;
}

/// A line of sshd_config as sshd takes it apart: a keyword in small letters, what is said, without quotes and comments.
std::vector<std::string> words_of(std::string line) {
    line = line.substr(0, line.find('#'));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '"' || c == '='; }, ' ');
    std::istringstream rest(line);
    std::vector<std::string> words;
    for (std::string word; rest >> word;) words.push_back(word);
    if (!words.empty())
        std::transform(words[0].begin(), words[0].end(), words[0].begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return words;
}

bool includes_drop_in(const std::vector<std::string>& words) {
    return words[0] == "include" && std::any_of(words.begin() + 1, words.end(), [](const std::string& pattern) {
               const auto whole = pattern.starts_with('/') ? pattern : "/etc/ssh/" + pattern;
               return ::fnmatch(whole.c_str(), sshd_drop_in, FNM_PATHNAME) == 0;
           });
}

/// Whether the drop-in says so too.
bool is_about_asking(const std::string& keyword, bool key) {
    return keyword == "usepam" || keyword == "kbdinteractiveauthentication"
        || keyword == "challengeresponseauthentication" || (key && keyword == "authenticationmethods");
}

}  // namespace

SshdSettings read_sshd(std::string_view printed) {
    SshdSettings settings;
    while (!printed.empty()) {
        const auto line = printed.substr(0, printed.find('\n'));
        printed.remove_prefix(std::min(line.size() + 1, printed.size()));
        if (const auto blank = line.find(' '); blank != std::string_view::npos)
            read_setting(line.substr(0, blank), line.substr(blank + 1), settings);
    }
    return settings;
}

bool has_sshd() { return ::access(sshd, X_OK) == 0; }

std::optional<SshdSettings> ask_sshd(const std::string& probe) {
    std::vector<std::string> words{sshd, "-T"};
    if (!probe.empty()) words.insert(words.end(), {"-C", probe});
    const auto printed = output_of(std::move(words));
    if (!printed) return std::nullopt;
    return read_sshd(*printed);
}

std::string sshd_drop_in_text(bool key) {
    std::string text(our_head);
    text += "# A code can be asked for by keyboard-interactive alone.\n";
    text += "UsePAM yes\nKbdInteractiveAuthentication yes\n";
    if (key) text += "AuthenticationMethods publickey,keyboard-interactive:pam\n";
    return text;
}

bool is_our_drop_in(std::string_view text) { return text.starts_with(our_head); }

std::string why_drop_in_is_not_heeded(std::string_view config, bool key) {
    std::istringstream lines{std::string(config)};
    std::size_t number = 0;
    std::string said_before;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const auto words = words_of(line);
        if (words.empty()) continue;
        if (words[0] == "match") break;
        if (includes_drop_in(words))
            return std::string(sshd_drop_in) + " does not change that: "
                + (said_before.empty()
                       ? "another file that " + std::string(sshd_config) + " includes says so first. Take it out there."
                       : said_before);
        const bool says_otherwise = words.size() > 1 && words[1] != "yes";
        if (said_before.empty() && is_about_asking(words[0], key) && says_otherwise)
            said_before = std::string(sshd_config) + ':' + std::to_string(number) + " says \""
                + line.substr(line.find_first_not_of(" \t"))
                + "\" before it, and the first word counts. Take that line out.";
    }
    return std::string(sshd_config)
        + " does not include it: write `Include /etc/ssh/sshd_config.d/*.conf` as its first line.";
}

std::optional<std::string> why_sshd_cannot_ask(const SshdSettings& settings, bool key) {
    if (!settings.use_pam) return "sshd has \"UsePAM no\": it would not call pam_stepup.so at all.";
    if (!settings.keyboard_interactive)
        return "sshd has \"KbdInteractiveAuthentication no\": every login by password would be refused, because no "
               "code "
               "could be asked for, and no login by key would be asked.";
    if (key && settings.authentication_methods.find("publickey,keyboard-interactive") == std::string::npos)
        return "sshd has \"AuthenticationMethods " + settings.authentication_methods
            + "\": a code behind a key needs \"AuthenticationMethods publickey,keyboard-interactive:pam\".";
    return std::nullopt;
}

}  // namespace stepup::doctor
