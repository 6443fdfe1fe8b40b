#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "policy/diagnosis.hpp"
#include "policy/factor_kind.hpp"
#include "policy/signal.hpp"
#include "policy/suggest.hpp"
#include "policy/toml.hpp"

// How TOML becomes our values: small readers that complain with a position, and rows "key → reader". For the parts
// that read configuration files; nobody else needs toml++.

namespace stepup {

struct Complaint {
    toml::source_position at;
    std::string message;
};
template <class T = void> using Heard = tl::expected<T, Complaint>;

[[nodiscard]] inline tl::unexpected<Complaint> complain(const toml::node& at, std::string message) {
    return tl::unexpected<Complaint>(Complaint{at.source().begin, std::move(message)});
}

/// Parses `text`, which errors call `name`.
[[nodiscard]] Read<toml::table> read_toml(std::string_view text, std::string_view name);

[[nodiscard]] Heard<std::string> as_text(const toml::node& node);
[[nodiscard]] Heard<bool> as_flag(const toml::node& node);
[[nodiscard]] Heard<unsigned> as_number(const toml::node& node, unsigned least, unsigned most);
/// "90s", "15m", "2h" or "7d"; "0" needs no unit.
[[nodiscard]] Heard<Seconds> as_duration(const toml::node& node, Seconds least, Seconds most);
/// The elements of a list of at least one string, none twice, with where each stands.
[[nodiscard]] Heard<std::vector<std::pair<std::string, const toml::node*>>> as_texts(const toml::node& node);
/// A list of at least one name: no empty one, none twice, no pattern, negation or path.
[[nodiscard]] Heard<std::vector<std::string>> as_names(const toml::node& node);
/// A list of at least one factor, none twice.
[[nodiscard]] Heard<FactorSet> as_factors(const toml::node& node);
/// A list of at least one signal, none twice.
[[nodiscard]] Heard<SignalSet> as_signals(const toml::node& node);
/// A day, without quotes: 2027-01-01.
[[nodiscard]] Heard<std::chrono::sys_days> as_date(const toml::node& node);

/// `time` as the files write it: "15m".
[[nodiscard]] std::string duration_text(Seconds time);

/// A word and what it stands for; nothing: a later release will know.
template <class E> struct Word {
    std::string_view text;
    std::optional<E> value;
};

/// `foreign` in quotes, safe to print.
[[nodiscard]] std::string in_quotes(std::string_view foreign);
/// The complaint about a word that is none of `known`.
[[nodiscard]] std::string not_a_word(std::string_view typed, std::span<const std::string_view> known);

template <class E, std::size_t n> Heard<E> as_word(const toml::node& node, const std::array<Word<E>, n>& words) {
    const auto typed = TRY(as_text(node));
    std::vector<std::string_view> known;
    for (const auto& word : words) {
        if (word.text == typed && word.value) return *word.value;
        if (word.text == typed) return complain(node, "\"" + typed + "\" comes with a later release");
        if (word.value) known.push_back(word.text);
    }
    return complain(node, not_a_word(typed, known));
}

/// One key: its name, and who reads its value into where.
template <class Into> struct Row {
    std::string_view key;
    Heard<> (*read)(const toml::node&, Into&);
};

/// A Row's reader: `read(node)` goes to `member`.
template <auto member, auto read, class Into> Heard<> into(const toml::node& node, Into& to) {
    to.*member = TRY(read(node));
    return {};
}

/// What was wrong in one file.
class Complaints {
public:
    void add(toml::source_position at, std::string message) { all_.push_back({at, std::move(message)}); }
    [[nodiscard]] bool empty() const { return all_.empty(); }
    /// The first in the order of the file; nothing if all is well.
    [[nodiscard]] std::optional<Diagnosis> first(std::string_view file) const;

    /// Reads `node` by the row that `key` has in `rows`. False if it has none.
    template <class Into>
    bool read(const toml::key& key, const toml::node& node, std::span<const Row<Into>> rows, Into& to) {
        for (const auto& row : rows) {
            if (row.key != key.str()) continue;
            if (auto done = row.read(node, to); !done)
                add(done.error().at, std::string(row.key) + ": " + done.error().message);
            return true;
        }
        return false;
    }

    /// Complains about a key that no row has. `where`: "in [defaults]".
    void unknown(const toml::key& key, std::string_view where, std::span<const std::string_view> known);

private:
    std::vector<Complaint> all_;
};

}  // namespace stepup
