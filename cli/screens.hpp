#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/stepup_client.hpp"
#include "cli/terminal.hpp"

// What people see. Texts in, texts out; every line ends in a newline.

namespace stepup::cli {

/// `text` with its line breaks, and safe to print.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// Columns that `text` takes; what is not ASCII counts as the locale says.
[[nodiscard]] std::size_t columns(std::string_view text);
/// `text` as `room` columns show it: cut where it is too long.
[[nodiscard]] std::string cut(std::string_view text, std::size_t room);

/// `text` with line breaks between words, so that no line takes more than `room` columns; 0: as it is. A word that is
/// longer stays whole.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t room);

/// `text` and blanks up to `room` columns.
[[nodiscard]] std::string padded(const std::string& text, std::size_t room);
/// `seconds` since 1970 in local time, as strftime(3) says.
[[nodiscard]] std::string date(std::uint64_t seconds, const char* format);

[[nodiscard]] std::string factors_table(const std::vector<Factor>& factors, const Canvas& canvas);
/// As wide as a terminal of 80 columns: a fingerprint is read whole or not at all.
[[nodiscard]] std::string keys_table(const std::vector<TrustedKey>& keys);
/// One factor a line, in words.
[[nodiscard]] std::string factors_in_words(const std::vector<Factor>& factors);

/// totp "phone"
[[nodiscard]] std::string in_words(const Factor& factor);
/// What would do for the PAM service, numbered from 1; no newline at the end.
[[nodiscard]] std::string choices_screen(const std::vector<Factor>& factors, const std::string& service);

[[nodiscard]] std::string status_screen(const Status& status, const std::string& service);
[[nodiscard]] std::string recovery_screen(const RecoveryCount& count);
[[nodiscard]] std::string recovery_codes_screen(const std::vector<std::string>& codes);
[[nodiscard]] std::string enroll_screen(const Started& started, const Canvas& canvas);
/// The same for a screen reader: no picture, the secret letter by letter.
[[nodiscard]] std::string plain_enroll_screen(const Started& started);

/// "9 min 20 s"
[[nodiscard]] std::string duration(std::uint32_t seconds);
/// "GEZD GNBV GY3T"
[[nodiscard]] std::string in_groups(std::string_view secret);

/// "    G E Z D\n    G N B V\n": as it is read out.
[[nodiscard]] std::string spelled_out(std::string_view secret);

/// `text` as a QR code in half blocks, with its quiet zone; nothing if `canvas` cannot show it.
[[nodiscard]] std::optional<std::string> qr_code(const std::string& text, const Canvas& canvas);

}  // namespace stepup::cli
