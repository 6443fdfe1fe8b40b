#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/address_set.hpp"

namespace stepup {

/// What a folder of lists said.
struct AddressLists {
    AddressSet networks;
    bool readable = true;  ///< false: a file or the folder could not be read; a folder that is not there can
    std::vector<std::string> problems;  ///< one line each, ten at most: what was passed over, and where
};

/// Reads every file of `folder` but those whose names begin with a dot or end in "~": a network or an address a line,
/// what stands behind `#` or `;` is a remark. A line that is neither is passed over and named among the problems.
[[nodiscard]] AddressLists read_lists(const std::filesystem::path& folder);

}  // namespace stepup
