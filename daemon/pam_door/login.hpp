#pragma once

#include <optional>
#include <string>

#include "daemon/core/plan.hpp"
#include "daemon/core/ssh_key.hpp"
#include "daemon/core/subject.hpp"
#include "daemon/core/windows.hpp"
#include "daemon/pam_door/conversation.hpp"
#include "policy/decide.hpp"

namespace stepup {

/// One PAM call, from Begin to Verdict.
class Login {
public:
    Login(DoorParts& parts, Connection& connection, Peer peer, const wire::Begin& begin);

    [[nodiscard]] asio::awaitable<Ending> run();

private:
    /// The one who must prove himself.
    struct Subject {
        AccountKey account;  ///< uid -1: no such user
        std::optional<std::vector<std::string>> groups;
        std::optional<std::string> target;
        bool reserved = false;  ///< the uid is one that nobody real has
    };

    /// A security key that sshd accepted, and the factor it is.
    struct ProvedKey {
        Enrollment enrollment;
        std::string fingerprint;
    };

    [[nodiscard]] static Subject subject_of(AccountKey account, std::optional<std::vector<std::string>> groups,
                                            std::optional<std::string> target);
    [[nodiscard]] asio::awaitable<Result<std::optional<Subject>>> find_subject(SubjectChoice choice);
    [[nodiscard]] asio::awaitable<Result<Subject>> find_named(SubjectNamed named);
    [[nodiscard]] asio::awaitable<Result<Subject>> find_by_uid(SubjectUid by_uid);

    [[nodiscard]] asio::awaitable<Ending> serve(Subject subject);
    [[nodiscard]] asio::awaitable<Ending> gate(Subject subject);
    [[nodiscard]] asio::awaitable<Ending> carry_out(Plan plan, Subject subject, std::vector<Enrollment> choices,
                                                    Requirement requirement, std::optional<Window> window,
                                                    unsigned days);
    /// How many days who has not enrolled still has for that, beginning with today; 0: none. His first login is noted,
    /// but for one that is only reported. Errors: those of the ports.
    [[nodiscard]] asio::awaitable<Result<unsigned>> days_to_enroll(AccountKey account, Requirement requirement);
    /// Lets in who must enroll and still may, and tells him so.
    [[nodiscard]] asio::awaitable<Ending> pass_for_now(Subject subject, unsigned days);
    /// What `plan` would have come to is noted, and nothing else happens.
    [[nodiscard]] Ending report(Plan plan, const Subject& subject);
    /// Shows `text` and waits for a line, whatever it says. Whoever cannot be shown anything passes all the same.
    [[nodiscard]] asio::awaitable<Ending> show(std::string text);
    [[nodiscard]] asio::awaitable<Ending> change_password(Subject subject);
    [[nodiscard]] asio::awaitable<Ending> converse(Subject subject, std::vector<Enrollment> choices,
                                                   Requirement requirement);
    /// Has the login with `proved_key_` judged; `is_first_of_two`: another proof is needed. What became of it.
    [[nodiscard]] asio::awaitable<Result<Judged>> judge_key(Subject subject, Requirement requirement,
                                                            bool is_first_of_two);
    /// Lets in whoever logged in with `proved_key_`, which is enough.
    [[nodiscard]] asio::awaitable<Ending> pass_by_security_key(Subject subject, Requirement requirement);
    /// Asks whoever logged in with it for the second of two.
    [[nodiscard]] asio::awaitable<Ending> ask_behind_key(Subject subject, std::vector<Enrollment> choices,
                                                         Requirement requirement);
    /// The first enrolled security key among those that sshd accepted, where policy counts it. Errors: those of
    /// Records.
    [[nodiscard]] Result<std::optional<ProvedKey>> proved_key(const Subject& subject, const Requirement& requirement,
                                                              Instant now) const;
    /// Lets in whoever came with `trusted_`.
    [[nodiscard]] asio::awaitable<Ending> pass_by_key(Subject subject);
    /// What the user is told in the end.
    [[nodiscard]] asio::awaitable<std::string> trust(KeyTrusting wish);
    [[nodiscard]] KeyTrusting trusting(const AccountKey& account, const Examined& proved, KeyTrust trust) const;
    /// Whether a key may stand for the second factor here, or be trusted to do so.
    [[nodiscard]] bool keys_count(const Subject& subject, const Requirement& requirement) const;
    [[nodiscard]] Result<std::optional<TrustedKey>> trusted_key(const Subject& subject, const Requirement& requirement,
                                                                const Signals& signals, Instant now) const;
    [[nodiscard]] asio::awaitable<Ending> open_session(Subject subject);
    [[nodiscard]] asio::awaitable<Ending> close_session(Subject subject);

    /// From where the user is, as far as the peer may say it and his session tells.
    [[nodiscard]] Whence whence(bool names_remote_host) const;
    /// Errors: those of Records.
    [[nodiscard]] Result<Facts> facts_of(const Subject& subject) const;
    /// All of them, where policy asks for any. Errors: those of Records.
    [[nodiscard]] Result<Signals> signals_of(const AccountKey& account) const;
    [[nodiscard]] Result<std::vector<Enrollment>> enrolled(const Subject& subject) const;
    [[nodiscard]] bool proved_here(const AccountKey& account, const Requirement& requirement) const;
    [[nodiscard]] Cause cause_of(const Subject& subject, const Requirement& requirement) const;
    [[nodiscard]] AuditEntry entry(Event event, const AccountKey& account) const;
    [[nodiscard]] Ending refuse_peer(const char* why);
    void note_peer(const char* why);
    /// Before a login that a clock which is wrong may spoil, the administrator can read that it was set.
    void watch_clock(Instant now);
    /// Of what a program can cause as often as it likes.
    void note_refusal(Event event, const AccountKey& account);

    DoorParts& parts_;
    Connection& connection_;
    Peer peer_;
    std::uint64_t id_;
    Phase phase_;
    std::string service_;
    ServiceKind kind_;
    std::string user_;
    std::string remote_user_;
    std::string source_;                 ///< numeric address of the client's host; "" for none
    std::optional<TrustedKey> trusted_;  ///< one of them, if it takes the place of a factor
    std::optional<ProvedKey> proved_key_;
    bool key_was_refused_ = false;  ///< as a proof: the account is locked, or the factor is gone
    std::vector<SshKey> keys_;      ///< that sshd accepted before it asked us
    Whence whence_;
    std::shared_ptr<const Policy> policy_;
    std::string rule_;   ///< that decides
    SignalSet signals_;  ///< because of which it asks
};

}  // namespace stepup
