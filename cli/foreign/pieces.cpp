#include "cli/foreign/pieces.hpp"

#include "common/bytes.hpp"

namespace stepup::foreign {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t most_letters = (longest_secret * 8 + 4) / 5;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Cuts `letters` to whole bytes: a last letter that adds none goes, and bits that are left over become zero.
void cut_to_bytes(std::array<char, most_letters>& letters, std::size_t& size) {
    const auto left_over = size * 5 % 8;
    if (left_over >= 5) {
        --size;
        return cut_to_bytes(letters, size);
    }
    if (left_over == 0 || size == 0) return;
    const auto value = alphabet.find(letters.at(size - 1));
    letters.at(size - 1) = alphabet[value >> left_over << left_over];
}

}  // namespace

void each_line(std::string_view text, const std::function<void(std::string_view, unsigned)>& take) {
    for (unsigned number = 1; !text.empty() && number <= most_lines; ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        take(line, number);
    }
}

std::vector<std::string_view> words_of(std::string_view line, std::size_t most) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string_view> words;
    while (words.size() < most) {
        const auto start = line.find_first_not_of(blanks);
        if (start == std::string_view::npos) break;
        line.remove_prefix(start);
        const auto word = line.substr(0, line.find_first_of(blanks));
        words.push_back(word);
        line.remove_prefix(word.size());
    }
    return words;
}

bool take_base32(std::string_view text, Generator& into) {
    while (text.ends_with('=') || text.ends_with(' ')) text.remove_suffix(1);
    std::array<char, most_letters> letters{};
    std::size_t size = 0;
    bool good = true;
    for (const char c : text) {
        if (c == ' ' || c == '-') continue;
        good = good && size < letters.size() && alphabet.find(upper(c)) != std::string_view::npos;
        if (good) letters.at(size++) = upper(c);
    }
    if (good) cut_to_bytes(letters, size);
    into.bytes = size * 5 / 8;
    return into.secret.take(std::span(letters.data(), size)) && good && into.bytes > 0;
}

bool take_hex(std::string_view text, Generator& into) {
    auto raw = from_hex(text);
    if (!raw) return false;
    into.bytes = raw->size();
    auto letters = to_base32(*raw);
    const bool good = into.bytes > 0 && into.bytes <= longest_secret && into.secret.take(letters);
    explicit_bzero(raw->data(), raw->size());
    explicit_bzero(letters.data(), letters.size());
    return good;
}

}  // namespace stepup::foreign
