#include "policy/suggest.hpp"

#include <algorithm>
#include <vector>

namespace stepup {

namespace {

/// Edits that turn `a` into `b`: insert, remove, replace, swap two neighbors (optimal string alignment).
std::size_t slips(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a.size()][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> known) {
    constexpr std::size_t longest = 40;  // no word of ours is longer, and the table grows with the square
    if (typed.size() > longest) return {};
    std::string_view best;
    std::size_t fewest = typed.size() < 5 ? 2 : 3;
    for (const auto word : known)
        if (const auto count = slips(typed, word); count < fewest) {
            fewest = count;
            best = word;
        }
    return best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
    const auto word = nearest(typed, known);
    return word.empty() ? "" : "; did you mean \"" + std::string(word) + "\"?";
}

}  // namespace stepup
