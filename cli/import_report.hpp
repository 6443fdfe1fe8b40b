#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/foreign/reading.hpp"
#include "cli/stepup_client.hpp"

namespace stepup::cli {

/// What became of one file.
struct FileReport {
    std::string path;
    std::string user;  ///< whose it is; empty: its lines say
    std::vector<foreign::Note> notes;
    std::string trouble;  ///< why it was not read, or keeps its name
    std::string renamed;  ///< its name now, where it has another
};

/// totp, 6 digits every 30 s
[[nodiscard]] std::string in_words(const foreign::Generator& generator);

/// A line of the file each, within `width` columns; lines end in a newline.
[[nodiscard]] std::string report_screen(const FileReport& report, std::size_t width);
[[nodiscard]] nlohmann::json report_json(const FileReport& report);
/// 2 taken, 1 is here.
[[nodiscard]] std::string summary_line(const std::vector<FileReport>& reports);

[[nodiscard]] std::size_t count(const std::vector<FileReport>& reports, foreign::Outcome outcome);

}  // namespace stepup::cli
