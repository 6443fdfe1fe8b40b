#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/account_summary.hpp"
#include "daemon/core/enrollment.hpp"
#include "daemon/core/event.hpp"
#include "daemon/core/factor.hpp"
#include "daemon/core/habits.hpp"
#include "daemon/core/judgement.hpp"
#include "daemon/core/trusted_key.hpp"
#include "daemon/stepup/ledger.hpp"

// What core and the doors need from outside. Reads answer at once, on the loop's thread. Writes answer through `Done`,
// on the loop's thread, after COMMIT: an Error means nothing of it was stored.

namespace stepup {

template <class T = void> using Done = std::function<void(Result<T>)>;

/// A user account as this host's name service knows it.
struct Account {
    AccountKey key;
    std::optional<std::vector<std::string>> groups;  ///< nothing: they could not be resolved
};

class Accounts {
public:
    virtual ~Accounts() = default;
    /// Finds the account that `name` means. Errors: not_found (no such user), unavailable (could not be told in time).
    virtual void find(const std::string& name, Done<Account> done) = 0;
    virtual void find(uid_t uid, Done<Account> done) = 0;
};

/// Something that people or programs are to be told, as long as it waits for whoever tells them.
struct QueuedEvent {
    std::int64_t id = 0;  ///< one more for each: a gap shows that some were forgotten
    Millis at{};          ///< wall clock
    std::string kind;     ///< "factor-removed": the name in the catalogue of events
    AccountKey account;   ///< uid -1 where there is none
    std::string payload;  ///< JSON: an object of texts
};

/// How many failures an account may have.
using LimitsOf = std::function<Limits(const AccountKey&)>;

/// The reading side of the store.
class Records {
public:
    virtual ~Records() = default;
    /// Enrollments of `account`, primary first, then oldest first; recovery sets last. Pending ones that ran out are
    /// left out.
    [[nodiscard]] virtual Result<std::vector<Enrollment>> enrollments(const AccountKey& account, Instant now) const = 0;
    /// What `answer` is to be compared with; for a recovery code the hash that its public part names (row 0 and a decoy
    /// if there is none). Errors: corrupt, not_found.
    [[nodiscard]] virtual Result<Material> material(const Enrollment& enrollment, const Secret& answer) const = 0;
    /// A material of this kind that no answer matches, so that nobody is told apart by time.
    [[nodiscard]] virtual Result<Material> decoy(FactorKind kind) const = 0;
    /// Verifications of `account` in this boot that were not ended, newest first.
    [[nodiscard]] virtual Result<std::vector<Verification>> verifications(const AccountKey& account, Instant now) const
        = 0;
    /// Keys that `account` trusts and that have not expired, oldest first.
    [[nodiscard]] virtual Result<std::vector<TrustedKey>> trusted_keys(const AccountKey& account, Instant now) const
        = 0;
    /// Accounts that have proved something in this boot, or trust a key.
    [[nodiscard]] virtual Result<std::vector<AccountKey>> verified_accounts() const = 0;
    /// What is known of `account`; of one that has nothing, that it has nothing.
    [[nodiscard]] virtual Result<AccountSummary> summary(const AccountKey& account, const Limits& limits,
                                                         Instant now) const
        = 0;
    /// Accounts with anything active, at most `most`, ordered by uid and name, from behind `after` on.
    [[nodiscard]] virtual Result<std::vector<AccountSummary>> summaries(const AccountKey& after, std::size_t most,
                                                                        const LimitsOf& limits, Instant now) const
        = 0;
    /// At most `most` of what waits to be told, oldest first, from behind the event `after` on.
    [[nodiscard]] virtual Result<std::vector<QueuedEvent>> queued(std::int64_t after, std::size_t most) const = 0;
    /// What is remembered of `account`; of `asked`, what was seen.
    [[nodiscard]] virtual Result<Habits> habits(const AccountKey& account, const std::vector<Sighting>& asked) const
        = 0;
    /// Failures from `source`, a Judgement::source_limit, that are not forgiven yet.
    [[nodiscard]] virtual Result<unsigned> failures_of_source(const std::string& source, Instant now) const = 0;
    /// Key under which failures of a user name that does not exist are counted: one of 65,536 buckets, so that made-up
    /// names cannot fill the disk.
    [[nodiscard]] virtual std::string unknown_user_key(std::string_view name) const = 0;
};

struct NewEnrollment {
    AccountKey account;
    FactorKind kind = FactorKind::totp;
    std::string label;
    OathParameters oath;
    Secret seed;
    AuditEntry audit;
    std::uint64_t counter = 0;  ///< as Material has it
};

/// One recovery code as it is kept: `index` in clear, the whole code as a bcrypt hash.
struct HashedCode {
    std::string index;
    std::string hash;
};

/// Turns a pending enrollment active by its first right code; the first factor brings recovery codes with it.
struct Confirmation {
    AccountKey account;
    std::int64_t enrollment = 0;
    std::uint64_t counter = 0;               ///< spent by confirming
    std::vector<HashedCode> recovery_codes;  ///< empty: the account has some already
    Instant now;
    AuditEntry audit;
    Limits limits;
};

/// Factors from elsewhere for an account that has none. They are active at once.
struct BroughtIn {
    AccountKey account;
    std::vector<NewEnrollment> factors;
    Instant now;
};

struct Removal {
    AccountKey account;
    std::int64_t enrollment = 0;
    AuditEntry audit;
};

/// Gives an active factor another label.
struct Renaming {
    AccountKey account;
    std::int64_t enrollment = 0;
    std::string label;
    AuditEntry audit;
};

/// Makes an active factor the one that is asked for first.
struct PrimaryChoice {
    AccountKey account;
    std::int64_t enrollment = 0;
    AuditEntry audit;
};

/// Removes whatever the account has: factors, started enrollments, recovery codes.
struct Disabling {
    AccountKey account;
    AuditEntry audit;
};

struct NewRecoveryCodes {
    AccountKey account;
    std::vector<HashedCode> codes;
    Instant now;
    AuditEntry audit;
};

/// Removes whatever is enrolled for an account, and its windows.
struct Reset {
    AccountKey account;
    AuditEntry audit;  ///< gets `factors` and `windows`: how many there were
};

/// A single code for an account, from an administrator. It voids one of the same kind.
struct HandOut {
    AccountKey account;
    FactorKind kind = FactorKind::bypass_code;  ///< or an invite
    HashedCode code;
    Instant now;
    Millis expires{};  ///< wall clock
    AuditEntry audit;
};

/// Forgets the failures of an account or a source.
struct Unlock {
    std::string whose;  ///< as Judgement::account_limit or source_limit
    AuditEntry audit;   ///< gets `failures`: how many there were
};

/// The account's password is another one.
struct PasswordChange {
    AccountKey account;
    AuditEntry audit;
};

/// Gives a login's verification to the session that the login opens.
struct Attachment {
    AccountKey account;
    Session opener;  ///< the process that opens the session
    Instant now;
    AuditEntry audit;
};

/// Ends windows: all of the account, or those of one session or terminal.
struct WindowsEnd {
    AccountKey account;
    std::optional<Session> only_in;  ///< session key, or its terminal and leader
    AuditEntry audit;
};

/// Ends windows of whomever they are: those of login sessions, or all there are.
struct WindowsGone {
    std::optional<std::vector<std::string>> sessions;  ///< Session::key()s; nothing: all
    AuditEntry audit;                                  ///< one for each account; gets its `windows`
};

/// The writing side. Whatever waits when the writer is free is committed together.
class Recorder {
public:
    virtual ~Recorder() = default;
    virtual void judge(Judgement judgement, Done<Judged> done) = 0;
    /// True if there was a verification to attach.
    virtual void attach(Attachment attachment, Done<bool> done) = 0;
    /// Latches the terminal of `place`; false if another was latched before.
    virtual void latch(std::int64_t verification, Session place, Done<bool> done) = 0;
    /// How many windows ended.
    virtual void end_windows(WindowsEnd end, Done<unsigned> done) = 0;
    /// How many windows ended.
    virtual void end_sessions(WindowsGone gone, Done<unsigned> done) = 0;
    /// Errors: conflict (that label is taken).
    virtual void start_enrollment(NewEnrollment enrollment, Done<std::int64_t> done) = 0;
    /// Errors: not_found (none, or run out), conflict (confirmed before), limited (the account is delayed or locked).
    virtual void confirm(Confirmation confirmation, Done<> done) = 0;
    /// Removes a factor; the last one takes the recovery codes with it. Ends every window of the account.
    /// Errors: not_found.
    virtual void remove(Removal removal, Done<> done) = 0;
    /// Errors: not_found (no such active factor), conflict (that label is taken).
    virtual void rename(Renaming renaming, Done<> done) = 0;
    /// Errors: not_found (no such active factor).
    virtual void set_primary(PrimaryChoice choice, Done<> done) = 0;
    /// Ends every window of the account; answers with how many active factors there were. Errors: not_found (none).
    virtual void disable(Disabling disabling, Done<unsigned> done) = 0;
    /// Voids the old set and stores the new one.
    virtual void replace_recovery_codes(NewRecoveryCodes codes, Done<> done) = 0;
    /// How many factors there were.
    virtual void reset(Reset reset, Done<unsigned> done) = 0;
    /// Errors: conflict (an invite for somebody who has a factor).
    virtual void hand_out(HandOut out, Done<> done) = 0;
    /// All of them or none. Errors: conflict (the account has a factor, or a label is taken).
    virtual void bring_in(BroughtIn brought, Done<> done) = 0;
    /// Forgets the queued events up to `until`.
    virtual void acknowledge(std::int64_t until, Done<> done) = 0;
    /// Errors: not_found (the factor that was proved for it is gone).
    virtual void trust_key(KeyTrusting trusting, Done<> done) = 0;
    /// False if the key is not trusted any more.
    virtual void use_key(KeyUse use, Done<bool> done) = 0;
    /// How many keys were forgotten.
    virtual void forget_keys(KeysForgetting forgetting, Done<unsigned> done) = 0;
    /// How many failures there were.
    virtual void unlock(Unlock unlock, Done<unsigned> done) = 0;
    /// When the account's first login was under a rule that may refuse it, by the wall clock: this one, if none is
    /// noted, or one that is yet to come.
    virtual void first_sight(FirstSight sight, Done<Millis> done) = 0;
    virtual void password_changed(PasswordChange change, Done<> done) = 0;
    /// Reaches the audit chain with the next commit; nobody waits for it.
    virtual void note(AuditEntry entry) = 0;
};

/// Where audit entries are shown as they happen (the journal); the chain itself is the store's.
class AuditSink {
public:
    virtual ~AuditSink() = default;
    virtual void show(const AuditEntry& entry) = 0;
};

}  // namespace stepup
