#include "daemon/storage/key_check.hpp"

#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {

Result<> check_key(Database& database, const Seal& seal) {
    const auto stored = TRY(database.first<Bytes>(queries::read_meta, meta::key_check));
    if (stored) {
        if (equal_constant_time(*stored, seal.key_check())) return {};
        return fail(Errc::untrusted,
                    "this is not the key the database was sealed with; restore the key that belongs to it");
    }
    if (TRY(database.first<bool>(queries::anything_sealed)).value_or(true))
        return fail(Errc::corrupt, "the database has secrets but does not say with which key they were sealed");
    TRY(database.run(queries::write_meta, meta::key_check, Blob{seal.key_check()}));
    return {};
}

}  // namespace stepup
