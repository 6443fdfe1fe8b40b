#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "cli/doctor/finding.hpp"
#include "cli/doctor/sshd.hpp"
#include "cli/doctor/sshd_matches.hpp"
#include "cli/doctor/sudoers.hpp"
#include "cli/pam/posture.hpp"

// Each looks at one thing and changes nothing. What they are given, others have read.

namespace stepup::doctor {

/// What the stacks of this host's services come to.
[[nodiscard]] Findings check_services(const std::vector<pam::Posture>& services);

/// sshd's own settings, where sshd asks for a factor; `settings`: nothing if sshd does not tell them.
[[nodiscard]] Findings check_sshd(const std::optional<SshdSettings>& settings, bool after_key);

/// Where the policy says `places` that a login by a security key is a proof, whether sshd has that key check a PIN or a
/// finger; also within Match blocks, each asked by `ask`. `settings`: nothing if sshd does not tell them.
[[nodiscard]] Findings check_security_keys(const std::vector<std::string>& places,
                                           const std::optional<SshdSettings>& settings,
                                           const std::vector<SshdMatch>& matches,
                                           const std::function<std::optional<SshdSettings>(const std::string&)>& ask);
/// Those places, out of what `stepupd policy check --json` printed.
[[nodiscard]] std::vector<std::string> places_with_security_keys(const std::optional<std::string>& checked);

/// sudo's rules, where sudo asks for a factor; `facts`: nothing if they cannot be read. `is_gated`: whether a service
/// does.
[[nodiscard]] Findings check_sudo(const std::optional<SudoersFacts>& facts,
                                  const std::function<bool(const std::string&)>& is_gated);

/// What adjtimex(2) says of the clock.
struct ClockState {
    bool synchronized = false;
    double error = 0;  ///< seconds that it may be off by, as far as the kernel knows
};
[[nodiscard]] std::optional<ClockState> ask_clock();
[[nodiscard]] Findings check_clock(const std::optional<ClockState>& clock);

/// How /proc is mounted (`mounts`: /proc/self/mounts), and the groups of the user that stepupd runs as.
[[nodiscard]] Findings check_proc(std::string_view mounts, const std::vector<gid_t>& groups);

/// The disk that holds `folder`, and the room that is set aside on it.
[[nodiscard]] Findings check_disk(const std::string& folder);
/// The same, where `free` bytes are left.
[[nodiscard]] Findings check_room(const std::string& folder, std::uint64_t free);

/// One file or folder: who must own it, and what nobody else may do.
struct FileRule {
    std::string path;
    mode_t kind;  ///< S_IFDIR …
    uid_t owner;
    mode_t forbidden;  ///< permissions that it must not give
    mode_t needed;     ///< permissions that it must give
    bool may_be_missing;
    const char* fix;
};
[[nodiscard]] Findings check_files(const std::vector<FileRule>& rules);
/// Those of this host; `stepup`: the uid of the daemon.
[[nodiscard]] std::vector<FileRule> usual_files(uid_t stepup, const std::string& module);

}  // namespace stepup::doctor
