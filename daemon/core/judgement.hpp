#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "daemon/core/enrollment.hpp"
#include "daemon/core/event.hpp"
#include "daemon/core/factor.hpp"
#include "daemon/core/habits.hpp"
#include "daemon/stepup/ledger.hpp"
#include "policy/limits.hpp"

namespace stepup {

/// A right answer: what it uses up, and the verification it makes if that succeeds.
struct Proof {
    std::int64_t enrollment = 0;
    Spend spend;
    Verification opens;  ///< Binding::none where no window opens
};

/// One answer, compared and ready to count. The writer applies it whole, in one savepoint, or not at all: it admits it
/// against the limits again, spends, opens, clears or counts failures, and writes the audit row.
struct Judgement {
    std::string account_limit;                ///< "uid:1000", or "name:…" for a user who does not exist
    std::optional<std::string> source_limit;  ///< "source:192.0.2.7"
    Limits limits;
    Instant now;
    std::optional<Proof> proof;  ///< nothing: the answer was wrong
    AuditEntry audit;            ///< its event is set by the outcome
    /// False where a program of the account's own can guess without a password first: then failures lock for a while,
    /// but never reach the ceiling that only an admin clears.
    bool may_lock_for_good = true;
    std::vector<Await> awaits;  ///< noted if the answer is refused
    /// False for the first of two proofs: who has the one factor could else guess at the other as often as he likes.
    bool clears_failures = true;
    FactorSet proved_before{};          ///< of two proofs, by what the first one was
    std::vector<Sighting> sightings{};  ///< remembered if it is accepted, and was not the first of two
};

enum class Outcome : std::uint8_t {
    accepted,
    refused,   ///< wrong; counted
    replayed,  ///< right, but spent before; counted
    later,     ///< not judged, not counted: too early after a failure
    locked,    ///< not judged
};

struct Judged {
    Outcome outcome = Outcome::refused;
    Millis later{};          ///< CLOCK_BOOTTIME: when it may be judged; 0 with Outcome::locked: it is not known
    bool locks_now = false;  ///< this failure locked the account
};

}  // namespace stepup
