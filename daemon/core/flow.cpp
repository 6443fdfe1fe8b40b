#include "daemon/core/flow.hpp"

#include <algorithm>
#include <charconv>

#include "common/printable.hpp"

namespace stepup {
namespace {

constexpr std::string_view prompt = "Code (? for help): ";
constexpr std::string_view second_prompt = "Second code (? for help): ";
constexpr std::size_t most_listed = 6;  // keeps the menu inside PAM's 512 bytes

std::string_view trimmed(std::string_view line) {
    const auto first = line.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(' ') - first + 1);
}

/// The number of a menu line; 0 if `line` is none.
std::size_t menu_number(std::string_view line) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    const bool whole = error == std::errc{} && end == line.data() + line.size();
    return whole && line.size() <= 2 ? number : 0;
}

std::string describe(const Enrollment& enrollment) {
    std::string text(name_of(enrollment.kind));
    if (is_handed_out(enrollment.kind)) return text;
    if (enrollment.kind == FactorKind::recovery_code) return text + " (" + std::to_string(enrollment.left) + " left)";
    return text + " \"" + printable(enrollment.label, 32) + '"';
}

}  // namespace

Flow::Flow(std::vector<Enrollment> choices, const Factors& factors, Proofs needed, std::string opening,
           std::optional<FactorKind> proved)
    : choices_(std::move(choices)),
      factors_(factors),
      opening_(std::move(opening)),
      needed_(needed),
      first_(needed == Proofs::two_different ? proved : std::nullopt),
      prompt_(prompt),
      chosen_(choices_.size()) {
    if (first_) leave_out(*first_);
}

void Flow::leave_out(FactorKind kind) {
    std::erase_if(choices_, [&](const Enrollment& each) { return each.kind == kind; });
    chosen_ = choices_.size();
}

Step Flow::start() {
    if (state_ != State::fresh) return deny({});
    return ask(opening_);
}

Step Flow::ask(std::string_view before) {
    if (questions_ == most_questions) return deny("Too many questions; please start again.");
    ++questions_;
    state_ = State::asked;
    return AskFor{std::string(before) + std::string(prompt_)};
}

Step Flow::deny(std::string text) {
    state_ = State::over;
    return FlowDenied{std::move(text)};
}

Step Flow::menu() {
    std::string text = "You can answer with a code of:\n";
    for (std::size_t i = 0; i < std::min(choices_.size(), most_listed); ++i) {
        const Factor* factor = factors_.find(choices_[i].kind);
        text += "  " + std::to_string(i + 1) + "  " + describe(choices_[i]);
        if (factor != nullptr) text += ", " + std::string(factor->example(choices_[i]));
        text += '\n';
    }
    for (const auto& row : factor_kinds) text += advice(row.kind);
    return ask(text + "Type a code, or a number to use only that one.\n");
}

std::string_view Flow::advice(FactorKind kind) const {
    const Factor* factor = factors_.find(kind);
    const bool is_listed
        = std::any_of(choices_.begin(), choices_.end(), [&](const Enrollment& each) { return each.kind == kind; });
    return factor != nullptr && is_listed ? factor->advice() : std::string_view();
}

Step Flow::choose(std::size_t number) {
    if (number > choices_.size()) return menu();
    chosen_ = number - 1;
    return ask("Using " + describe(choices_[chosen_]) + ".\n");
}

bool Flow::could_be_code(std::string_view line) const { return !candidates(line).empty(); }

std::vector<std::size_t> Flow::candidates(std::string_view line) const {
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        const bool in_question = chosen_ == choices_.size() || chosen_ == i;
        const Factor* factor = factors_.find(choices_[i].kind);
        if (in_question && factor != nullptr && factor->could_answer(choices_[i], line)) fitting.push_back(i);
    }
    return fitting;
}

Step Flow::answer(std::string_view line) {
    if (state_ != State::asked) return deny({});
    const auto typed = trimmed(line);
    if (typed.empty() || typed == "?") return menu();
    if (const auto number = menu_number(typed); number != 0 && !could_be_code(typed)) return choose(number);
    state_ = State::judging;
    return JudgeAgainst{candidates(typed), needed_ == Proofs::two_different && !first_};
}

Step Flow::accept(std::optional<FactorKind> proved) {
    const bool is_second = first_ && proved && *proved != *first_;
    if (needed_ == Proofs::one || is_second || (proved && is_handed_out(*proved))) {
        state_ = State::over;
        return FlowGranted{};
    }
    if (first_ || !proved) return deny({});
    first_ = proved;
    prompt_ = second_prompt;
    leave_out(*proved);
    if (choices_.empty()) return deny("Two different factors are needed here, and you have one.");
    return ask("Accepted. One more is needed, of another kind.\n");
}

Step Flow::judged(Outcome outcome, std::optional<FactorKind> proved) {
    if (state_ != State::judging) return deny({});
    if (outcome == Outcome::accepted) return accept(proved);
    if (outcome == Outcome::locked || outcome == Outcome::later) return deny("Not accepted.");
    if (++wrong_ == tries) return deny("Not accepted.");
    return ask("Not accepted. ");
}

}  // namespace stepup
