#include <array>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/maintenance/admin.hpp"
#include "daemon/maintenance/key_place.hpp"
#include "daemon/storage/files.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/recovery_share.hpp"

namespace stepup {
namespace {

/// Seals the master key for a new share, in one transaction with its event.
Result<> entrust(Database& database, const Seal& seal, const Secret& master, const Secret& share,
                 StrongRandom& random) {
    const auto half = TRY(x25519_public(share));
    auto chain = new_chain();
    TRY(database.run(queries::begin));
    TRY(entrust_key(database, seal, master, half, random));
    TRY(chain.load(database));
    TRY(chain.append(database, admin_event(Event::recovery_share_made)));
    TRY(database.run(queries::commit));
    show(chain);
    return {};
}

Result<Secret> new_share(const StorePlace& store, const Secret& master, bool renew, StrongRandom& random) {
    const AsOwner owner(store);
    auto database = TRY(Database::join(store.database));
    const auto ring = TRY(open_key_ring(database, master, random));
    if (ring.successor) return fail(Errc::conflict, "a rotation was cut short; finish it: stepup admin key rotate");
    const auto there = TRY(database.first<Bytes>(queries::read_meta, meta::share));
    if (there && !renew)
        return fail(Errc::conflict,
                    "there is one already; --new makes another, and backups made before still need the old one");
    Secret share = make_share(random);
    TRY(entrust(database, ring.seal, master, share, random));
    return share;
}

Result<Database> open_alone(const StorePlace& store) {
    const AsOwner owner(store);
    auto database = Database::open(store.database, Database::Access::write);
    if (!database && database.error().code == Errc::conflict)
        return fail(Errc::conflict, "stepupd runs; stop it first: systemctl stop stepupd.socket stepupd.service");
    return database;
}

/// The key that is to stand in the file: a new one, or that of a rotation that was cut short.
Result<Secret> next_key(Database& database, const StorePlace& store, StrongRandom& random) {
    const Secret master = TRY(read_master_key(store.key));
    const AsOwner owner(store);
    auto ring = TRY(open_key_ring(database, master, random));
    if (ring.successor) return *std::move(ring.successor);
    std::array<char, master_key_size> bytes{};
    random.fill(bytes);
    Secret next;
    (void)next.take(bytes);
    auto chain = new_chain();
    const auto epoch = std::to_string(ring.seal.epoch() + 1);
    TRY(rotate_key(database, ring.seal, next, random, chain, admin_event(Event::key_rotated, {{"epoch", epoch}})));
    show(chain);
    return next;
}

}  // namespace

Result<> show_new_share(const AdminWords& words) {
    KernelRandom random;
    const auto store = TRY(find_store(words));
    const Secret master = TRY(read_master_key(store.key));
    const Secret share = TRY(new_share(store, master, words.renew, random));
    const auto letters = share_in_words(share);
    say(words, letters, {{"recovery_share", letters}});
    std::fputs("Write it down and keep it apart from this host and from its backups. It is not shown again.\n"
               "With it, a backup brings everything back on a new host; without it, no backup does.\n",
               stderr);
    return {};
}

Result<> rotate_master_key(const AdminWords& words) {
    KernelRandom random;
    const auto store = TRY(find_store(words));
    const std::filesystem::path key(store.key);
    const UniqueFd folder(::open(key.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::faccessat(folder.get(), ".", W_OK, AT_EACCESS) != 0)
        return fail(Errc::unavailable, "the folder of the master key cannot be written, so the key cannot be replaced");
    auto database = TRY(open_alone(store));
    const Secret next = TRY(next_key(database, store, random));
    const auto form = TRY(form_of_key(store.key, next));
    TRY(replace_file(folder.get(), key.filename(), form.text(), S_IRUSR));
    {
        const AsOwner owner(store);
        TRY(finish_rotation(database));
    }
    const auto shown = printable(store.key, 4096);
    say(words,
        "Everything is sealed with a new master key, in " + shown + ". Keep a copy of it; the old one opens nothing.",
        {{"key", shown}});
    return {};
}

}  // namespace stepup
