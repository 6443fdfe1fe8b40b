#include "daemon/stepup/session.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5; not in Debian 12's headers
#endif

namespace stepup {
namespace {

template <class Number> std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\n'; }

/// Cuts the next word off `text`.
std::string_view next_word(std::string_view& text) {
    const auto* const begin = std::find_if_not(text.begin(), text.end(), is_blank);
    const auto* const end = std::find_if(begin, text.end(), is_blank);
    const std::string_view word(begin, static_cast<std::size_t>(end - begin));
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    return word;
}

/// The rest of the line that begins with `label`, as in "\nUid:"; empty if there is none.
std::string_view line_of(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + label.size());
    return text.substr(0, text.find('\n'));
}

bool has_exited(int pidfd) {
    pollfd watched{pidfd, POLLIN, 0};
    return ::poll(&watched, 1, 0) != 0;  // readable, or an error: either way not to be trusted
}

Result<UniqueFd> pidfd_of_peer(int fd, pid_t pid) {
    int pidfd = -1;
    socklen_t size = sizeof pidfd;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0 && pidfd >= 0) return UniqueFd(pidfd);
    if (errno != ENOPROTOOPT) return fail(Errc::untrusted, "the peer is gone");
    UniqueFd opened(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd connection{fd, POLLRDHUP, 0};  // who hung up may have left his pid to somebody else
    const bool left = ::poll(&connection, 1, 0) != 0;
    if (!opened || left) return fail(Errc::untrusted, "the peer is gone");
    return opened;
}

}  // namespace

std::string Session::key() const {
    if (audit_session) return "audit:" + std::to_string(*audit_session);
    return scope.empty() ? std::string() : "scope:" + scope;
}

std::optional<ProcessStat> parse_stat(std::string_view text) {
    const auto name_end = text.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(name_end + 1);
    std::array<std::string_view, 20> field{};  // field[0] is "state", number 3 of proc(5)
    for (auto& word : field) word = next_word(text);
    const auto parent = number<pid_t>(field[1]);
    const auto group = number<pid_t>(field[2]);
    const auto session = number<pid_t>(field[3]);
    const auto terminal = number<std::int32_t>(field[4]);
    const auto foreground = number<pid_t>(field[5]);
    const auto start = number<std::uint64_t>(field[19]);
    if (!parent || !group || !session || !terminal || !foreground || !start) return std::nullopt;
    return ProcessStat{*parent, *group, *session, static_cast<std::uint32_t>(*terminal), *foreground, *start};
}

std::optional<std::pair<uid_t, uid_t>> parse_uids(std::string_view status) {
    auto words = line_of(status, "\nUid:");
    const auto real = number<uid_t>(next_word(words));
    const auto effective = number<uid_t>(next_word(words));
    if (!real || !effective) return std::nullopt;
    return std::pair(*real, *effective);
}

bool has_own_pid_namespace(std::string_view status) {
    auto pids = line_of(status, "\nNSpid:");  // one pid a namespace, from the reader's to the innermost
    const auto ours = next_word(pids);
    return ours.empty() || !next_word(pids).empty();
}

std::optional<std::uint32_t> parse_audit_number(std::string_view text) {
    const auto value = number<std::uint32_t>(next_word(text));
    return value == UINT32_MAX ? std::nullopt : value;
}

std::string parse_scope(std::string_view cgroup) {
    // Only logind makes /user.slice/user-UID.slice/session-N.scope; below user@UID.service a user names what he likes.
    constexpr std::string_view users = "/user.slice/user-";
    constexpr std::string_view slice = ".slice/";
    auto at = cgroup.find(users);
    if (at == std::string_view::npos) return {};
    cgroup.remove_prefix(at + users.size());
    at = cgroup.find_first_not_of("0123456789");
    if (at == 0 || at == std::string_view::npos || !cgroup.substr(at).starts_with(slice)) return {};
    cgroup.remove_prefix(at + slice.size());
    const auto name = cgroup.substr(0, cgroup.find_first_of("/\n"));
    return name.starts_with("session-") && name.ends_with(".scope") ? std::string(name) : std::string();
}

// Were it not readable, no peer's would equal it, and all would count as elsewhere.
ProcReader::ProcReader(std::string root)
    : root_(std::move(root)),
      users_of_host_(read("self", "uid_map").value_or("")) { }

Result<std::string> ProcReader::read(pid_t pid, const char* file) const { return read(std::to_string(pid), file); }

Result<std::string> ProcReader::read(const std::string& process, const char* file) const {
    const std::string path = root_ + '/' + process + '/' + file;
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail(Errc::not_found, "the process cannot be seen in /proc");
    std::array<char, 8192> text;
    const auto got = ::read(fd.get(), text.data(), text.size());
    if (got < 0) return fail(Errc::not_found, "the process is gone");
    return std::string(text.data(), static_cast<std::size_t>(got));
}

Result<ProcessStat> ProcReader::stat_of(pid_t pid) const {
    const auto stat = parse_stat(TRY(read(pid, "stat")));
    if (!stat) return fail(Errc::malformed, "/proc/PID/stat is not as proc(5) says");
    return *stat;
}

Result<ProcessRef> ProcReader::reference(pid_t pid) const {
    const auto stat = TRY(stat_of(pid));
    return ProcessRef{pid, stat.start};
}

bool ProcReader::alive(const ProcessRef& process) const {
    const auto now = reference(process.pid);
    return now && *now == process;
}

Result<Session> ProcReader::session_of(pid_t pid) const {
    const auto stat = TRY(stat_of(pid));
    const auto status = TRY(read(pid, "status"));
    const auto uids = parse_uids(status);
    if (!uids) return fail(Errc::malformed, "/proc/PID/status is not as proc(5) says");
    Session session;
    session.process = {pid, stat.start};
    session.parent = reference(stat.parent).value_or(ProcessRef{});
    std::tie(session.real_uid, session.effective_uid) = *uids;
    session.login_uid = parse_audit_number(read(pid, "loginuid").value_or(""));
    session.audit_session = parse_audit_number(read(pid, "sessionid").value_or(""));
    if (!session.audit_session) session.scope = parse_scope(read(pid, "cgroup").value_or(""));
    session.terminal = stat.terminal;
    const bool parent_leads = stat.session == stat.parent;  // a shell; seen already
    session.leader = parent_leads ? session.parent : reference(stat.session).value_or(ProcessRef{});
    session.foreground = stat.terminal != 0 && stat.group == stat.foreground_group;
    const auto users_of_peer = TRY(read(pid, "uid_map"));
    session.elsewhere = has_own_pid_namespace(status) || users_of_peer != users_of_host_;
    return session;
}

std::vector<ProcessRef> ProcReader::lineage(const ProcessRef& process) const {
    std::vector<ProcessRef> line;
    pid_t pid = process.pid;
    while (pid > 0 && line.size() < 64) {
        const auto stat = stat_of(pid);
        if (!stat) break;
        line.push_back({pid, stat->start});
        pid = stat->parent;
    }
    return line;
}

Result<Peer> identify_peer(int fd, const ProcReader& proc) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid <= 0)
        return fail(Errc::unavailable, "the kernel does not say who connected");
    const UniqueFd process = TRY(pidfd_of_peer(fd, who.pid));
    auto session = TRY(proc.session_of(who.pid));
    if (has_exited(process.get())) return fail(Errc::untrusted, "the peer is gone");
    return Peer{who.uid, std::move(session)};
}

}  // namespace stepup
