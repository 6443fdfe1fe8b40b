#pragma once

#include <filesystem>
#include <vector>

#include "common/unique_fd.hpp"
#include "policy/config_files.hpp"
#include "policy/diagnosis.hpp"

// The files of the policy while root changes them.

namespace stepup {

/// One file as it is and as it is to be.
struct FileChange {
    std::filesystem::path file;
    std::string before;  ///< "" where there was none
    std::string after;
};

/// While it lives, nobody else changes files of `folder` this way. Errors: somebody does so now; there is no folder.
[[nodiscard]] Read<UniqueFd> lock_folder(const std::filesystem::path& folder);

/// `texts` with the change in them; a drop-in that is new stands in the order of the names.
[[nodiscard]] ConfigTexts with_change(ConfigTexts texts, const FileChange& change);

/// Writes what is to be, in one step; keeps owner and mode, and a link a link. A new file is everybody's to read.
/// Errors: the file is not what it was before; it cannot be written.
[[nodiscard]] Read<void> put_in_place(const FileChange& change);

}  // namespace stepup
