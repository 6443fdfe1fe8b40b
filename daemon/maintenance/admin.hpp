#pragma once

#include "daemon/maintenance/place.hpp"

// What `stepup admin` does: one function a command; stepup(1) says what each promises.

namespace stepup {

[[nodiscard]] Result<> make_backup(const AdminWords& words);
[[nodiscard]] Result<> restore_backup(const AdminWords& words);
[[nodiscard]] Result<> show_new_share(const AdminWords& words);
[[nodiscard]] Result<> rotate_master_key(const AdminWords& words);

}  // namespace stepup
