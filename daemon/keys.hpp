#pragma once

#include <string>

#include "common/result.hpp"
#include "daemon/settings.hpp"

namespace stepup {

/// Where the master key is: `[keys] master`, else $CREDENTIALS_DIRECTORY/master.key; "" if neither is set.
[[nodiscard]] std::string master_key_path(const Settings& settings);

/// This boot's id, as the kernel makes it, and when process 1 began. Errors: unavailable.
[[nodiscard]] Result<std::string> boot_id();

}  // namespace stepup
