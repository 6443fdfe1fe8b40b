#include "daemon/maintenance/text_diff.hpp"

#include <algorithm>
#include <vector>

#include "common/printable.hpp"

namespace stepup {
namespace {

constexpr std::size_t around = 3;
constexpr std::size_t widest = 4096;
constexpr std::size_t most_pairs
    = 16'000'000;  // of lines compared; beyond, all of the one gives way to all of the other

struct Line {
    char mark;  ///< ' ', '-' or '+'
    std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return lines;
}

using Lines = std::vector<std::string_view>;

/// How long the longest common subsequence of the ends of `a` and `b` is, from each pair of lines on.
std::vector<std::vector<unsigned>> common_ends(const Lines& a, const Lines& b) {
    std::vector<std::vector<unsigned>> length(a.size() + 1, std::vector<unsigned>(b.size() + 1));
    if (a.size() * b.size() > most_pairs) return length;
    for (auto i = a.size(); i-- > 0;)
        for (auto j = b.size(); j-- > 0;)
            length[i][j] = a[i] == b[j] ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
    return length;
}

std::vector<Line> merged(const Lines& a, const Lines& b) {
    std::size_t head = 0;
    while (head < std::min(a.size(), b.size()) && a[head] == b[head]) ++head;
    std::size_t tail = 0;
    while (tail < std::min(a.size(), b.size()) - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    const auto middle = [&](const Lines& all) {
        return Lines(all.begin() + static_cast<std::ptrdiff_t>(head), all.end() - static_cast<std::ptrdiff_t>(tail));
    };
    const auto from = middle(a);
    const auto to = middle(b);
    const auto length = common_ends(from, to);
    std::vector<Line> all;
    for (std::size_t i = 0; i < head; ++i) all.push_back({' ', a[i]});
    for (std::size_t i = 0, j = 0; i < from.size() || j < to.size();) {
        if (i < from.size() && j < to.size() && from[i] == to[j]) {
            all.push_back({' ', from[i++]});
            ++j;
        } else if (i < from.size() && (j == to.size() || length[i + 1][j] >= length[i][j + 1])) {
            all.push_back({'-', from[i++]});
        } else {
            all.push_back({'+', to[j++]});
        }
    }
    for (std::size_t i = a.size() - tail; i < a.size(); ++i) all.push_back({' ', a[i]});
    return all;
}

std::string hunk_text(const std::vector<Line>& all, std::size_t begin, std::size_t end) {
    const auto count = [&](std::size_t from, std::size_t to, char but) {
        return static_cast<std::size_t>(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(from),
                                                      all.begin() + static_cast<std::ptrdiff_t>(to),
                                                      [but](const Line& line) { return line.mark != but; }));
    };
    const auto place = [&](char but) {
        const auto size = count(begin, end, but);
        const auto first = count(0, begin, but) + (size > 0 ? 1 : 0);
        return std::to_string(first) + (size == 1 ? "" : "," + std::to_string(size));
    };
    auto text = "@@ -" + place('+') + " +" + place('-') + " @@\n";
    for (auto i = begin; i < end; ++i) {
        std::string line(all[i].text);
        std::replace(line.begin(), line.end(), '\t', ' ');
        text.append(1, all[i].mark).append(printable(line, widest)).append("\n");
    }
    return text;
}

}  // namespace

std::string text_diff(std::string_view before, std::string_view after, std::string_view before_name,
                      std::string_view after_name) {
    const auto all = merged(lines_of(before), lines_of(after));
    std::string text;
    for (std::size_t i = 0; i < all.size();) {
        if (all[i].mark == ' ') {
            ++i;
            continue;
        }
        auto end = i;  // behind the last change that is not further away than what is shown around both
        for (auto next = i; next < all.size() && next <= end + 2 * around; ++next)
            if (all[next].mark != ' ') end = next;
        text += hunk_text(all, i - std::min(i, around), std::min(end + 1 + around, all.size()));
        i = end + 1;
    }
    if (text.empty()) return text;
    return "--- " + printable(before_name, widest) + "\n+++ " + printable(after_name, widest) + "\n" + text;
}

}  // namespace stepup
