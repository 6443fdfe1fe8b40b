#include "pam_module/call.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <sys/syslog.h>
#include <unistd.h>

#include "pam_module/codes.hpp"
#include "pam_module/conversation.hpp"
#include "pam_module/daemon_client.hpp"
#include "pam_module/root.hpp"

namespace stepup {
namespace {

constexpr Seconds report_within{2};
constexpr const char* granted_mark = "pam_stepup:granted";
constexpr const char* daemon_user = "stepup";

std::string_view text_or_empty(const void* text) {
    return text == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(text));
}

std::string_view item(pam_handle_t* pam, int which) {
    const void* value = nullptr;
    return pam_get_item(pam, which, &value) == PAM_SUCCESS ? text_or_empty(value) : std::string_view();
}

/// PAM_USER as it was when the call began: another module may change it while we ask.
class User {
public:
    /// False if the name is longer than any real one.
    [[nodiscard]] bool copy(std::string_view name) {
        if (name.size() > name_.size()) return false;
        size_ = name.copy(name_.data(), name_.size());
        return true;
    }
    [[nodiscard]] std::string_view name() const { return {name_.data(), size_}; }

private:
    std::array<char, 256> name_{};
    std::size_t size_ = 0;
};

/// Different for every login of this process and of its neighbors; no secret.
std::uint64_t make_login_id() {
    const auto now = static_cast<std::uint64_t>(monotonic_now().time_since_epoch().count());
    return now * 0x9E3779B97F4A7C15U ^ static_cast<std::uint64_t>(getpid());
}

/// True if sshd accepted a public key before it asked us: SSH_AUTH_INFO_0 lists what came before, a line each.
bool came_with_key(pam_handle_t* pam) {
    constexpr std::string_view method = "publickey ";
    auto before = text_or_empty(pam_getenv(pam, "SSH_AUTH_INFO_0"));
    while (!before.empty()) {
        if (before.starts_with(method)) return true;
        const auto end = before.find('\n');
        before.remove_prefix(end == std::string_view::npos ? before.size() : end + 1);
    }
    return false;
}

wire::Begin begin(const Call& call, Phase phase, const User& user) {
    wire::Begin begin;
    begin.login = make_login_id();
    begin.phase = phase;
    begin.flags = static_cast<std::uint32_t>(call.flags);
    begin.service = item(call.pam, PAM_SERVICE);
    begin.user = user.name();
    begin.remote_user = item(call.pam, PAM_RUSER);
    begin.remote_host = item(call.pam, PAM_RHOST);
    begin.terminal = item(call.pam, PAM_TTY);
    begin.ssh_authenticated = text_or_empty(pam_getenv(call.pam, "SSH_AUTH_INFO_0"));
    begin.ssh_connection = text_or_empty(pam_getenv(call.pam, "SSH_CONNECTION"));
    return begin;
}

/// Root made the socket (systemd did), or the daemon made it itself.
bool is_trusted(pam_handle_t* pam, uid_t server) {
    if (server == 0) return true;
    const passwd* const daemon = pam_modutil_getpwnam(pam, daemon_user);
    return daemon != nullptr && daemon->pw_uid == server;
}

tl::unexpected<Failed> failed(Failure failure, const char* why) { return tl::make_unexpected(Failed{failure, why}); }

/// Some stacks let a login pass while the daemon is down. Whoever calls through sudo or su can fill his share of the
/// daemon's connections, use up his descriptors or stop his own process: that must never look like a daemon that is
/// down. No socket and nobody listening there are beyond his reach; and root's own programs cause nothing for anybody.
Failure unless_caused(const Error& error) {
    const bool is_down = error.code == Errc::not_found;
    return is_down || getuid() == 0 ? Failure::unreachable : Failure::interrupted;
}

template <class Terminal>
Outcome ask_daemon(const Call& call, Phase phase, const User& user, Terminal& terminal, Deadline end,
                   wire::Packet buffer) {
    auto daemon = DaemonClient::connect(call.arguments.socket, end);
    if (!daemon) return failed(unless_caused(daemon.error()), daemon.error().why);
    const auto server = daemon->server_uid();
    if (!server || !is_trusted(call.pam, *server))
        return failed(Failure::unreachable, "the socket belongs neither to root nor to the user stepup");
    auto outcome = hold_login(*daemon, terminal, begin(call, phase, user), buffer);
    if (!outcome && outcome.error().failure == Failure::unreachable && getuid() != 0)
        outcome.error().failure = Failure::interrupted;
    return outcome;
}

int conclude(const Call& call, Phase phase, Conversation& person, const wire::Verdict& verdict) {
    const int code = pam_code(verdict.decision, phase);
    const bool good_news = code == PAM_SUCCESS || code == PAM_IGNORE;
    const bool silent = good_news && (static_cast<unsigned>(call.flags) & PAM_SILENT) != 0;
    if (!verdict.text.empty() && !silent) person.tell(good_news ? PAM_TEXT_INFO : PAM_ERROR_MSG, verdict.text);
    return code;
}

int conclude(const Call& call, Phase phase, Conversation& person, const Failed& failed) {
    const auto& row = failure_rows[static_cast<std::size_t>(failed.failure)];
    pam_syslog(call.pam, LOG_ERR, "login not granted: %s", failed.why);
    if (*row.told != '\0') person.tell(PAM_ERROR_MSG, row.told);
    return row.codes.in(phase);
}

Outcome hold(const Call& call, Phase phase, Conversation& person, wire::Packet buffer) {
    if (is_roots_own(item(call.pam, PAM_SERVICE))) return wire::Verdict{.decision = Decision::not_required};
    const auto end = monotonic_now() + call.arguments.timeout;
    const char* name = nullptr;
    if (pam_get_user(call.pam, &name, nullptr) != PAM_SUCCESS)
        return failed(Failure::no_answer, "there is no PAM_USER");
    User user;
    if (!user.copy(text_or_empty(name))) return failed(Failure::refused, "PAM_USER is too long");
    if (phase == Phase::auth && call.arguments.after_key && !came_with_key(call.pam))
        return failed(Failure::refused, "after_key: sshd names no public key that came before");

    auto outcome = ask_daemon(call, phase, user, person, end, buffer);
    if (item(call.pam, PAM_USER) != user.name())
        return failed(Failure::refused, "PAM_USER changed while the login was going on");
    return outcome;
}

/// Auth and account, from first to last.
int pass_gate(const Call& call, Phase phase) {
    std::array<std::uint8_t, wire::max_packet> buffer;
    Conversation person(call.pam);
    const auto outcome = hold(call, phase, person, buffer);
    const int code = outcome ? conclude(call, phase, person, *outcome) : conclude(call, phase, person, outcome.error());
    if (call.arguments.debug)
        pam_syslog(call.pam, LOG_DEBUG, "phase %d: %s, code %d", static_cast<int>(phase),
                   outcome ? "the daemon decided" : "no verdict", code);
    return code;
}

/// The mark is this process' id: sshd forks between auth and setcred, and a copy in the child proves nothing.
// NOLINTNEXTLINE(performance-no-int-to-ptr): PAM keeps a pointer for us, and a number is all there is to keep
void* mark_of_this_process() { return reinterpret_cast<void*>(static_cast<std::intptr_t>(getpid())); }

}  // namespace

int authenticate(const Call& call) {
    const int code = pass_gate(call, Phase::auth);
    // Losing the mark only costs setcred its opinion. There is nothing to clean up.
    (void)pam_set_data(call.pam, granted_mark, code == PAM_SUCCESS ? mark_of_this_process() : nullptr, nullptr);
    return code;
}

int check_account(const Call& call) { return pass_gate(call, Phase::account); }

int set_credentials(pam_handle_t* pam) {
    const void* mark = nullptr;
    return setcred_code(pam_get_data(pam, granted_mark, &mark) == PAM_SUCCESS && mark == mark_of_this_process());
}

void report(const Call& call, Phase phase) {
    if (is_roots_own(item(call.pam, PAM_SERVICE))) return;  // a daemon that hangs must not hold up root's scripts
    std::array<std::uint8_t, wire::max_packet> buffer;
    NobodyThere nobody;
    User user;
    if (!user.copy(item(call.pam, PAM_USER))) return;
    const auto outcome = ask_daemon(call, phase, user, nobody, monotonic_now() + report_within, buffer);
    if (!outcome) pam_syslog(call.pam, LOG_WARNING, "not reported to stepupd: %s", outcome.error().why);
}

}  // namespace stepup
