#include "policy/reader.hpp"

#include <algorithm>
#include <charconv>

#include "common/covers.hpp"
#include "common/printable.hpp"
#include "policy/toml_text.hpp"

namespace stepup {

namespace {

Diagnosis at(std::string_view file, toml::source_position position, std::string message) {
    return {std::string(file), position.line, position.column, std::move(message)};
}

std::string listed(std::span<const std::string_view> words) {
    std::string text;
    for (const auto word : words) text += (text.empty() ? "" : ", ") + in_quotes(word);
    return text;
}

struct TypeRow {
    toml::node_type type;
    std::string_view name;
};
constexpr std::array types{
    TypeRow{toml::node_type::none, "nothing"},
    TypeRow{toml::node_type::table, "a table"},
    TypeRow{toml::node_type::array, "a list"},
    TypeRow{toml::node_type::string, "a string"},
    TypeRow{toml::node_type::integer, "an integer"},
    TypeRow{toml::node_type::floating_point, "a floating-point number"},
    TypeRow{toml::node_type::boolean, "a boolean"},
    TypeRow{toml::node_type::date, "a date"},
    TypeRow{toml::node_type::time, "a time"},
    TypeRow{toml::node_type::date_time, "a date with time"},
};
static_assert(covers(types, &TypeRow::type, toml::node_type::date_time));

std::string_view name_of(toml::node_type type) { return types.at(static_cast<std::size_t>(type)).name; }

tl::unexpected<Complaint> wrong_type(const toml::node& node, std::string_view wanted) {
    return complain(node, "must be " + std::string(wanted) + ", not " + std::string(name_of(node.type())));
}

/// Seconds in one `unit`; 0 for a letter that is none.
std::int64_t seconds_in(std::string_view unit) {
    if (unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return 3'600;
    if (unit == "d") return 86'400;
    return 0;
}

std::optional<Seconds> parse_duration(std::string_view text) {
    constexpr std::ptrdiff_t most_digits = 9;  // keeps the product far from overflow
    std::int64_t count = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || count < 0 || rest - text.data() > most_digits) return std::nullopt;
    if (text == "0") return Seconds(0);
    const auto unit = seconds_in({rest, static_cast<std::size_t>(end - rest)});
    if (unit == 0) return std::nullopt;
    return Seconds(count * unit);
}

bool is_name(std::string_view text) {
    return is_printable(text) && text.find_first_of("*?/:,") == text.npos && text.find_first_of("!%@") != 0
        && text.front() != ' ' && text.back() != ' ';
}

}  // namespace

std::string in_quotes(std::string_view foreign) { return "\"" + printable(foreign, 64) + "\""; }

Read<toml::table> read_toml(std::string_view text, std::string_view name) {
    if (const auto fault = fault_before_parsing(text))
        return tl::unexpected<Diagnosis>(at(name, fault->at, std::string("is not TOML: ") + fault->message));
    auto result = toml::parse(text);
    if (result) return std::move(result).table();
    const auto& error = result.error();
    return tl::unexpected<Diagnosis>(at(name, error.source().begin, "is not TOML: " + printable(error.description())));
}

Heard<std::string> as_text(const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong_type(node, "a string");
    return text->get();
}

Heard<bool> as_flag(const toml::node& node) {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) return wrong_type(node, "true or false");
    return flag->get();
}

Heard<unsigned> as_number(const toml::node& node, unsigned least, unsigned most) {
    const auto* number = node.as_integer();
    if (number == nullptr) return wrong_type(node, "an integer");
    if (number->get() < least || number->get() > most)
        return complain(node, "must be " + std::to_string(least) + " to " + std::to_string(most));
    return static_cast<unsigned>(number->get());
}

Heard<Seconds> as_duration(const toml::node& node, Seconds least, Seconds most) {
    if (const auto* number = node.as_integer(); number != nullptr)
        return complain(node, "needs a unit: \"" + std::to_string(number->get()) + "s\" for seconds, or m, h, d");
    const auto text = TRY(as_text(node));
    const auto time = parse_duration(text);
    if (!time)
        return complain(node, in_quotes(text) + " is not a duration: write one number and s, m, h or d, as in \"15m\"");
    if (*time < least || *time > most)
        return complain(node, "must be " + duration_text(least) + " to " + duration_text(most));
    return *time;
}

Heard<std::vector<std::pair<std::string, const toml::node*>>> as_texts(const toml::node& node) {
    const auto* list = node.as_array();
    if (list == nullptr) return wrong_type(node, "a list of strings");
    if (list->empty()) return complain(node, "the list is empty: leave the key out or name at least one");
    std::vector<std::pair<std::string, const toml::node*>> texts;
    for (const auto& element : *list) {
        auto text = TRY(as_text(element));
        if (std::any_of(texts.begin(), texts.end(), [&](const auto& earlier) { return earlier.first == text; }))
            return complain(element, in_quotes(text) + " is named twice");
        texts.emplace_back(std::move(text), &element);
    }
    return texts;
}

Heard<std::vector<std::string>> as_names(const toml::node& node) {
    std::vector<std::string> names;
    for (auto& [text, element] : TRY(as_texts(node))) {
        if (text.empty()) return complain(*element, "a name is empty");
        if (!is_name(text))
            return complain(*element,
                            in_quotes(text) + " is not a name; there are no patterns, negations or paths here");
        names.push_back(std::move(text));
    }
    return names;
}

Heard<FactorSet> as_factors(const toml::node& node) {
    std::vector<std::string_view> names;
    for (const auto& row : factor_kinds)
        if (!is_handed_out(row.kind)) names.push_back(row.name);
    FactorSet factors;
    for (const auto& [text, element] : TRY(as_texts(node))) {
        const auto kind = kind_named(text);
        if (!kind || is_handed_out(*kind)) return complain(*element, not_a_word(text, names));
        factors.insert(*kind);
    }
    return factors;
}

Heard<SignalSet> as_signals(const toml::node& node) {
    std::vector<std::string_view> names;
    for (const auto& row : signal_rows) names.push_back(row.name);
    SignalSet signals;
    for (const auto& [text, element] : TRY(as_texts(node))) {
        const auto signal = signal_named(text);
        if (!signal) return complain(*element, not_a_word(text, names));
        signals.insert(*signal);
    }
    return signals;
}

Heard<std::chrono::sys_days> as_date(const toml::node& node) {
    const auto* date = node.as_date();
    if (date == nullptr && node.is_string()) return complain(node, "must be a date without quotes, as in 2027-01-01");
    if (date == nullptr) return wrong_type(node, "a date, as in 2027-01-01");
    const auto [year, month, day] = date->get();
    return std::chrono::sys_days(std::chrono::year(year) / month / day);
}

std::string duration_text(Seconds time) {
    const auto count = time.count();
    if (count != 0 && count % 3600 == 0) return std::to_string(count / 3600) + "h";
    if (count != 0 && count % 60 == 0) return std::to_string(count / 60) + "m";
    return std::to_string(count) + "s";
}

std::string not_a_word(std::string_view typed, std::span<const std::string_view> known) {
    return in_quotes(typed) + " is none of " + listed(known) + did_you_mean(typed, known);
}

std::optional<Diagnosis> Complaints::first(std::string_view file) const {
    const auto earliest = std::min_element(all_.begin(), all_.end(),
                                           [](const Complaint& a, const Complaint& b) { return a.at < b.at; });
    if (earliest == all_.end()) return std::nullopt;
    return at(file, earliest->at, earliest->message);
}

void Complaints::unknown(const toml::key& key, std::string_view where, std::span<const std::string_view> known) {
    auto help = did_you_mean(key.str(), known);
    if (help.empty()) help = "; there is " + listed(known);
    add(key.source().begin, "unknown key " + in_quotes(key.str()) + " " + std::string(where) + help);
}

}  // namespace stepup
