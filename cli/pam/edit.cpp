#include "cli/pam/edit.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "cli/pam/modules.hpp"
#include "cli/pam/services.hpp"
#include "cli/pam/walk.hpp"

namespace stepup::pam {
namespace {

// As in packaging/pam; a test compares.
constexpr const char* auth_line = "auth       [success=ok ignore=ignore default=die]  pam_stepup.so";
constexpr const char* account_line = "account    [success=ok ignore=ignore default=die]  pam_stepup.so";
constexpr const char* session_line = "session    optional     pam_stepup.so";
constexpr const char* permit_line = "auth       required     pam_permit.so  # for stepup";
/// Before a line that key and code do without.
constexpr std::string_view put_aside = "#stepup# ";

/// A file that is being changed.
class Draft {
public:
    Draft(const Places& places, const std::string& service, std::string_view text)
        : places_(places),
          path_(places.file_of(service)),
          before_(text),
          lines_(split(text)) { }

    [[nodiscard]] std::string text() const { return changed_ ? joined(lines_) : before_; }
    [[nodiscard]] Stack stack(Phase phase) const { return effective(places_, path_, text(), phase); }
    [[nodiscard]] bool has_ours(Phase phase) const {
        const auto now = stack(phase);
        return std::any_of(now.entries.begin(), now.entries.end(), [](const Entry& one) { return one.line.is_ours(); });
    }

    /// The line of the file itself that has, or includes, the first entry that `fits`.
    [[nodiscard]] std::optional<Line> leading_to(Phase phase, const std::function<bool(const Entry&)>& fits) const {
        const auto now = stack(phase);
        const auto found = std::find_if(now.entries.begin(), now.entries.end(), fits);
        if (found == now.entries.end()) return std::nullopt;
        return read_lines(text())[found->own_line];
    }

    void insert_before(const Line& line, const std::string& what) { insert(line.first, {what}); }
    void insert_after(const Line& line, std::vector<std::string> what) {
        insert(line.first + line.count, std::move(what));
    }
    void set_aside(const Line& line) {
        for (std::size_t at = line.first; at < line.first + line.count; ++at)
            lines_[at] = std::string(put_aside) + lines_[at];
    }

private:
    void insert(std::size_t at, std::vector<std::string> what) {
        changed_ = true;
        lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), what.begin(), what.end());
    }

    const Places& places_;
    const std::string path_;
    const std::string before_;
    std::vector<std::string> lines_;
    bool changed_ = false;
};

tl::unexpected<std::string> no_place(const std::string& service, const char* phase, const char* what) {
    return refused("Where our " + std::string(phase) + " line belongs in the stack of " + service
                   + " cannot be told: no line " + what + ". Write it by hand, as pam_stepup(8) shows.");
}

/// A jump over what we put in would miss its aim by as many lines.
Told<> leaves_jumps_alone(const Draft& draft, const std::string& service, Phase phase) {
    const auto stack = draft.stack(phase);
    const auto* jump = jump_over(stack, [](const Entry& one) { return one.line.is_ours(); });
    if (jump == nullptr) return {};
    return refused(
        service + ": " + jump->place() + " jumps over the place of our " + std::string(name_of(phase))
        + " line, and would then lead elsewhere. Write ours by hand, as pam_stepup(8) shows, and count anew.");
}

Told<> add_auth(Draft& draft, const std::string& service, First first) {
    if (draft.has_ours(Phase::auth)) return {};
    const auto password = draft.leading_to(Phase::auth, checks_password);
    if (!password) return no_place(service, "auth", "there checks a password");
    if (first == First::password) {
        draft.insert_after(*password, {auth_line});
    } else {
        draft.insert_after(*password, {std::string(auth_line) + " after_key", permit_line});
        draft.set_aside(*password);
    }
    return leaves_jumps_alone(draft, service, Phase::auth);
}

Told<> add_account(Draft& draft, const std::string& service) {
    if (draft.has_ours(Phase::account)) return {};
    // Before whatever may end the stack: an expired password does, and a line after it would never be asked.
    const auto ends = [](const Entry& entry) {
        return std::any_of(entry.control.actions.begin(), entry.control.actions.end(), [](const Action& action) {
            return action.kind == Action::Kind::done || action.kind == Action::Kind::jump;
        });
    };
    auto place = draft.leading_to(Phase::account, ends);
    if (!place) place = draft.leading_to(Phase::account, checks_password);
    if (!place) return no_place(service, "account", "there is about a password");
    draft.insert_before(*place, account_line);
    return leaves_jumps_alone(draft, service, Phase::account);
}

Told<> add_session(Draft& draft, const std::string& service) {
    if (draft.has_ours(Phase::session)) return {};
    const auto loginuid
        = draft.leading_to(Phase::session, [](const Entry& one) { return one.line.bare_module() == "pam_loginuid"; });
    if (loginuid) {
        draft.insert_after(*loginuid, {session_line});
        return leaves_jumps_alone(draft, service, Phase::session);
    }
    const auto lines = read_lines(draft.text());  // as logind's session, which is made last
    const auto last
        = std::find_if(lines.rbegin(), lines.rend(), [](const Line& line) { return line.phase == Phase::session; });
    if (last != lines.rend()) draft.insert_after(*last, {session_line});
    return leaves_jumps_alone(draft, service, Phase::session);
}

}  // namespace

Told<std::string> enabled(const Places& places, const std::string& service, std::string_view text, First first) {
    const auto need = need_of(service);
    if (need == Need::nothing)
        return refused(service + " cannot ask anybody for a factor, or is no service of its own.");
    if (first == First::key && service != "sshd") return refused("Only sshd knows keys: leave out --key.");
    Draft draft(places, service, text);
    TRY(add_auth(draft, service, first));
    if (need != Need::locker) TRY(add_account(draft, service));
    if (need == Need::login) TRY(add_session(draft, service));
    return draft.text();
}

std::string disabled(std::string_view text) {
    const auto lines = split(text);
    std::vector<bool> goes(lines.size());
    for (const auto& line : read_lines(text))
        for (std::size_t at = line.first; line.is_ours() && at < line.first + line.count; ++at) goes[at] = true;
    std::vector<std::string> left;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (goes[at] || lines[at] == permit_line) continue;
        const bool aside = lines[at].starts_with(put_aside);
        left.push_back(aside ? lines[at].substr(put_aside.size()) : lines[at]);
    }
    return left == lines ? std::string(text) : joined(left);
}

}  // namespace stepup::pam
