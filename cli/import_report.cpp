#include "cli/import_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/screens.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

constexpr std::size_t place_room = 10;  ///< columns: "line 1,234"
constexpr std::size_t word_room = 10;   ///< "left there"

/// `text` behind `head`, wrapped to stand below itself.
std::string beside(const std::string& head, const std::string& text, std::size_t width) {
    const auto indent = columns(head);
    std::string lines = wrapped(text, width == 0 ? 0 : std::max<std::size_t>(width - std::min(width, indent), 20));
    const std::string gap = '\n' + std::string(indent, ' ');
    for (std::size_t at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + gap.size()))
        lines.replace(at, 1, gap);
    return head + lines + '\n';
}

}  // namespace

std::string in_words(const foreign::Generator& generator) {
    const auto digits = std::to_string(generator.digits) + " digits";
    if (!generator.counts_time)
        return "hotp, " + digits + ", from its code " + std::to_string(generator.counter) + " on";
    return "totp, " + digits + " every " + std::to_string(generator.period) + " s"
        + (generator.algorithm == "SHA1" ? "" : ", " + generator.algorithm);
}

std::string report_screen(const FileReport& report, std::size_t width) {
    std::string text
        = printable(report.path, 1024) + (report.user.empty() ? "" : ", of " + printable(report.user)) + '\n';
    for (const auto& note : report.notes) {
        const auto place = note.line == 0 ? std::string() : "line " + std::to_string(note.line);
        const auto head = "  " + padded(place, place_room) + "  "
            + padded(std::string(row_of(note.outcome).word), word_room) + "  ";
        text += beside(head, (note.user.empty() ? "" : printable(note.user, 64) + ": ") + note.text, width);
    }
    if (!report.trouble.empty()) text += beside("  ", report.trouble, width);
    if (!report.renamed.empty()) text += beside("  ", "It is " + printable(report.renamed, 1024) + " now.", width);
    return text;
}

nlohmann::json report_json(const FileReport& report) {
    auto lines = nlohmann::json::array();
    for (const auto& note : report.notes) {
        nlohmann::json line{{"line", note.line}, {"outcome", row_of(note.outcome).name}, {"what", note.text}};
        if (!note.user.empty()) line["user"] = printable(note.user, 64);
        lines.push_back(line);
    }
    nlohmann::json json{{"file", printable(report.path, 1024)}, {"lines", lines}};
    if (!report.user.empty()) json["user"] = printable(report.user, 64);
    if (!report.trouble.empty()) json["trouble"] = report.trouble;
    if (!report.renamed.empty()) json["renamed"] = printable(report.renamed, 1024);
    return json;
}

std::size_t count(const std::vector<FileReport>& reports, foreign::Outcome outcome) {
    std::size_t total = 0;
    for (const auto& report : reports)
        total += static_cast<std::size_t>(
            std::count_if(report.notes.begin(), report.notes.end(),
                          [&](const foreign::Note& note) { return note.is_factor && note.outcome == outcome; }));
    return total;
}

std::string summary_line(const std::vector<FileReport>& reports) {
    std::string text;
    for (const auto& row : foreign::outcomes) {
        const auto total = count(reports, row.outcome);
        if (total > 0) text += (text.empty() ? "" : ", ") + std::to_string(total) + ' ' + std::string(row.word);
    }
    return text.empty() ? "There is nothing to take.\n" : text + ".\n";
}

}  // namespace stepup::cli
