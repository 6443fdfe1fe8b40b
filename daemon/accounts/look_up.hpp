#pragma once

#include <string>
#include <vector>

#include "daemon/core/ports.hpp"

// Questions to this host's name service (nsswitch.conf). They block, for as long as a directory likes.

namespace stepup {

/// The account that `name` means, and which of `groups` it is in. Errors: not_found, unavailable.
[[nodiscard]] Result<Account> look_up_account(const std::string& name, const std::vector<std::string>& groups);
[[nodiscard]] Result<Account> look_up_account(uid_t uid, const std::vector<std::string>& groups);

/// True if the name service knows `group` now.
[[nodiscard]] bool is_group(const std::string& group);

/// The numbers of all groups of that name which the name service lists, each once; a directory may list none of its
/// own.
[[nodiscard]] std::vector<gid_t> gids_listed(const std::string& group);

}  // namespace stepup
