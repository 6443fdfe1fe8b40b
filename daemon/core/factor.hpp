#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"
#include "daemon/core/enrollment.hpp"

namespace stepup {

/// What a right answer uses up. The writer spends it by one conditional update: exactly one row, or the answer was
/// replayed.
struct SpendCounter {
    std::int64_t enrollment = 0;
    std::uint64_t counter = 0;  ///< must be greater than the stored one
};
struct SpendCode {
    std::int64_t enrollment = 0;
    std::int64_t code = 0;  ///< row of the recovery code
};
using Spend = std::variant<SpendCounter, SpendCode>;

struct Accepted {
    Spend spend;
};
struct Rejected {
    enum class Why : std::uint8_t { wrong, replayed } why = Why::wrong;
};
using Check = std::variant<Accepted, Rejected>;

/// What an answer is compared with: a seed, or the hash of the one recovery code that the answer names.
struct Material {
    Secret secret;
    std::int64_t row = 0;  ///< of the recovery code
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
};

/// Every factor this build has, by kind; null for a kind it has not.
class Factors {
public:
    virtual ~Factors() = default;
    [[nodiscard]] virtual const Factor* find(FactorKind kind) const = 0;
};

}  // namespace stepup
