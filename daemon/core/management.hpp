#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/enrollment_kit.hpp"
#include "daemon/core/step_up_gate.hpp"
#include "daemon/core/turns.hpp"

namespace stepup {

struct ManagementParts {
    const Clock& clock;
    const ProcReader& proc;
    const Records& records;
    Recorder& recorder;
    const Factors& factors;
    AuditSink& journal;
    PolicyInForce policy;
    Workshop workshop;
    EnrollmentKit kit;
    const Origins& origins;
};

/// An enrollment that waits for its first code.
struct Started {
    std::int64_t id = 0;
    std::string secret;  ///< base32; empty, as is the link, where the caller brought it himself
    std::string uri;     ///< "otpauth://…"
};

struct RecoveryCount {
    unsigned left = 0;
    unsigned issued = 0;
};

/// What the caller has proved, where he stands.
struct Report {
    bool enrolled = false;
    Level level = Level::required;
    bool recent = false;
    Seconds remaining{};      ///< of the window
    std::string_view factor;  ///< empty, as what follows, unless recent
    std::string_view strength;
    std::string_view scope;  ///< "terminal", "session", "user"
    bool more = false;       ///< the challenge takes another answer, of another kind of factor
};

/// What users do with their own factors, and the rules about it. Whoever calls was identified by the bus, and his
/// session by a token; nobody can name anyone else. Changes of one account are made one after the other. Answers come
/// on the loop's thread; nothing is acknowledged before it is durable.
class Management {
public:
    static constexpr std::size_t most_factors = 20;   ///< of one account, pending ones included
    static constexpr std::size_t longest_label = 64;  ///< bytes
    static constexpr unsigned most_wrong_codes = 5;   ///< before an enrollment must be started again

    explicit Management(ManagementParts parts);

    [[nodiscard]] Managed<std::vector<Enrollment>> list(const Caller& caller) const;
    [[nodiscard]] Managed<RecoveryCount> recovery_codes_left(const Caller& caller) const;
    /// What policy demands of `caller` for `service`.
    [[nodiscard]] Requirement requirement(const Caller& caller, const std::string& service, Instant now) const {
        return gate_.requirement(caller, service, now);
    }
    [[nodiscard]] Managed<Report> report(const Caller& caller, const std::string& service) const;

    void enroll(const Caller& caller, FactorKind kind, const EnrollmentWish& wish, Answer<Started> done);
    /// Begins the enrollment of the security key with which the caller opened the session he stands in.
    void enroll_login_key(const Caller& caller, const std::string& label, const Answer<Started>& done);
    /// Proves the first code, or for a key of the login that this session was opened with it; answers with the recovery
    /// codes that the first factor brings, to be shown once.
    void confirm(Caller caller, std::int64_t id, Secret code, Answer<std::vector<std::string>> done);
    void remove(const Caller& caller, std::int64_t id, Answer<> done);
    void rename(const Caller& caller, std::int64_t id, const std::string& label, Answer<> done);
    /// Makes `id` the factor that is asked for first.
    void set_primary(const Caller& caller, std::int64_t id, Answer<> done);
    /// Removes every factor of the caller's, where policy lets him be without; answers with how many there were.
    void disable(const Caller& caller, Answer<unsigned> done);
    void regenerate_recovery_codes(const Caller& caller, Answer<std::vector<std::string>> done);
    /// Ends the windows of the caller's session, or `all` of his; answers with how many.
    void lock(const Caller& caller, bool all, Answer<unsigned> done);

private:
    struct Starting;
    struct Confirming;

    /// One change of the caller's; the steps below read what it holds.
    template <class T, class Task> void in_turn(const Caller& caller, Answer<T> done, Task task);
    [[nodiscard]] Managed<std::vector<Enrollment>> enrolled(const Caller& caller, Instant now) const;
    [[nodiscard]] AuditEntry entry(Event event, const Caller& caller, Instant now) const;

    /// Fingerprint of the security key with which `caller` opened his session; "" for none.
    [[nodiscard]] std::string login_key_of(const Caller& caller) const;
    void start(const std::shared_ptr<Starting>& work);
    void store(const std::shared_ptr<Starting>& work);
    void begin_confirm(const std::shared_ptr<Confirming>& work);
    void check_code(const std::shared_ptr<Confirming>& work);
    [[nodiscard]] Judgement wrong_answer(const Confirming& work) const;
    void refuse_limited(const std::shared_ptr<Confirming>& work);
    /// Whether a code that is not the pending enrollment's is another's of the account: that is told, and counts as
    /// a failure all the same. Slow factors go by the form.
    [[nodiscard]] ManagementError why_wrong(const Confirming& work) const;
    void count_wrong_code(const std::shared_ptr<Confirming>& work, const std::optional<Await>& remember);
    void activate(const std::shared_ptr<Confirming>& work, std::uint64_t counter);
    void remove_now(const Caller& caller, std::int64_t id, const Answer<>& done);
    void rename_now(const Caller& caller, std::int64_t id, const std::string& label, const Answer<>& done);
    void set_primary_now(const Caller& caller, std::int64_t id, const Answer<>& done);
    void disable_now(const Caller& caller, const Answer<unsigned>& done);
    void replace_codes(const Caller& caller, Instant now, const Answer<std::vector<std::string>>& done);
    /// Makes recovery codes off the loop; as many as policy says, which may be none.
    void with_fresh_codes(const Caller& caller, Instant now, std::function<void(Result<FreshCodes>)> then) const;
    [[nodiscard]] Limits limits_of(const Caller& caller) const;

    ManagementParts parts_;
    StepUpGate gate_;
    Turns<uid_t> turns_;
    std::map<std::int64_t, unsigned> wrong_codes_;  // by pending enrollment
};

/// True if a factor of this kind could ever satisfy `policy`.
[[nodiscard]] bool permits_somewhere(const Policy& policy, FactorKind kind);

template <class T, class Task> void Management::in_turn(const Caller& caller, Answer<T> done, Task task) {
    const auto uid = caller.account.key.uid;
    turns_.enter(uid, [this, uid, done = std::move(done), task = std::move(task)] {
        task(Answer<T>([this, uid, done](Managed<T> answer) {
            done(std::move(answer));
            turns_.leave(uid);
        }));
    });
}

}  // namespace stepup
