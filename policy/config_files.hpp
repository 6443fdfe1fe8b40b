#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "policy/diagnosis.hpp"

namespace stepup {

/// One configuration file: its text, and the name that errors give it.
struct ConfigText {
    std::string name;
    std::string text;
    [[nodiscard]] bool operator==(const ConfigText&) const = default;
};

/// A main file, then its drop-ins.
using ConfigTexts = std::vector<ConfigText>;

enum class MainFile : std::uint8_t { needed, may_be_missing };

/// Reads `main` and every `*.toml` of the folder beside it that has its name and ends in `.d`, in the order of their
/// names: for policy.toml, policy.d/*.toml. Names that begin with a dot are passed over. A main file that may be
/// missing and is, counts as empty. Errors: a file that cannot be read, is no regular file, or is larger than 1 MiB.
[[nodiscard]] Read<ConfigTexts> read_config(const std::filesystem::path& main, MainFile needed);

/// Every `*.toml` of `folder`, as above; none if there is no such folder.
[[nodiscard]] Read<ConfigTexts> read_drop_ins(const std::filesystem::path& folder);

/// The text of one file. Errors as above.
[[nodiscard]] Read<std::string> read_text(const std::filesystem::path& path);

/// Whose a file is, and who may do what with it.
struct FileRights {
    mode_t mode = 0600;
    uid_t owner = 0;
    gid_t group = 0;
};

/// Replaces `path`: afterwards it holds the old text or the whole new one, also after a power cut. Without `rights` it
/// is of whoever writes it, mode 0600.
[[nodiscard]] Read<void> write_durably(const std::filesystem::path& path, std::string_view text,
                                       const std::optional<FileRights>& rights = std::nullopt);

}  // namespace stepup
