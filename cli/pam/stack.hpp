#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/pam/control.hpp"
#include "cli/pam/line.hpp"

namespace stepup::pam {

/// Where PAM's files are.
struct Places {
    std::vector<std::string> services{"/etc/pam.d", "/usr/lib/pam.d"};  ///< the first that has a file wins
    std::vector<std::string> modules;             ///< folders of modules, where a path is not absolute
    std::map<std::string, std::string> drafts{};  ///< what a file is to hold, in the place of what it holds

    /// Those of this host.
    [[nodiscard]] static Places usual();
    /// The file of `service`; empty: there is none.
    [[nodiscard]] std::string file_of(const std::string& service) const;
    /// What the file at `path` holds, or is to hold; nothing: it cannot be read.
    [[nodiscard]] std::optional<std::string> text_of(const std::string& path) const;
    /// The module that `name` means; empty: there is none.
    [[nodiscard]] std::string module_called(const std::string& name) const;
};

/// One module of a stack as libpam runs it, with what was included in its place.
struct Entry {
    Line line;
    Control control;
    std::string file;          ///< that has the line
    std::size_t own_line = 0;  ///< index of the line in the service's own file that led here
    unsigned level = 0;        ///< of substacks it stands in
    bool opens_substack = false;
    bool missing = false;  ///< there is no such module

    /// "/etc/pam.d/common-auth:17"
    [[nodiscard]] std::string place() const;
};

struct Stack {
    std::vector<Entry> entries;
    std::string broken;  ///< a sentence: an include that leads nowhere; libpam refuses then
};

/// What libpam runs for `phase` of `service`.
[[nodiscard]] Stack effective(const Places& places, const std::string& service, Phase phase);
/// The same if the service's own file had this text.
[[nodiscard]] Stack effective(const Places& places, const std::string& file, std::string_view text, Phase phase);
/// `stack`; or that of the service `other`, which libpam takes where a service has no line for `phase`.
[[nodiscard]] Stack or_others(Stack stack, const Places& places, Phase phase);

}  // namespace stepup::pam
