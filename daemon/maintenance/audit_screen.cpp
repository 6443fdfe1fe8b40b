#include "daemon/maintenance/audit_screen.hpp"

#include <algorithm>
#include <array>
#include <cwchar>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/bytes.hpp"
#include "common/covers.hpp"
#include "common/printable.hpp"
#include "daemon/audit/events.hpp"
#include "daemon/audit/record.hpp"

namespace stepup {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t indent = 8;

struct FaultRow {
    ChainFault fault;
    std::string_view word;
    std::string_view one;      ///< sentence; # is the record, & the other
    std::string_view several;  ///< where they differ
};
constexpr std::array fault_rows{
    FaultRow{ChainFault::none, "none", "Nothing is wrong.", ""},
    FaultRow{ChainFault::edited, "edited", "Record # was edited.", ""},
    FaultRow{ChainFault::hash_changed, "hash-changed", "The hash of record # was changed.", ""},
    FaultRow{ChainFault::hash_moved, "hash-moved", "", "The hashes of records # and & were swapped."},
    FaultRow{ChainFault::missing, "missing", "Record # is missing.", "Records # to & are missing."},
    FaultRow{ChainFault::swapped, "swapped", "", "Records # and & changed places."},
    FaultRow{ChainFault::inserted, "inserted", "Record # was slipped in.",
             "Record # was slipped in; what belongs there stands at &."},
    FaultRow{ChainFault::moved, "moved", "", "Record # is not in its place; it stands at &."},
    FaultRow{ChainFault::rewritten, "rewritten", "Record # is not the one that was written down elsewhere.", ""},
    FaultRow{ChainFault::cut, "cut", "Record # was cut off.", "Records # to & were cut off."},
};
static_assert(covers(fault_rows, &FaultRow::fault, ChainFault::cut));

std::string_view name_of(std::string_view id) {
    for (const auto& row : event_rows)
        if (row.id == id) return row.name;
    return "";
}

std::string local_time(Millis wall) {
    const std::time_t seconds = wall.count() / 1000;
    std::tm parts{};
    std::array<char, 64> text{};
    if (::localtime_r(&seconds, &parts) == nullptr) return "@" + std::to_string(wall.count());
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

/// The fields as they were put in; what is no object of texts stays as it is.
Json fields_of(const AuditRecord& record) {
    auto fields = Json::parse(record.fields, nullptr, false);
    const auto is_deep = [](const Json& value) { return value.is_structured(); };  // printing that takes stack
    if (fields.is_object() && std::none_of(fields.begin(), fields.end(), is_deep)) return fields;
    return Json{{"unreadable", record.fields}};
}

std::vector<std::string> words_of(const AuditRecord& record) {
    std::vector<std::string> words;
    if (!record.user.empty()) words.push_back(to_pair("user", record.user));
    if (record.uid != -1) words.push_back(to_pair("uid", std::to_string(record.uid)));
    if (!record.service.empty()) words.push_back(to_pair("service", record.service));
    const auto fields = fields_of(record);
    for (const auto& [name, value] : fields.items())
        words.push_back(to_pair(printable(name), value.is_string() ? value.get<std::string>() : value.dump()));
    return words;
}

/// The first character of `text`: its bytes and its columns. What the locale does not know counts as one of each.
std::pair<std::size_t, std::size_t> first_of(std::string_view text) {
    std::mbstate_t state{};
    wchar_t letter = 0;
    const auto bytes = std::mbrtowc(&letter, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return {1, 1};
    return {bytes, static_cast<std::size_t>(std::max(::wcwidth(letter), 0))};
}

std::size_t columns(std::string_view text) {
    std::size_t total = 0;
    while (!text.empty()) {
        const auto [bytes, takes] = first_of(text);
        total += takes;
        text.remove_prefix(bytes);
    }
    return total;
}

/// Puts words into lines; one that is longer than a line is broken.
class Lines {
public:
    explicit Lines(std::size_t width) : width_(width) { }
    void put(std::string_view word) {
        const auto takes = columns(word);
        if (used_ > indent && used_ + 1 + takes > width_) new_line();
        if (used_ > indent) put_raw(" ", 1);
        for (; used_ + columns(word) > width_; new_line()) {
            while (!word.empty() && used_ + first_of(word).second <= width_) {
                const auto [bytes, wide] = first_of(word);
                put_raw(word.substr(0, bytes), wide);
                word.remove_prefix(bytes);
            }
        }
        put_raw(word, columns(word));
    }
    [[nodiscard]] std::string text() && { return std::move(text_); }

private:
    void new_line() {
        text_ += '\n' + std::string(indent, ' ');
        used_ = indent;
    }
    void put_raw(std::string_view word, std::size_t takes) {
        text_ += word;
        used_ += takes;
    }
    std::size_t width_;
    std::size_t used_ = indent;
    std::string text_ = std::string(indent, ' ');
};

}  // namespace

std::string to_text(const AuditRecord& record, std::size_t width) {
    constexpr std::size_t number_columns = 6;
    const auto number = std::to_string(record.seq);
    std::string text(number.size() < number_columns ? number_columns - number.size() : 0, ' ');
    text += number + "  " + local_time(record.wall) + "  " + printable(record.event, 32) + ' '
        + std::string(name_of(record.event));
    const auto words = words_of(record);
    if (width < 2 * indent) {
        for (const auto& word : words) text += ' ' + word;
        return text + '\n';
    }
    Lines lines(width);
    for (const auto& word : words) lines.put(word);
    return text + '\n' + (words.empty() ? "" : std::move(lines).text() + '\n');
}

std::string to_json(const AuditRecord& record) {
    const Json object{{"seq", record.seq},          {"time", static_cast<double>(record.wall.count()) / 1000},
                      {"boot", record.boot},        {"uptime", static_cast<double>(record.boot_time.count()) / 1000},
                      {"event", record.event},      {"name", name_of(record.event)},
                      {"user", record.user},        {"uid", record.uid == -1 ? Json() : Json(record.uid)},
                      {"service", record.service},  {"fields", fields_of(record)},
                      {"hash", to_hex(record.hash)}};
    return object.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

std::string sentence(ChainFault fault, std::int64_t at, std::int64_t other) {
    const auto& row = fault_rows[static_cast<std::size_t>(fault)];
    std::string text;
    for (const char letter : at == other || row.several.empty() ? row.one : row.several) {
        if (letter == '#' || letter == '&')
            text += std::to_string(letter == '#' ? at : other);
        else
            text += letter;
    }
    return text;
}

std::string_view word(ChainFault fault) { return fault_rows[static_cast<std::size_t>(fault)].word; }

std::size_t width_of_output() {
    winsize size{};
    const bool known = ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return known ? std::max<std::size_t>(size.ws_col, 40) : 0;
}

}  // namespace stepup
