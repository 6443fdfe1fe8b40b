#include "daemon/maintenance/replace_store.hpp"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/maintenance/key_place.hpp"

namespace stepup {
namespace {

constexpr const char* name = "stepup.db";
constexpr const char* log = "stepup.db-wal";
constexpr const char* next = "stepup.db.restored";

tl::unexpected<Error> cannot_put_aside() { return fail(Errc::unavailable, "what is there cannot be put aside"); }

/// "stepup.db.before-1795325149", or a later second if that is taken, by a log alone, too.
std::string free_name(int folder, const std::string& of) {
    for (auto second = std::time(nullptr);; ++second) {
        auto aside = of + ".before-" + std::to_string(second);
        if (!exists(folder, aside) && !exists(folder, aside + "-wal")) return aside;
    }
}

bool link_if_there(int folder, const std::string& from, const std::string& to) {
    return ::linkat(folder, from.c_str(), folder, to.c_str(), 0) == 0 || errno == ENOENT;
}

/// The log gets its second name first, so that no database is ever without what was committed to it; and its old name
/// is gone before another database comes, which would take it for its own.
Result<> put_database_aside(int folder) {
    const auto aside = free_name(folder, name);
    if (!link_if_there(folder, log, aside + "-wal")) return cannot_put_aside();
    if (::renameat(folder, name, folder, aside.c_str()) != 0 && errno != ENOENT) return cannot_put_aside();
    ::unlinkat(folder, log, 0);
    ::unlinkat(folder, "stepup.db-shm", 0);
    if (exists(folder, log) || ::fsync(folder) != 0) return cannot_put_aside();
    return {};
}

}  // namespace

Result<PrivateFolder> hold_folder(const StorePlace& store) {
    if (!store.has_folder
        && (::mkdir(store.folder.c_str(), S_IRWXU) != 0
            || ::chown(store.folder.c_str(), store.owner, store.group) != 0))
        return fail(Errc::unavailable, "the state folder cannot be made");
    const AsOwner owner(store);
    auto folder = TRY(open_private_folder(store.folder));
    if (::flock(folder.fd.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(Errc::conflict, "stepupd runs; stop it first: systemctl stop stepupd.socket stepupd.service");
    return folder;
}

Result<> put_in_place(const StorePlace& store, const PrivateFolder& folder, std::string_view image) {
    const AsOwner owner(store);
    const int fd = folder.fd.get();
    TRY(replace_file(fd, next, image, S_IRUSR | S_IWUSR));  // what takes room and time
    TRY(ensure_private_file(fd, "stepup.mark"));            // from here on, no database is one that is gone
    TRY(put_database_aside(fd));
    if (::renameat(fd, next, fd, name) != 0 || ::fsync(fd) != 0)
        return fail(Errc::unavailable, "the restored database cannot be put in its place");
    return {};
}

Result<> install_key(const StorePlace& store, const Secret& master) {
    const std::filesystem::path path(store.key);
    std::error_code there;
    std::filesystem::create_directories(path.parent_path(), there);
    const UniqueFd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return fail(Errc::unavailable, "the folder of the master key cannot be opened");
    const std::string key = path.filename();
    const auto form = TRY(form_of_key(store.key, master));
    if (!link_if_there(folder.get(), key, free_name(folder.get(), key))) return cannot_put_aside();
    return replace_file(folder.get(), key, form.text(), S_IRUSR);
}

}  // namespace stepup
