#pragma once

#include <string>

#include "daemon/core/ports.hpp"
#include "daemon/core/audit_quota.hpp"
#include "daemon/core/clock_watch.hpp"
#include "daemon/storage/chain.hpp"
#include "daemon/storage/database.hpp"
#include "daemon/storage/seal.hpp"

// What each request does inside its savepoint. An Error undoes all of it. Judging: judging.cpp; windows:
// window_rows.cpp; enrollments: enrolling.cpp; trusted keys: trusted_keys.cpp.

namespace stepup {

/// What requests work on.
struct Books {
    Database& database;
    const Seal& seal;
    AuditChain& chain;
    const std::string& boot;
    AuditQuota& locked_rows;  ///< by account: answers to a locked account cost nothing to give
    ClockGuard& clock;
};

/// Events up to this one were carried where they belong.
struct Acknowledged {
    std::int64_t until;
};

struct Latch {
    std::int64_t verification;
    Session place;
};

[[nodiscard]] Result<Judged> apply(const Books& books, const Judgement& judgement);

[[nodiscard]] Result<unsigned> apply(const Books& books, const Unlock& unlock);

[[nodiscard]] Result<bool> apply(const Books& books, const Attachment& attachment);
[[nodiscard]] Result<bool> apply(const Books& books, const Latch& latch);
[[nodiscard]] Result<unsigned> apply(const Books& books, const WindowsEnd& end);
[[nodiscard]] Result<unsigned> apply(const Books& books, const WindowsGone& gone);

[[nodiscard]] Result<std::int64_t> apply(const Books& books, const NewEnrollment& enrollment);
[[nodiscard]] Result<> apply(const Books& books, const Confirmation& confirmation);
[[nodiscard]] Result<> apply(const Books& books, const Removal& removal);
[[nodiscard]] Result<> apply(const Books& books, const Renaming& renaming);
[[nodiscard]] Result<> apply(const Books& books, const PrimaryChoice& choice);
[[nodiscard]] Result<unsigned> apply(const Books& books, const Disabling& disabling);
[[nodiscard]] Result<> apply(const Books& books, const NewRecoveryCodes& renewal);
[[nodiscard]] Result<unsigned> apply(const Books& books, const Reset& reset);
[[nodiscard]] Result<> apply(const Books& books, const HandOut& out);
[[nodiscard]] Result<> apply(const Books& books, const BroughtIn& brought);
[[nodiscard]] Result<> apply(const Books& books, const Acknowledged& until);

/// Errors: not_found (the factor that was proved for it is gone).
[[nodiscard]] Result<> apply(const Books& books, const KeyTrusting& trusting);
[[nodiscard]] Result<bool> apply(const Books& books, const KeyUse& use);
[[nodiscard]] Result<unsigned> apply(const Books& books, const KeysForgetting& forgetting);
/// Forgets the keys that the account of `because_of` trusts.
[[nodiscard]] Result<> forget_trust(const Books& books, const AuditEntry& because_of, std::string_view why);
[[nodiscard]] Result<Millis> apply(const Books& books, const FirstSight& sight);
[[nodiscard]] Result<> apply(const Books& books, const PasswordChange& change);

/// Of each kind of sighting an account keeps so many, those seen last.
constexpr unsigned most_seen = 100;
/// What was not seen again for so long is new.
constexpr Millis seen_kept = std::chrono::hours(180 * 24);
/// `account` has just verified something: `sightings` are nothing new from now on, nor is a changed password.
[[nodiscard]] Result<> remember(const Books& books, const AccountKey& account, const std::vector<Sighting>& sightings,
                                Instant now);
/// Whoever had what is gone now may have been seen, too: everything is new again.
[[nodiscard]] Result<> forget_seen(const Books& books, const AccountKey& account);

/// Ends every window of `account`, also those no session was given yet. How many there were.
[[nodiscard]] Result<unsigned> end_all_windows(const Books& books, const AccountKey& account);

/// How long a verification may be of use: no window is longer than a day (policy).
constexpr Millis verification_kept = std::chrono::hours(24);

}  // namespace stepup
