#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/answering/examiner.hpp"
#include "daemon/core/ports.hpp"
#include "daemon/core/audit_quota.hpp"
#include "daemon/core/clock_watch.hpp"
#include "daemon/core/once.hpp"
#include "daemon/core/origins.hpp"
#include "daemon/core/risk.hpp"
#include "daemon/core/token_book.hpp"
#include "daemon/core/turns.hpp"
#include "daemon/loop/workers.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// What every conversation at pam.sock needs of the rest of the daemon; all of it outlives the door.
struct DoorParts {
    const Clock& clock;
    const ProcReader& proc;
    const Records& records;
    Recorder& recorder;
    Accounts& accounts;
    const Factors& factors;
    AuditSink& journal;
    TokenBook& tokens;
    Workers& slow_work;
    std::function<std::shared_ptr<const Policy>()> policy;  ///< today's; an attempt keeps the one it began with
    std::vector<std::string> lockers;                       ///< PAM services that may run as the user
    Origins& origins;
    const AddressBook& addresses;
    Turns<std::string> slow_turns{};  ///< by account: who guesses at one keeps nobody else waiting
    AuditQuota audit_quota{};         ///< by real uid
    ClockWatch clock_watch{};
    Once told{};
    Once counted{};  ///< logins by trusted keys
};

[[nodiscard]] inline ExaminerParts examiner_parts(DoorParts& parts) {
    return {parts.clock, parts.records, parts.recorder, parts.factors, parts.slow_work, parts.slow_turns};
}

/// False for the subject that no account of this host is.
[[nodiscard]] inline bool exists(const AccountKey& account) { return account.uid != static_cast<uid_t>(-1); }

/// Shows `entry` in the journal and hands it to the audit chain.
void note(DoorParts& parts, AuditEntry entry);
/// The same within the quota of `uid`: for refusals that a program can cause as often as it likes, at no cost.
void note_within_quota(DoorParts& parts, uid_t uid, AuditEntry entry);

struct DoorLimits {
    std::size_t connections = 1024;  ///< at once, from everybody; half of them from programs that are not root's
    std::size_t per_user = 64;       ///< at once, by real uid; root's may fill the rest
    Millis first_message = Seconds(5);
    Millis attempt = Seconds(90);  ///< one connection, from its first message to the verdict
};

}  // namespace stepup
