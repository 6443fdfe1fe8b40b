#include "cli/pam/control.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace stepup::pam {
namespace {

using Kind = Action::Kind;

constexpr std::array<std::string_view, codes> code_names{"success",
                                                         "open_err",
                                                         "symbol_err",
                                                         "service_err",
                                                         "system_err",
                                                         "buf_err",
                                                         "perm_denied",
                                                         "auth_err",
                                                         "cred_insufficient",
                                                         "authinfo_unavail",
                                                         "user_unknown",
                                                         "maxtries",
                                                         "new_authtok_reqd",
                                                         "acct_expired",
                                                         "session_err",
                                                         "cred_unavail",
                                                         "cred_expired",
                                                         "cred_err",
                                                         "no_module_data",
                                                         "conv_err",
                                                         "authtok_err",
                                                         "authtok_recover_err",
                                                         "authtok_lock_busy",
                                                         "authtok_disable_aging",
                                                         "try_again",
                                                         "ignore",
                                                         "abort",
                                                         "authtok_expired",
                                                         "module_unknown",
                                                         "bad_item",
                                                         "conv_again",
                                                         "incomplete"};

/// pam.d(5) gives the short words in these long ones.
constexpr std::array short_words{
    std::pair("required", "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]"),
    std::pair("requisite", "[success=ok new_authtok_reqd=ok ignore=ignore default=die]"),
    std::pair("sufficient", "[success=done new_authtok_reqd=done default=ignore]"),
    std::pair("optional", "[success=ok new_authtok_reqd=ok default=ignore]"),
};

std::optional<Action> read_action(std::string_view word) {
    constexpr std::array words{std::pair("ignore", Kind::ignore), std::pair("ok", Kind::ok),
                               std::pair("done", Kind::done),     std::pair("bad", Kind::bad),
                               std::pair("die", Kind::die),       std::pair("reset", Kind::reset)};
    for (const auto& [name, kind] : words)
        if (word == name) return Action{kind, 0};
    Action jump{Kind::jump, 0};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), jump.jump);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    if (jump.jump == 0) return std::nullopt;
    return jump;
}

/// Takes one "code=action" into `control`; `named` remembers which codes had one.
bool read_pair(std::string_view pair, Control& control, std::array<bool, codes>& named) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return false;
    const auto action = read_action(pair.substr(equals + 1));
    if (!action) return false;
    const auto code = pair.substr(0, equals);
    const auto* known = std::find(code_names.begin(), code_names.end(), code);
    if (code != "default" && known == code_names.end()) return false;
    for (std::size_t at = 0; at < codes; ++at) {
        const bool is_meant = code == "default" ? !named[at] : code_names[at] == code;
        if (!is_meant) continue;
        control.actions[at] = *action;
        if (code != "default") named[at] = true;
    }
    return true;
}

/// `text` without the blanks around each "=", which libpam does not mind.
std::string dense(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_blank = text[at] == ' ' || text[at] == '\t';
        const auto next = text.find_first_not_of(" \t", at);
        if (is_blank && (out.ends_with('=') || (next != std::string_view::npos && text[next] == '='))) continue;
        out += text[at];
    }
    return out;
}

}  // namespace

Control read_control(std::string_view text) {
    for (const auto& [word, meaning] : short_words)
        if (text == word) return read_control(meaning);
    Control control;
    std::array<bool, codes> named{};
    if (!text.starts_with('[') || !text.ends_with(']')) return {.actions = {}, .understood = false};
    const auto pairs = dense(text.substr(1, text.size() - 2));
    text = pairs;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        if (text.empty()) return control;
        const auto end = std::min(text.find_first_of(" \t"), text.size());
        if (!read_pair(text.substr(0, end), control, named)) return {.actions = {}, .understood = false};
        text.remove_prefix(end);
    }
}

}  // namespace stepup::pam
