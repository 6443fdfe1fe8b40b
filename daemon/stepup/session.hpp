#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/identity.hpp"
#include "common/result.hpp"
#include "common/unique_fd.hpp"

namespace stepup {

/// Where a process stands, in the kernel's words only (design: identity of a peer).
struct Session {
    ProcessRef process;
    ProcessRef parent;
    uid_t real_uid = static_cast<uid_t>(-1);
    uid_t effective_uid = static_cast<uid_t>(-1);
    std::optional<std::uint32_t> login_uid;      ///< audit login uid; unset before pam_loginuid
    std::optional<std::uint32_t> audit_session;  ///< a machine-wide counter, never used twice in one boot
    std::string scope;                           ///< "session-4.scope"; read only without an audit session
    std::uint32_t terminal = 0;                  ///< tty_nr of the controlling terminal; 0: none
    ProcessRef leader;                           ///< of the process session that owns the terminal
    bool foreground = false;                     ///< its process group is the terminal's foreground group
    bool elsewhere = false;                      ///< in a pid or user namespace of its own: a container

    /// Names the login session: "audit:7", else "scope:session-4.scope", else "" (then lineage must do).
    [[nodiscard]] std::string key() const;
};

/// Fields of /proc/PID/stat that matter here.
struct ProcessStat {
    pid_t parent = 0;
    pid_t group = 0;
    pid_t session = 0;
    std::uint32_t terminal = 0;
    pid_t foreground_group = -1;
    std::uint64_t start = 0;
};

/// Parses /proc/PID/stat after its last `)`: the name before may hold anything (security.md V-73).
[[nodiscard]] std::optional<ProcessStat> parse_stat(std::string_view text);
/// Real and effective uid from the `Uid:` line of /proc/PID/status.
[[nodiscard]] std::optional<std::pair<uid_t, uid_t>> parse_uids(std::string_view status);
/// True if the `NSpid:` line of /proc/PID/status says anything but "in the pid namespace of who reads this".
[[nodiscard]] bool has_own_pid_namespace(std::string_view status);
/// A number file such as loginuid; 4294967295 and anything odd are "not set".
[[nodiscard]] std::optional<std::uint32_t> parse_audit_number(std::string_view text);
/// The "session-N.scope" a /proc/PID/cgroup puts its process in; "" if none.
[[nodiscard]] std::string parse_scope(std::string_view cgroup);

/// Reads /proc. The folder is a parameter so that tests can show it other kernels' files.
class ProcReader {
public:
    explicit ProcReader(std::string root = "/proc");

    /// Session of `pid`. Errors: not_found (gone, or hidden by hidepid), malformed.
    [[nodiscard]] Result<Session> session_of(pid_t pid) const;
    /// `pid` with its start time; not_found if there is none.
    [[nodiscard]] Result<ProcessRef> reference(pid_t pid) const;
    /// True while the very process that `process` names is there.
    [[nodiscard]] bool alive(const ProcessRef& process) const;
    /// `process` and its ancestors, nearest first, up to pid 1 (at most 64).
    [[nodiscard]] std::vector<ProcessRef> lineage(const ProcessRef& process) const;

private:
    [[nodiscard]] Result<std::string> read(pid_t pid, const char* file) const;
    [[nodiscard]] Result<std::string> read(const std::string& process, const char* file) const;
    [[nodiscard]] Result<ProcessStat> stat_of(pid_t pid) const;
    std::string root_;
    std::string users_of_host_;  ///< uid_map of our own user namespace
};

/// Whoever connected to one of our sockets.
struct Peer {
    uid_t uid = static_cast<uid_t>(-1);  ///< effective uid when it connected, as SO_PEERCRED says
    Session session;
};

/// Identifies the process at the other end of the accepted socket `fd`: SO_PEERPIDFD where the kernel has it, else
/// pidfd_open; reads /proc, then makes sure the process is still there, so the numbers are its own (V-74).
/// Errors: untrusted (gone or replaced meanwhile), unavailable.
[[nodiscard]] Result<Peer> identify_peer(int fd, const ProcReader& proc);

}  // namespace stepup
