#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/random.hpp"
#include "daemon/answering/examiner.hpp"
#include "daemon/core/flow.hpp"
#include "daemon/core/management.hpp"

namespace stepup {

struct ChallengeParts {
    asio::any_io_executor loop;
    ExaminerParts examiner;
    PolicyInForce policy;
    Management& management;
    StrongRandom& random;
};

/// A question that waits for its answer.
struct Challenge {
    std::string id;                   ///< 64 hexadecimal digits
    std::vector<Enrollment> choices;  ///< what would satisfy policy for the service, the primary first
    Seconds lasts{};
};

/// Proving a factor in two calls rather than in one conversation: begin() says what would do, answer() takes a code.
/// It is the Flow of a login, with its three tries, its limits and its audit rows. A challenge belongs to one
/// connection to the bus and to one place in a login session: where the token of both calls says that the caller
/// stands. There, and nowhere else, its window opens.
class Challenges {
public:
    static constexpr Millis lifetime = Seconds(90);  ///< as an attempt at pam.sock
    static constexpr std::size_t most = 8;           ///< open ones of one user; the oldest goes

    explicit Challenges(ChallengeParts parts) : parts_(std::move(parts)) { }

    /// Errors: invalid_argument (no name of a service), not_authorized (no token, or a setuid program's), not_enrolled,
    /// policy_forbids (none of the caller's factors will do there), unavailable.
    [[nodiscard]] Managed<Challenge> begin(const Caller& caller, const std::string& service);
    /// Judges `code` as an answer by `factor`, or by whichever fits where that is 0, and answers with what is proved
    /// for the challenge's service after that. Errors: expired_challenge (also one that is used up), not_authorized
    /// (somebody else's), no_such_factor (not in the challenge; nothing is counted), invalid_argument (no code; nothing
    /// is counted), invalid_code, wrong_factor, rate_limited, locked, unavailable.
    void answer(const Caller& caller, const std::string& id, std::int64_t factor, Secret code, Answer<Report> done);

private:
    struct Open;
    using Shared = std::shared_ptr<Open>;

    [[nodiscard]] Cause cause_of(const Account& account, const Session& place, const Requirement& requirement,
                                 Instant now) const;
    void keep(Shared open, Instant now);
    [[nodiscard]] Managed<Shared> find(const Caller& caller, const std::string& id, Instant now) const;
    /// Nothing: it could not be judged.
    [[nodiscard]] asio::awaitable<std::optional<Examined>> examine(Shared open, JudgeAgainst against, Secret code);
    [[nodiscard]] asio::awaitable<void> judge(Shared open, JudgeAgainst against, Secret code, Answer<Report> done);
    void conclude(const Open& open, const Examined& examined, const Answer<Report>& done);

    ChallengeParts parts_;
    std::map<std::string, Shared> open_;
};

}  // namespace stepup
