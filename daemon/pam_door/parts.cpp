#include "daemon/pam_door/parts.hpp"

namespace stepup {

void note(DoorParts& parts, AuditEntry entry) {
    parts.journal.show(entry);
    parts.recorder.note(std::move(entry));
}

void note_within_quota(DoorParts& parts, uid_t uid, AuditEntry entry) {
    // Root's programs speak for everybody: one noisy visitor of sshd must not silence what happens to the others.
    if (uid == 0) return note(parts, std::move(entry));
    const auto left_out = parts.audit_quota.take(std::to_string(uid), entry.at);
    if (!left_out) return;
    if (*left_out > 0) entry.fields.emplace_back("left_out", std::to_string(*left_out));
    note(parts, std::move(entry));
}

}  // namespace stepup
