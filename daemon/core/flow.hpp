#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/enrollment.hpp"
#include "daemon/core/factor.hpp"
#include "daemon/core/judgement.hpp"
#include "policy/requirement.hpp"

namespace stepup {

/// Show `text`, read one line.
struct AskFor {
    std::string text;
};
/// Compare the answer with the enrollments at these places of `Flow::choices()`, in this order, and count it as one
/// attempt. Nobody at all: it is wrong, and counts all the same.
struct JudgeAgainst {
    std::vector<std::size_t> choices;
    bool is_first_of_two = false;
};
struct FlowGranted { };
/// The end; `text` is for the user's eyes.
struct FlowDenied {
    std::string text;
};
using Step = std::variant<AskFor, JudgeAgainst, FlowGranted, FlowDenied>;

/// How many proofs make a login.
enum class Proofs : std::uint8_t {
    one,
    two_different,  ///< by factors of different kinds; a code that an administrator handed out is enough by itself
};

[[nodiscard]] constexpr Proofs proofs_for(const Requirement& requirement) {
    return requirement.two_different ? Proofs::two_different : Proofs::one;
}

/// One login conversation as a value: answers in, steps out. It reads no clock, opens nothing, awaits nothing; whoever
/// holds it does the asking and the judging. It grants only after an Outcome::accepted for something it asked to judge.
class Flow {
public:
    static constexpr int tries = 3;  ///< wrong answers in one login
    static constexpr int most_questions = 6;

    /// `choices`: what may be proved here, the primary first; `factors` outlives the flow. `opening`: lines to show
    /// before the first question. `proved`: of two, what was proved already.
    Flow(std::vector<Enrollment> choices, const Factors& factors, Proofs needed = Proofs::one, std::string opening = {},
         std::optional<FactorKind> proved = {});

    [[nodiscard]] Step start();
    /// `line` is what was typed, without its newline. After start() or a step that asked; otherwise denied.
    [[nodiscard]] Step answer(std::string_view line);
    /// What the next answer is for: the choice at `place`, or any of them where `place` is choices().size(). For those
    /// who pick from a list of their own rather than by a number at the prompt.
    void use_only(std::size_t place) { chosen_ = place; }
    /// What became of the answer that JudgeAgainst handed out, and for a factor of which kind it was right; otherwise
    /// denied. Where two proofs are needed, factors of the kind that was proved first are no choices any more.
    [[nodiscard]] Step judged(Outcome outcome, std::optional<FactorKind> proved = {});

    [[nodiscard]] const std::vector<Enrollment>& choices() const { return choices_; }

private:
    enum class State : std::uint8_t { fresh, asked, judging, over };

    Step ask(std::string_view before);
    Step menu();
    Step choose(std::size_t number);
    [[nodiscard]] std::string_view advice(FactorKind kind) const;
    Step deny(std::string text);
    Step accept(std::optional<FactorKind> proved);
    /// Factors of this kind are no choices any more.
    void leave_out(FactorKind kind);
    [[nodiscard]] bool could_be_code(std::string_view line) const;
    [[nodiscard]] std::vector<std::size_t> candidates(std::string_view line) const;

    std::vector<Enrollment> choices_;
    const Factors& factors_;
    std::string opening_;
    State state_ = State::fresh;
    Proofs needed_;
    std::optional<FactorKind> first_;  ///< of two, what was proved already
    std::string_view prompt_;
    int wrong_ = 0;
    int questions_ = 0;
    std::size_t chosen_;  ///< place in choices_; choices_.size(): none was chosen
};

}  // namespace stepup
