#pragma once

#include "common/result.hpp"
#include "daemon/storage/database.hpp"
#include "daemon/storage/seal.hpp"

namespace stepup {

/// Makes sure that the database was sealed with this key; an empty database is bound to it. Errors: untrusted (another
/// key), corrupt (there are secrets, but nothing says by which key).
[[nodiscard]] Result<> check_key(Database& database, const Seal& seal);

}  // namespace stepup
