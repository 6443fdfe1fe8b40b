#include "cli/pam/walk.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

namespace stepup::pam {
namespace {

using Kind = Action::Kind;

enum class Impression : std::uint8_t { none, good, bad };

struct Mark {
    Impression impression = Impression::none;
    Code status = Code::success;
    friend auto operator<=>(const Mark&, const Mark&) = default;
};

/// Where libpam stands, and what it thinks so far.
struct State {
    std::size_t at = 0;
    Mark mark;
    std::vector<Mark> before;         ///< each substack that it is in
    bool asked = false;               ///< ours
    std::size_t decisive = SIZE_MAX;  ///< index of the entry that left ours out

    friend auto operator<=>(const State&, const State&) = default;
};

/// Takes `at` to the last entry that a jump `over` so many leads over; a substack counts as one. False: there are not
/// so many.
bool jump(const std::vector<Entry>& entries, std::size_t& at, unsigned over) {
    const auto level = entries[at].level;
    for (; over > 0; --over) {
        if (at + 1 >= entries.size() || entries[at + 1].level < level) return false;
        ++at;
        while (at + 1 < entries.size() && entries[at + 1].level > level) ++at;
    }
    return true;
}

class Walk {
public:
    Walk(const Stack& stack, const Answers& answers, std::optional<Code> also, Asking asking)
        : entries_(stack.entries),
          answers_(answers),
          also_(also),
          asking_(asking) { }

    std::optional<Way> any() {
        std::vector<State> open{State{}};
        std::set<State> seen;
        while (!open.empty()) {
            auto state = std::move(open.back());
            open.pop_back();
            if (!seen.insert(state).second) continue;
            if (state.at >= entries_.size()) {
                if (counts(state) && lets_in(state.mark)) return Way{entry(state.decisive)};
                continue;
            }
            step(state, open);
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] const Entry* entry(std::size_t at) const { return at < entries_.size() ? &entries_[at] : nullptr; }

    [[nodiscard]] bool counts(const State& state) const {
        return asking_ == Asking::any || state.asked == (asking_ == Asking::ours);
    }

    [[nodiscard]] bool lets_in(const Mark& mark) const {
        return mark.impression == Impression::good && (mark.status == Code::success || mark.status == also_);
    }

    void step(State state, std::vector<State>& open) const {
        const auto& here = entries_[state.at];
        state.before.resize(here.level);
        if (here.opens_substack) {
            state.before.push_back(state.mark);
            ++state.at;
            open.push_back(std::move(state));
            return;
        }
        state.asked = state.asked || here.line.is_ours();
        for (const Code code : answers_(here)) {
            auto next = state;
            take(next, here, code);
            open.push_back(std::move(next));
        }
    }

    void take(State& state, const Entry& here, Code code) const {
        const auto action = here.control.on(code);
        const auto from = state.at;
        switch (action.kind) {
        case Kind::ignore: break;
        case Kind::reset: state.mark = here.level == 0 ? Mark{} : state.before.back(); break;
        case Kind::ok:
        case Kind::done: think_well(state.mark, code); break;
        case Kind::bad:
        case Kind::die: think_ill(state.mark, code); break;
        case Kind::jump:
            if (!jump(entries_, state.at, action.jump)) state.mark = {Impression::bad, Code::module_unknown};
            break;
        }
        const bool ends
            = action.kind == Kind::die || (action.kind == Kind::done && state.mark.impression == Impression::good);
        while (ends && state.at + 1 < entries_.size() && entries_[state.at + 1].level >= here.level) ++state.at;
        if (skips_ours(from, state.at)) state.decisive = from;
        ++state.at;
    }

    [[nodiscard]] bool skips_ours(std::size_t from, std::size_t to) const {
        for (std::size_t at = from + 1; at <= to; ++at)
            if (entries_[at].line.is_ours()) return true;
        return false;
    }

    static void think_well(Mark& mark, Code code) {
        const bool open = mark.impression == Impression::none
            || (mark.impression == Impression::good && mark.status == Code::success);
        if (open) mark = {Impression::good, code};
    }

    static void think_ill(Mark& mark, Code code) {
        if (mark.impression == Impression::bad) return;
        mark = {Impression::bad, code == Code::success || code == Code::ignore ? Code::module_unknown : code};
    }

    const std::vector<Entry>& entries_;
    const Answers& answers_;
    const std::optional<Code> also_;
    const Asking asking_;
};

}  // namespace

std::optional<Way> passes(const Stack& stack, const Answers& answers, std::optional<Code> also, Asking asking) {
    if (!stack.broken.empty()) return std::nullopt;  // libpam refuses then
    return Walk(stack, answers, also, asking).any();
}

const Entry* jump_over(const Stack& stack, const std::function<bool(const Entry&)>& fits) {
    const auto& entries = stack.entries;
    for (std::size_t from = 0; from < entries.size(); ++from)
        for (const auto& action : entries[from].control.actions) {
            auto last = from;
            if (action.kind != Kind::jump) continue;
            (void)jump(entries, last, action.jump);
            const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(from) + 1;
            const auto end = entries.begin() + static_cast<std::ptrdiff_t>(last) + 1;
            if (std::any_of(begin, end, fits)) return &entries[from];
        }
    return nullptr;
}

std::vector<Code> any_answer(const Entry& entry) {
    std::vector<Code> found;
    for (std::size_t at = 0; at < codes; ++at) {
        const auto code = static_cast<Code>(at);
        const auto makes_same = [&](Code other) {
            const bool alike = (code == Code::success) == (other == Code::success)
                && (code == Code::new_authtok_reqd) == (other == Code::new_authtok_reqd);
            return alike && entry.control.on(other) == entry.control.on(code);
        };
        if (std::none_of(found.begin(), found.end(), makes_same)) found.push_back(code);
    }
    return found;
}

}  // namespace stepup::pam
