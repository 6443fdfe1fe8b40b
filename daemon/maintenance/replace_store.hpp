#pragma once

#include <string_view>

#include "common/secret.hpp"
#include "daemon/maintenance/place.hpp"
#include "daemon/storage/files.hpp"

namespace stepup {

/// Makes the state folder if there is none, and keeps stepupd out of it until what is returned goes.
/// Errors: conflict (stepupd runs), untrusted, unavailable.
[[nodiscard]] Result<PrivateFolder> hold_folder(const StorePlace& store);

/// Puts `image` in the place of the database. What was there stays whole, log and all, as "stepup.db.before-TIME".
/// Whenever it is killed, the old database is in its place, or the new one is, or none is and stepupd says so and does
/// not start. Errors: unavailable.
[[nodiscard]] Result<> put_in_place(const StorePlace& store, const PrivateFolder& folder, std::string_view image);

/// Puts `master` into the key file; one that was there stays as "….before-TIME". Errors: unavailable.
[[nodiscard]] Result<> install_key(const StorePlace& store, const Secret& master);

}  // namespace stepup
