#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stepup::pam {

enum class Phase : std::uint8_t { auth, account, session, password };

[[nodiscard]] std::string_view name_of(Phase phase);

/// One rule of a file in /etc/pam.d, read as libpam reads it (pam.d(5)).
struct Line {
    std::optional<Phase> phase;  ///< nothing: "@include", which stands for every phase; or it is garbled
    std::string control;         ///< "required", "[success=1 default=ignore]", "include", "substack", "@include"
    std::string module;          ///< or the file that is included
    std::vector<std::string> arguments;  ///< without comments
    std::size_t first = 0;               ///< of the lines of the text, from 0
    std::size_t count = 1;               ///< more than one where it goes on after a backslash
    bool garbled = false;                ///< no phase, no control or no module: libpam refuses whoever comes by it

    [[nodiscard]] bool includes() const;
    /// Whether it names our module, wherever that lies.
    [[nodiscard]] bool is_ours() const;
    /// "pam_unix" of /lib/security/pam_unix.so
    [[nodiscard]] std::string bare_module() const;
};

/// The rules of `text`; comments and empty lines are none.
[[nodiscard]] std::vector<Line> read_lines(std::string_view text);

/// `text` as its lines, without the newlines.
[[nodiscard]] std::vector<std::string> split(std::string_view text);
/// The other way round; every line ends in a newline.
[[nodiscard]] std::string joined(const std::vector<std::string>& lines);

}  // namespace stepup::pam
