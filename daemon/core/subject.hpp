#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <sys/types.h>

#include "daemon/core/service.hpp"

namespace stepup {

/// What a peer says and what the kernel says of it, as far as the subject depends on it.
struct Claim {
    ServiceKind service = ServiceKind::other;
    std::string_view user;                         ///< PAM_USER
    std::string_view remote_user;                  ///< PAM_RUSER
    uid_t effective_uid = static_cast<uid_t>(-1);  ///< the kernel's word
    uid_t real_uid = static_cast<uid_t>(-1);       ///< the kernel's word
};

/// The one who must prove himself, to be looked up.
struct SubjectNamed {
    std::string name;
    std::string must_be_real_uid_of;  ///< PAM_RUSER, if it was said: it must mean the peer's real uid
};
struct SubjectUid {
    uid_t uid = 0;
    std::string must_be_named;  ///< PAM_RUSER or PAM_USER, if the account must carry this name
    std::string target;         ///< su: whom the subject becomes
};
/// The peer may not say this.
struct NotYours {
    const char* why;
};
using SubjectChoice = std::variant<SubjectNamed, SubjectUid, NotYours>;

/// Who must prove himself (design: who must prove what). uid 0 may name anybody, others only themselves, and only for
/// lockers.
[[nodiscard]] SubjectChoice choose_subject(const Claim& claim);

/// Uids nobody real has: systemd's dynamic range, the overflow uid, "no uid".
[[nodiscard]] bool is_reserved(uid_t uid);

}  // namespace stepup
