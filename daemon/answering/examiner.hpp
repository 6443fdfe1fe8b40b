#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/ports.hpp"
#include "daemon/core/turns.hpp"
#include "daemon/loop/workers.hpp"

namespace stepup {

/// In whose name answers are judged, and what the judgements carry.
struct Cause {
    AccountKey account;  ///< uid -1: there is no such user, and whatever is answered is wrong
    std::string account_limit;
    std::optional<std::string> source_limit;
    Limits limits;
    Verification opens;                       ///< the verification a right answer makes, but for factor and time
    uid_t peer_uid = static_cast<uid_t>(-1);  ///< real uid of the program that asks
    bool may_lock_for_good = true;            ///< Judgement::may_lock_for_good
    bool from_afar = false;                   ///< somebody on another host sees the replies, and how long they take
    std::vector<Sighting> sightings{};        ///< Judgement::sightings
    FactorSet proved_before{};                ///< Judgement::proved_before; what is accepted comes to it
    AuditEntry audit;                         ///< service, account, source, for each row
};

/// What it takes to compare an answer and have it judged; all of it outlives whoever does.
struct ExaminerParts {
    const Clock& clock;
    const Records& records;
    Recorder& recorder;
    const Factors& factors;
    Workers& slow_work;
    Turns<std::string>& slow_turns;  ///< by account: who guesses at one keeps nobody else waiting
};

/// What came of one answer.
struct Examined {
    Judged judged;
    std::int64_t enrollment = 0;  ///< that was proved; 0 for none
    FactorKind factor = FactorKind::totp;
    Strength strength = Strength::none;
    bool belongs_elsewhere = false;  ///< refused; but it is a code, or has the form, of another factor of the account
};

/// Takes an answer from "typed" to "judged, durably": compares it with the enrollments in question, makes one Judgement
/// of what it finds, and submits that.
class Examiner {
public:
    Examiner(const ExaminerParts& parts, Cause cause) : parts_(parts), cause_(std::move(cause)) { }

    /// How long an answer may wait that came too soon after a failure; asked when one did.
    using Patience = std::function<Millis()>;

    /// Judges `answer` against `in_question`, as one attempt. If it fits none of them, `elsewhere` tells whether its
    /// owner mistook one factor for another; that counts as a failure all the same. Errors: those of the ports; then
    /// nothing was counted.
    [[nodiscard]] asio::awaitable<Result<Examined>>
    judge(std::vector<Enrollment> in_question, std::vector<Enrollment> elsewhere, Secret answer, Patience patience);

    /// Whether what is judged next is the first of two proofs.
    void expect_another(bool another) { expects_another_ = another; }

    [[nodiscard]] const Cause& cause() const { return cause_; }

private:
    /// Compares `answer` with the enrollments in turn. Nothing: it fits none.
    [[nodiscard]] asio::awaitable<Result<std::optional<Proof>>> compare(std::vector<Enrollment> in_question,
                                                                        Secret answer, Instant now);
    /// True if the answer would do, or has the form, for one of `others`; slow factors go by the form.
    [[nodiscard]] bool fits_one_of(const std::vector<Enrollment>& others, const Secret& answer, Instant now,
                                   bool has_wrong_form) const;
    /// Who has no recovery codes left must not be told by an answer that comes sooner than other people's.
    [[nodiscard]] asio::awaitable<void> hash_in_vain(Secret answer, Instant now);
    /// A code of a set whose public part names none is refused at once, unless it is to be compared `in_vain`.
    [[nodiscard]] asio::awaitable<Result<Check>> verify(Enrollment enrollment, Secret answer, Instant now,
                                                        bool in_vain = false);
    [[nodiscard]] Judgement judgement(std::optional<Proof> proof, Instant now, bool belongs_elsewhere) const;
    /// Submits until it was judged: an answer that came too soon after a failure waits its turn.
    [[nodiscard]] asio::awaitable<Result<Judged>> submit(Judgement judgement, Patience patience);

    ExaminerParts parts_;
    Cause cause_;
    bool expects_another_ = false;
    bool replayed_ = false;      ///< the answer in hand was right once
    bool hashed_ = false;        ///< and was compared with a hash, which takes its time
    std::vector<Await> awaits_;  ///< what it leaves behind if it is wrong
};

}  // namespace stepup
