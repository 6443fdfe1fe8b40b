#include <algorithm>

#include "cli/pam/edit.hpp"

namespace stepup::pam {
namespace {

using Lines = std::vector<std::string>;

/// One line of both, of the old text alone ('-') or of the new one alone ('+').
struct Step {
    char sign;
    std::string line;
};

/// Lengths of the longest common rest from each pair of places on; files of PAM are short.
std::vector<std::vector<std::size_t>> common_rests(const Lines& before, const Lines& after) {
    std::vector rests(before.size() + 1, std::vector<std::size_t>(after.size() + 1));
    for (std::size_t i = before.size(); i-- > 0;)
        for (std::size_t j = after.size(); j-- > 0;)
            rests[i][j] = before[i] == after[j] ? rests[i + 1][j + 1] + 1 : std::max(rests[i + 1][j], rests[i][j + 1]);
    return rests;
}

std::vector<Step> steps_between(const Lines& before, const Lines& after) {
    const auto rests = common_rests(before, after);
    std::vector<Step> steps;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.size() || j < after.size()) {
        if (i < before.size() && j < after.size() && before[i] == after[j]) {
            steps.push_back({' ', before[i]});
            ++i, ++j;
        } else if (j == after.size() || (i < before.size() && rests[i + 1][j] >= rests[i][j + 1])) {
            steps.push_back({'-', before[i++]});
        } else {
            steps.push_back({'+', after[j++]});
        }
    }
    return steps;
}

/// "@@ -4,3 +4,4 @@" and its lines; `from` and `to` in `steps`.
std::string hunk(const std::vector<Step>& steps, std::size_t from, std::size_t to) {
    const auto count = [&](std::size_t begin, std::size_t end, char without) {
        return std::to_string(std::count_if(steps.begin() + static_cast<std::ptrdiff_t>(begin),
                                            steps.begin() + static_cast<std::ptrdiff_t>(end),
                                            [&](const Step& step) { return step.sign != without; }));
    };
    const auto start = [&](char without) { return std::to_string(std::stoul(count(0, from, without)) + 1); };
    auto text
        = "@@ -" + start('+') + ',' + count(from, to, '+') + " +" + start('-') + ',' + count(from, to, '-') + " @@\n";
    for (std::size_t at = from; at < to; ++at) text += steps[at].sign + steps[at].line + '\n';
    return text;
}

}  // namespace

std::string difference(const std::string& path, std::string_view before, std::string_view after) {
    constexpr std::size_t around = 3;
    if (before == after) return {};
    const auto steps = steps_between(split(before), split(after));
    auto text = "--- " + path + "\n+++ " + path + '\n';
    for (std::size_t at = 0; at < steps.size(); ++at) {
        if (steps[at].sign == ' ') continue;
        const auto from = at - std::min(at, around);
        auto last = at;  // changes with at most twice `around` between them share a hunk
        for (auto next = at; next < steps.size() && next <= last + 2 * around; ++next)
            if (steps[next].sign != ' ') last = next;
        text += hunk(steps, from, std::min(last + around + 1, steps.size()));
        at = last;
    }
    return text;
}

}  // namespace stepup::pam
