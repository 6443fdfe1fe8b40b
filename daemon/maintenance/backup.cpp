#include <cstdio>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/maintenance/admin.hpp"
#include "daemon/maintenance/key_place.hpp"
#include "daemon/storage/backup.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

struct ToSeal {
    Database copy;
    Bytes public_share;
};

/// Everything as it is now, and whom it is to be sealed for. The daemon goes on meanwhile.
Result<ToSeal> take_copy(const StorePlace& store, const Secret& master, StrongRandom& random) {
    const AsOwner owner(store);
    auto database = TRY(Database::open(store.database, Database::Access::read));
    const auto ring = TRY(open_key_ring(database, master, random));
    auto share = TRY(public_share_of(database, ring.seal));
    if (!share)
        return fail(Errc::not_found,
                    "nobody could open a backup yet; 'stepup admin recovery-share' makes the share that does");
    auto copy = TRY(database.copy());
    return ToSeal{std::move(copy), *std::move(share)};
}

/// Writes the backup under another name first, so that a file of its name is a whole one; replaces none.
Result<> write_file(const std::filesystem::path& path, ToSeal& what, StrongRandom& random) {
    const auto image = TRY(what.copy.image());
    const std::string part = path.string() + ".part";
    ::unlink(part.c_str());
    UniqueFd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd) return fail(Errc::unavailable, "the backup cannot be written there: no such folder, or no right to it");
    auto written = write_backup(fd.get(), image, what.public_share, SystemClock().now().wall, random);
    constexpr const char* cannot = "the backup cannot be written: no room, or a disk that fails";
    if (written && ::fsync(fd.get()) != 0) written = fail(Errc::unavailable, cannot);
    if (written && ::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
        written = errno == EEXIST ? fail(Errc::conflict, "there is a file of that name; a backup replaces none")
                                  : fail(Errc::unavailable, cannot);
    const auto folder = path.has_parent_path() ? path.parent_path().string() : ".";
    const UniqueFd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (written && (!parent || ::fsync(parent.get()) != 0)) written = fail(Errc::unavailable, cannot);
    if (!written) ::unlink(part.c_str());
    return written;
}

std::string now_in_words() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// In the trail, and beside the database for the day it does not open.
Result<> write_down(const StorePlace& store, const std::string& path) {
    const AsOwner owner(store);
    TRY(note_backup(store.database, now_in_words() + ' ' + path));
    auto database = TRY(Database::join(store.database));
    auto chain = new_chain();
    TRY(database.run(queries::begin));
    TRY(chain.load(database));
    TRY(chain.append(database, admin_event(Event::backup_made, {{"file", path}})));
    TRY(database.run(queries::commit));
    show(chain);
    return {};
}

}  // namespace

Result<> make_backup(const AdminWords& words) {
    KernelRandom random;
    const auto store = TRY(find_store(words));
    const Secret master = TRY(read_master_key(store.key));
    auto copy = TRY(take_copy(store, master, random));
    const auto path = std::filesystem::absolute(words.file);
    TRY(write_file(path, copy, random));
    const auto shown = printable(path.string(), 4096);
    say(words, "Wrote " + shown + ". It opens with the recovery share alone.", {{"backup", shown}});
    if (const auto noted = write_down(store, path.string()); !noted)
        std::fprintf(stderr, "stepup: the backup is whole, but was not written down: %s\n", noted.error().why);
    return {};
}

}  // namespace stepup
