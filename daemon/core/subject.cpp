#include "daemon/core/subject.hpp"

namespace stepup {

bool is_reserved(uid_t uid) {
    return uid == static_cast<uid_t>(-1) || uid == 65534 || uid == 65535 || (uid >= 61184 && uid <= 65519);
}

SubjectChoice choose_subject(const Claim& claim) {
    if (is_reserved(claim.effective_uid) || is_reserved(claim.real_uid)) return NotYours{"a reserved uid asked"};
    if (claim.effective_uid != 0) {
        if (claim.service != ServiceKind::locker) return NotYours{"only root may ask for this service"};
        return SubjectUid{claim.effective_uid, std::string(claim.user), {}};
    }
    if (claim.user.empty()) return NotYours{"no user was named"};
    if (claim.service == ServiceKind::su)
        return SubjectUid{claim.real_uid, std::string(claim.remote_user), std::string(claim.user)};
    // sshd, login and others leave PAM_RUSER unset, or set it to a name of another host (rlogin's way): only where the
    // peer runs for somebody, as sudo does, it must be that somebody.
    const bool runs_for_somebody = claim.real_uid != 0;
    return SubjectNamed{std::string(claim.user), runs_for_somebody ? std::string(claim.remote_user) : std::string()};
}

}  // namespace stepup
