#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.hpp"
#include "common/management_error.hpp"
#include "common/random.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"
#include "daemon/core/enrollment.hpp"

namespace stepup {

/// What a right answer uses up. The writer spends it by one conditional update: exactly one row, or the answer was
/// replayed.
struct SpendCounter {
    std::int64_t enrollment = 0;
    std::uint64_t counter = 0;               ///< must be greater than the stored one
    std::optional<std::uint64_t> answers{};  ///< the stored `awaited` must be this: the second code of a pair
};
struct SpendCode {
    std::int64_t enrollment = 0;
    std::int64_t code = 0;  ///< row of the recovery code
};
/// Nothing is used up: what was signed is good for one login, and sshd has seen to that. Only the factor must be there.
struct SpendNothing {
    std::int64_t enrollment = 0;
};
using Spend = std::variant<SpendCounter, SpendCode, SpendNothing>;

struct Accepted {
    Spend spend;
};
/// Part of a refusal: the very next answer may be the code of `counter`; nothing: no longer.
struct Await {
    std::int64_t enrollment = 0;
    std::optional<std::uint64_t> counter;
};
struct Rejected {
    enum class Why : std::uint8_t { wrong, replayed } why = Why::wrong;
    std::optional<Await> remember{};
};
using Check = std::variant<Accepted, Rejected>;

/// What an answer is compared with, read anew for each: a seed and where its counter stands, or the hash of the one
/// recovery code that the answer names.
struct Material {
    Secret secret;
    std::int64_t row = 0;                    ///< of the recovery code
    std::uint64_t counter = 0;               ///< TOTP: the last step spent. HOTP: what comes next
    std::optional<std::uint64_t> awaited{};  ///< HOTP: counter that an earlier answer, too far ahead, calls for
};

/// What is said when an enrollment is started. Each factor reads what it has a use for.
struct EnrollmentWish {
    std::string label;               ///< empty: one is found
    std::string algorithm = "SHA1";  ///< "SHA1", "SHA256", "SHA512"
    unsigned digits = 6;
    unsigned period = 30;       ///< TOTP: seconds a code is shown
    std::uint64_t counter = 0;  ///< HOTP: the first code's. TOTP: the last step that was used elsewhere
    Secret secret;              ///< base32, of a token that has one already; empty: a new one is made
    bool weak = false;          ///< an administrator takes a secret shorter than RFC 4226 wants
    std::string login_key{};    ///< fingerprint of the security key that opened the session; nobody can say it himself
};
/// For whom.
struct Holder {
    std::string issuer;
    std::string account;
};
/// An enrollment before it is stored.
struct Draft {
    OathParameters oath;
    std::uint64_t counter = 0;
    Secret seed;
    std::string uri;  ///< "otpauth://…", for an app that has not got the seed yet
};

/// One way to prove who one is. No clock, disk, socket, or state between calls.
class Factor {
public:
    virtual ~Factor() = default;
    /// True if `answer` has the form of this factor's answers; says nothing about being right.
    [[nodiscard]] virtual bool could_answer(const Enrollment& enrollment, std::string_view answer) const = 0;
    /// What was typed, in the one form in which it is looked up and compared: without blanks, dashes, lower case.
    [[nodiscard]] virtual Secret normal(const Secret& typed) const {
        Secret same;
        (void)same.copy(typed.reveal());
        return same;
    }
    /// Compares a normal `answer` in constant time. Errors: corrupt (material that cannot be used).
    [[nodiscard]] virtual Result<Check> verify(const Enrollment& enrollment, const Material& material,
                                               const Secret& answer, Instant now) const
        = 0;
    /// True if `verify` takes milliseconds on purpose and must not run on the loop.
    [[nodiscard]] virtual bool is_slow() const { return false; }
    /// "6 digits", "ABCD-EFGH-…": how the menu describes an answer.
    [[nodiscard]] virtual std::string_view example(const Enrollment& enrollment) const = 0;
    /// A line for the menu, with its newline: what to do when answers are refused. It is the same for everybody who
    /// has such a factor, so it tells a guesser nothing.
    [[nodiscard]] virtual std::string_view advice() const { return {}; }
    /// The counter of a `draft` from elsewhere, as Material has it, so that no code counts which somebody may have seen
    /// by `now`.
    [[nodiscard]] virtual std::uint64_t counter_from_now(const Draft& draft, Instant) const { return draft.counter; }
    /// Begins an enrollment. Errors: invalid_argument (also for a factor that is not enrolled by its user).
    [[nodiscard]] virtual Managed<Draft> draft(const EnrollmentWish&, const Holder&, StrongRandom&) const {
        return refuse(ManagementError::invalid_argument, "That factor is not enrolled by itself.");
    }
};

/// Every factor this build has, by kind; null for a kind it has not.
class Factors {
public:
    virtual ~Factors() = default;
    [[nodiscard]] virtual const Factor* find(FactorKind kind) const = 0;
};

}  // namespace stepup
