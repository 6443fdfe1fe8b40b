#include "daemon/core/flow.hpp"

#include "common/printable.hpp"
#include "common/wire.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fakes.hpp"

// A login's conversation: whatever is answered and judged, in whatever order, a small model says what must follow.

namespace {

using namespace stepup;
using fuzz::must;

/// The rules of a login, in numbers.
struct Model {
    enum class State : std::uint8_t { fresh, asked, judging, over } state = State::fresh;
    int questions = 0;
    int wrong = 0;
    bool granted = false;
    std::optional<FactorKind> first;  ///< where two are needed: what was proved
};

/// Whether a right answer for `kind` is enough.
bool completes(const Model& model, Proofs needed, FactorKind kind) {
    return needed == Proofs::one || is_handed_out(kind) || (model.first && *model.first != kind);
}

void check_ask(const AskFor& ask) {
    must(ask.text.size() <= wire::max_prompt, "a question fits into a message of PAM's");
    auto line = ask.text;
    std::erase(line, '\n');
    must(is_printable(line, wire::max_prompt), "a question can be shown");
}

void follow(Model& model, const Step& step, bool may_grant, bool may_judge, bool may_ask) {
    if (std::holds_alternative<FlowGranted>(step)) {
        must(may_grant && !model.granted, "granted is what was accepted, once");
        model.granted = true;
        model.state = Model::State::over;
    } else if (std::holds_alternative<JudgeAgainst>(step)) {
        must(may_judge, "only an answer to a question is judged");
        model.state = Model::State::judging;
    } else if (const auto* ask = std::get_if<AskFor>(&step)) {
        must(may_ask && ++model.questions <= Flow::most_questions, "questions come in their place, and end");
        check_ask(*ask);
        model.state = Model::State::asked;
    } else {
        model.state = Model::State::over;
    }
}

void check_candidates(const Flow& flow, const testing::FakeFactors& factors, const JudgeAgainst& judge,
                      std::string line) {
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
    std::size_t last = 0;
    for (const auto place : judge.choices) {
        must(place < flow.choices().size(), "what is compared was offered");
        must(place >= last, "the primary comes first");
        last = place;
        const auto& choice = flow.choices()[place];
        must(factors.find(choice.kind)->could_answer(choice, line), "what is compared could be the answer");
    }
}

std::vector<Enrollment> choices(fuzz::Input& input) {
    constexpr std::array kinds{FactorKind::totp, FactorKind::recovery_code, FactorKind::sms};
    std::vector<Enrollment> made;
    for (auto count = input.up_to(12); made.size() < count;)
        made.push_back(
            testing::enrollment(static_cast<std::int64_t>(made.size()) + 1, kinds.at(input.up_to(2)), input.text()));
    return made;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const testing::FakeFactors factors;
    const auto needed = input.once_in(2) ? Proofs::two_different : Proofs::one;
    const bool is_behind_key = needed == Proofs::two_different && input.once_in(4);
    const auto before = is_behind_key ? std::optional(FactorKind::ssh_security_key) : std::nullopt;
    Flow flow(choices(input), factors, needed, {}, before);
    Model model;
    model.first = before;
    using enum Model::State;
    for (int steps = 0; !input.empty() && steps < 40; ++steps) {
        const auto what = input.up_to(9);
        if (what == 0 || model.state == fresh) {
            follow(model, flow.start(), false, false, model.state == fresh);
        } else if (what < 6) {
            const auto line = what == 1 ? "111111" : what == 2 ? "2" : what == 3 ? "?" : input.text();
            const bool was_asked = model.state == asked;
            const auto step = flow.answer(line);
            follow(model, step, false, was_asked, was_asked);
            if (const auto* judge = std::get_if<JudgeAgainst>(&step)) check_candidates(flow, factors, *judge, line);
        } else {
            const auto outcome = static_cast<Outcome>(input.up_to(4));
            const bool was_judging = model.state == judging;
            const bool wrong = outcome == Outcome::refused || outcome == Outcome::replayed;
            model.wrong += was_judging && wrong ? 1 : 0;
            constexpr std::array proved{FactorKind::totp, FactorKind::recovery_code, FactorKind::bypass_code};
            const auto kind = proved.at(input.up_to(2));
            const bool accepted = was_judging && outcome == Outcome::accepted;
            const bool complete = completes(model, needed, kind);
            const auto step = flow.judged(outcome, kind);
            must(std::holds_alternative<FlowGranted>(step) == (accepted && complete),
                 "granted is what was proved whole");
            const bool goes_on = accepted && !complete && !model.first;
            if (goes_on) model.first = kind;
            follow(model, step, true, false, goes_on || (was_judging && wrong && model.wrong < Flow::tries));
            for (const auto& choice : flow.choices())
                must(!model.first || choice.kind != *model.first, "a kind that was proved is no choice any more");
        }
    }
    return 0;
}
