#include "cli/screens.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <cwchar>

#include "common/printable.hpp"

namespace stepup::cli {

std::string date(std::uint64_t seconds, const char* format) {
    const auto moment = static_cast<std::time_t>(seconds);
    std::tm local{};
    std::array<char, 32> text{};
    ::localtime_r(&moment, &local);
    return {text.data(), std::strftime(text.data(), text.size(), format, &local)};
}

namespace {

std::string last_used(const Factor& factor) {
    return factor.last_used == 0 ? "never" : date(factor.last_used, "%Y-%m-%d %H:%M");
}
std::string day(std::uint64_t seconds) { return date(seconds, "%Y-%m-%d"); }
std::string what_is_left(const Factor& factor) {
    return std::to_string(factor.left) + " of " + std::to_string(factor.issued) + " left";
}
std::string label(const Factor& factor) { return factor.issued > 0 ? what_is_left(factor) : factor.label; }

using Row = std::array<std::string, 7>;

Row row(const Factor& factor) {
    return {std::to_string(factor.id),
            factor.primary ? "*" : "",
            factor.type,
            label(factor),
            factor.strength,
            factor.active ? day(factor.enrolled) : "unconfirmed",
            factor.last_used == 0 ? "never" : day(factor.last_used)};
}

/// The next character of `text`: its bytes and its columns. What the locale does not know counts as one byte, one
/// column.
std::pair<std::size_t, std::size_t> next_character(std::string_view text) {
    std::mbstate_t state{};
    wchar_t letter = 0;
    const auto bytes = std::mbrtowc(&letter, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return {1, 1};
    return {bytes, static_cast<std::size_t>(std::max(::wcwidth(letter), 0))};
}

}  // namespace

std::string printable_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        if (!line.empty()) out += printable(line, 1024);
        if (end == std::string_view::npos) break;
        out += '\n';
        text.remove_prefix(end + 1);
    }
    return out;
}

std::size_t columns(std::string_view text) {
    std::size_t total = 0;
    while (!text.empty()) {
        const auto [bytes, width] = next_character(text);
        total += width;
        text.remove_prefix(bytes);
    }
    return total;
}

std::string cut(std::string_view text, std::size_t room) {
    if (columns(text) <= room) return std::string(text);
    std::string out;
    for (std::size_t used = 0; !text.empty();) {
        const auto [bytes, width] = next_character(text);
        if (used + width + 2 > room) break;
        used += width;
        out += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    return out + "..";
}

std::string wrapped(std::string_view text, std::size_t room) {
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto word = text.substr(0, std::min(text.find_first_of(" \n", 1), text.size()));
        const auto takes = columns(word);
        const bool breaks = word.front() == ' ' && room > 0 && used + takes > room;
        used = breaks ? takes - 1 : word.front() == '\n' ? takes - columns("\n") : used + takes;
        out += breaks ? '\n' + std::string(word.substr(1)) : std::string(word);
        text.remove_prefix(word.size());
    }
    return out;
}

std::string padded(const std::string& text, std::size_t room) {
    const auto takes = columns(text);
    return text + std::string(takes < room ? room - takes : 0, ' ');
}

std::string factors_table(const std::vector<Factor>& factors, const Canvas& canvas) {
    constexpr std::size_t label_column = 3;
    std::vector<Row> rows{{"ID", "", "TYPE", "LABEL", "STRENGTH", "ENROLLED", "LAST USED"}};
    for (const auto& factor : factors) rows.push_back(row(factor));
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const auto& one : rows)
        for (std::size_t i = 0; i < one.size(); ++i) widths[i] = std::max(widths[i], columns(one[i]));
    std::size_t others = 2 * (widths.size() - 1);
    for (std::size_t i = 0; i < widths.size(); ++i) others += i == label_column ? 0 : widths[i];
    if (canvas.width > others + 8) widths[label_column] = std::min(widths[label_column], canvas.width - others);
    std::string table;
    for (const auto& one : rows) {
        std::string line;
        for (std::size_t i = 0; i < one.size(); ++i) line += padded(cut(one[i], widths[i]), widths[i] + 2);
        table += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    const bool has_primary = std::any_of(factors.begin(), factors.end(), [](const auto& one) { return one.primary; });
    return has_primary ? table + "* is asked for first.\n" : table;
}

std::string keys_table(const std::vector<TrustedKey>& keys) {
    constexpr std::size_t fingerprint_width = 50;  // with the rest, 79 columns
    const auto line = [](const std::string& id, const std::string& key, const std::string& until,
                         const std::string& used) {
        return padded(id, 3) + "  " + padded(key, fingerprint_width) + "  " + padded(until, 10) + "  " + used + '\n';
    };
    std::string table = line("ID", "KEY", "UNTIL", "LAST USED");
    for (const auto& key : keys)
        table += line(std::to_string(key.id), key.fingerprint, day(key.expires),
                      key.last_used == 0 ? "never" : day(key.last_used));
    return table;
}

std::string factors_in_words(const std::vector<Factor>& factors) {
    std::string text;
    for (const auto& factor : factors) {
        text += "Factor " + std::to_string(factor.id) + ": " + factor.type + ", " + label(factor);
        if (factor.strength != factor.type) text += ", as strong as " + factor.strength;
        if (factor.primary) text += ", asked for first";
        text += factor.active ? ", enrolled " + day(factor.enrolled) : ", not confirmed yet";
        text += ", last used " + last_used(factor) + ".\n";
    }
    return text;
}

std::string in_words(const Factor& factor) {
    return factor.type + (factor.issued > 0 ? " (" + what_is_left(factor) + ')' : " \"" + factor.label + '"');
}

std::string choices_screen(const std::vector<Factor>& factors, const std::string& service) {
    std::string text = "For " + printable(service, 64) + " one of these will do:";
    for (std::size_t i = 0; i < factors.size(); ++i)
        text += "\n  " + std::to_string(i + 1) + "  " + in_words(factors[i])
            + (factors[i].primary ? ", asked for first" : "");
    return text;
}

std::string duration(std::uint32_t seconds) {
    if (seconds < 60) return std::to_string(seconds) + " s";
    const auto minutes = seconds / 60;
    if (minutes >= 60) return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
    return std::to_string(minutes) + " min" + (seconds % 60 == 0 ? "" : " " + std::to_string(seconds % 60) + " s");
}

std::string status_screen(const Status& status, const std::string& service) {
    std::string text
        = "Enrolled:  " + std::string(status.enrolled ? "yes" : "no, `stepup enroll totp` sets a factor up") + '\n';
    text += "Policy:    a second factor is " + status.requirement + " for "
        + (service.empty() ? "stepup itself" : printable(service, 64)) + '\n';
    if (!status.recent) return text + "Recent:    no\n";
    const std::string where = status.scope == "user" ? "everywhere on this host" : "in this " + status.scope;
    return text + "Recent:    yes, by " + status.factor + ", " + where + ", for another " + duration(status.remaining)
        + '\n';
}

std::string recovery_screen(const RecoveryCount& count) {
    if (count.issued == 0) return "You have no recovery codes.\n";
    std::string text
        = std::to_string(count.left) + " of " + std::to_string(count.issued) + " recovery codes are left.\n";
    if (count.left <= 3) text += "`stepup recovery regenerate` makes new ones.\n";
    return text;
}

std::string recovery_codes_screen(const std::vector<std::string>& codes) {
    std::string text = "\nSave these recovery codes now; they are never shown again. Each lets you in\n"
                       "once, should you lose your device. Keep them where you find them without it.\n\n";
    for (std::size_t i = 0; i < codes.size(); ++i)
        text += "    " + codes[i] + (i % 2 == 1 || i + 1 == codes.size() ? "\n" : "");
    return text + '\n';
}

std::string in_groups(std::string_view secret) {
    std::string text;
    for (std::size_t i = 0; i < secret.size(); i += 4) text += (i == 0 ? "" : " ") + std::string(secret.substr(i, 4));
    return text;
}

std::string spelled_out(std::string_view secret) {
    std::string text;
    for (std::size_t i = 0; i < secret.size(); ++i)
        text += (i % 4 != 0 ? " " : i == 0 ? "    " : "\n    ") + std::string(1, secret[i]);
    return text + '\n';
}

std::string plain_enroll_screen(const Started& started) {
    return "Type this secret into your authenticator app, four letters or digits a line:\n\n"
        + spelled_out(printable(started.secret)) + "\nOr open this link on the device:\n\n    "
        + printable(started.uri, 1024) + "\n\n";
}

std::string enroll_screen(const Started& started, const Canvas& canvas) {
    std::string text;
    const auto picture = qr_code(started.uri, canvas);
    if (picture) text += "Scan this with your authenticator app:\n\n" + *picture + '\n';
    text += picture ? "Or open this link on the device:\n\n    " : "Open this link on your device:\n\n    ";
    text += printable(started.uri, 1024) + "\n\nOr type this secret into the app:\n\n    ";
    return text + in_groups(printable(started.secret)) + "\n\n";
}

}  // namespace stepup::cli
