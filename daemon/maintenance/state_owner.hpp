#pragma once

#include <filesystem>

#include <sys/types.h>

#include "common/result.hpp"

namespace stepup {

/// The owner of `path`, not followed if it is a link. Errors: not_found, unavailable.
[[nodiscard]] Result<uid_t> owner_of(const std::filesystem::path& path);

/// If we are root: becomes `owner` for good, so that nothing we make beside the daemon's files is root's (it could not
/// open them any more). Without root's rights it does nothing. Errors: unavailable.
[[nodiscard]] Result<> become(uid_t owner);

}  // namespace stepup
