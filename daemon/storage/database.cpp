#include "daemon/storage/database.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/bytes.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

constexpr int application_id = 0x53745570;  // "StUp": tells our files from anybody's
constexpr int log_length = 1000;            // pages the write-ahead log is made long from the start
constexpr int log_tidied_at = 200;          // pages after which it is moved into the database when nobody waits,
constexpr int log_tidied_latest_at = 900;   // and when somebody does

constexpr const char* connection_settings = "PRAGMA busy_timeout = 5000;"
                                            "PRAGMA foreign_keys = ON;"
                                            "PRAGMA trusted_schema = OFF;"
                                            "PRAGMA cell_size_check = ON;"
                                            "PRAGMA temp_store = MEMORY;";
constexpr const char* writer_settings = "PRAGMA synchronous = FULL;"  // NORMAL may lose a commit with the power
                                        "PRAGMA secure_delete = ON;";

/// One daemon per folder: the chain's head is kept in memory. The kernel lets go of the lock when the process ends.
Result<UniqueFd> lock_folder(UniqueFd folder) {
    if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(Errc::conflict, "another stepupd uses this state folder");
    return folder;
}

int remember_log_length(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

std::string uri_path(const std::string& path) {
    std::string out;
    for (const char letter : path) {
        if (letter == '%' || letter == '?' || letter == '#')
            out += '%' + to_hex(std::string_view(&letter, 1));
        else
            out += letter;
    }
    return out;
}

constexpr const char* unserved = "the database did not serve us";
constexpr const char* read_only = "the database is read-only: its file, or the file system";
constexpr const char* full = "the disk of the database is full";
constexpr const char* gone = "the database is gone, but there was one; restore a backup (stepup admin restore), or, to "
                             "begin with nobody enrolled, remove stepup.mark";

}  // namespace

bool is_disk_full(const Error& error) { return std::string_view(error.why) == full; }

tl::unexpected<Error> sql_failure(int code, std::source_location where) {
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT: return fail(Errc::conflict, "the database has a row that excludes this one", where);
    case SQLITE_CORRUPT: return fail(Errc::corrupt, "the database is damaged", where);
    case SQLITE_NOTADB: return fail(Errc::corrupt, "the database file holds something else", where);
    case SQLITE_FULL: return fail(Errc::unavailable, full, where);
    case SQLITE_IOERR: return fail(Errc::unavailable, "the disk of the database fails", where);
    case SQLITE_READONLY: return fail(Errc::unavailable, read_only, where);
    case SQLITE_BUSY: return fail(Errc::unavailable, "another process holds the database locked", where);
    case SQLITE_CANTOPEN: return fail(Errc::unavailable, "the database cannot be opened", where);
    default: return fail(Errc::unavailable, unserved, where);
    }
}

Result<Database> Database::open(const std::string& path, Access access, const char* vfs,
                                std::span<const Migration> steps) {
    const std::filesystem::path file(path);
    const std::string name = file.filename();
    auto folder = TRY(open_private_folder(file.has_parent_path() ? file.parent_path().string() : "."));
    const bool had_one = exists(folder.fd.get(), beside(name, "mark"));
    if (access == Access::write && had_one && !exists(folder.fd.get(), name)) return fail(Errc::not_found, gone);
    if (::faccessat(folder.fd.get(), ".", W_OK, AT_EACCESS) != 0 && errno == EROFS)
        return fail(Errc::unavailable, read_only);
    Database database;
    if (access == Access::write) database.created_ = TRY(ensure_private_file(folder.fd.get(), name));
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) TRY(check_private_file(folder.fd.get(), name + suffix));
    if (access == Access::write) database.lock_ = TRY(lock_folder(std::move(folder.fd)));
    const std::string resolved = folder.path + '/' + name;
    TRY(database.connect(resolved, access, vfs));
    if (access == Access::read) {
        database.places_.push_back(TRY(FileId::of(resolved)));
        return database;
    }
    TRY(database.check(had_one));
    TRY(database.migrate(steps));
    TRY(database.lengthen_log());
    TRY(database.remember_places(resolved));
    return database;
}

Result<Database> Database::open_copy(const std::string& path) {
    std::error_code missing;
    const auto file = std::filesystem::canonical(path, missing);
    if (missing) return fail(Errc::not_found, "there is no such file, or it cannot be reached");
    Database database;
    TRY(database.connect_reading(file.string()));
    const auto application = TRY(database.first<int>(queries::application));
    if (application != application_id) return fail(Errc::corrupt, "the file is not a database of StepUp");
    if (TRY(database.first<int>(queries::version)).value_or(0) > static_cast<int>(migrations().size()))
        return fail(Errc::conflict, "the database was written by a newer StepUp; install that version again");
    return database;
}

/// A file beside which nothing can be made (a medium that is read-only) is opened as one that nobody writes; only where
/// no write-ahead log belongs to it, which would be left out.
Result<> Database::connect_reading(const std::string& path) {
    auto opened = connect(path, Access::read, nullptr);
    if (opened) opened = first<std::int64_t>(queries::audit_head).map([](auto) {});
    std::error_code ignored;
    const auto log = std::filesystem::file_size(path + "-wal", ignored);
    if (opened || opened.error().code != Errc::unavailable || (!ignored && log > 0)) return opened;
    statements_.clear();
    return connect("file:" + uri_path(path) + "?immutable=1", Access::read, nullptr);
}

Result<Database> Database::join(const std::string& path) {
    const std::filesystem::path file(path);
    const auto folder = TRY(open_private_folder(file.parent_path()));
    Database database;
    TRY(database.connect(folder.path + '/' + file.filename().string(), Access::write, nullptr));
    TRY(database.check_version());
    return database;
}

Result<Database> Database::copy() {
    Database pages;
    TRY(pages.connect_in_memory());
    auto* backup = sqlite3_backup_init(pages.handle_.get(), "main", handle_.get(), "main");
    if (backup == nullptr) return sql_failure(sqlite3_errcode(pages.handle_.get()));
    const int code = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) return sql_failure(code);
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> bytes(
        sqlite3_serialize(pages.handle_.get(), "main", &size, 0), &sqlite3_free);
    if (!bytes) return fail(Errc::unavailable, "there is no memory for the database");
    return from_image({reinterpret_cast<const char*>(bytes.get()), static_cast<std::size_t>(size)});
}

Result<Database> Database::from_image(std::string_view image) {
    Database database;
    TRY(database.connect_in_memory());
    auto* own = static_cast<unsigned char*>(sqlite3_malloc64(image.size()));
    if (own == nullptr) return fail(Errc::unavailable, "there is no memory for the database");
    std::copy(image.begin(), image.end(), own);
    // A file in WAL mode says so in two bytes; in memory there is no log.
    if (image.size() > 19) own[18] = own[19] = 1;
    const auto size = static_cast<sqlite3_int64>(image.size());
    const int code = sqlite3_deserialize(database.handle_.get(), "main", own, size, size,
                                         SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    if (code != SQLITE_OK) return sql_failure(code);
    if (TRY(database.first<int>(queries::application)) != application_id)
        return fail(Errc::corrupt, "this is no database of ours");
    if (TRY(database.first<std::string>(queries::quick_check)) != "ok")
        return fail(Errc::corrupt, "the database is damaged");
    TRY(database.check_version());
    return database;
}

Result<std::string_view> Database::image() {
    sqlite3_int64 size = 0;
    const auto* bytes = sqlite3_serialize(handle_.get(), "main", &size, SQLITE_SERIALIZE_NOCOPY);
    if (bytes == nullptr) return fail(Errc::unavailable, "there is no memory for the database");
    return std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Result<> Database::connect_in_memory() {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(raw);
    if (code != SQLITE_OK) return sql_failure(code);
    return execute(connection_settings);
}

Result<> Database::connect(const std::string& path, Access access, const char* vfs) {
    const int how = access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    sqlite3* raw = nullptr;
    const int code
        = sqlite3_open_v2(path.c_str(), &raw, how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_URI, vfs);
    handle_.reset(raw);
    if (code != SQLITE_OK) return sql_failure(code);
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    TRY(execute(connection_settings));
    if (access == Access::write) TRY(execute(writer_settings));
    return {};
}

Result<> Database::check(bool existed) {
    const auto application = TRY(first<int>(queries::application));
    const auto tables = TRY(first<int>(queries::anything_in_it));
    if (application != application_id && tables != 0)
        return fail(Errc::corrupt, "the database file belongs to another program");
    if (tables == 0 && existed) return fail(Errc::not_found, gone);
    TRY(execute("PRAGMA journal_mode = WAL"));
    if (TRY(first<std::string>(queries::journal_mode)) != "wal")
        return fail(Errc::unavailable, "the file system cannot hold the database: it has no shared memory (NFS?)");
    if (TRY(first<std::string>(queries::quick_check)) != "ok") return fail(Errc::corrupt, "the database is damaged");
    return {};
}

Result<> Database::migrate(std::span<const Migration> steps) {
    TRY(check_version(steps));
    const auto known = static_cast<int>(steps.size());
    for (int version = TRY(first<int>(queries::version)).value_or(0); version < known; ++version) {
        const std::string stamps = "PRAGMA application_id = " + std::to_string(application_id)
            + "; PRAGMA user_version = " + std::to_string(version + 1) + ';';
        auto migrated = execute("BEGIN IMMEDIATE;" + std::string(steps[static_cast<std::size_t>(version)].sql) + stamps
                                + "COMMIT");
        if (migrated) continue;
        if (in_transaction()) (void)execute("ROLLBACK");
        if (migrated.error().why != unserved) return migrated;
        return fail(Errc::internal, "the database cannot be brought up to date; it stays as it was");
    }
    return {};
}

Result<> Database::check_version(std::span<const Migration> steps) {
    if (TRY(first<int>(queries::version)).value_or(0) <= static_cast<int>(steps.size())) return {};
    return fail(Errc::conflict, "the database was written by a newer StepUp; install that version again");
}

Result<> Database::remember_places(const std::string& path) {
    for (const char* suffix : {"", "-wal", "-shm"}) places_.push_back(TRY(FileId::of(path + suffix)));
    return {};
}

Result<> Database::still_in_place() const {
    for (const auto& file : places_)
        if (!file.is_in_place())
            return fail(Errc::unavailable, "the database was deleted or replaced while it was in use");
    return {};
}

Result<bool> Database::changed_by_others() {
    const auto now = TRY(first<std::int64_t>(queries::data_version)).value_or(0);
    return std::exchange(version_, now) != now;
}

/// Fills the write-ahead log and starts it over: from then on a commit overwrites blocks that the file already has, and
/// its fdatasync need not record a new size (a third off). The last, small commit pays for the log's new header.
Result<> Database::lengthen_log() {
    TRY(run(queries::fill_scratch, log_length / 2));  // the other half is written when they are wiped again
    TRY(run(queries::empty_scratch));
    TRY(execute("PRAGMA wal_checkpoint(RESTART)"));
    TRY(run(queries::mark_scratch, Blob{"1"}));
    sqlite3_wal_hook(handle_.get(), remember_log_length, log_pages_.get());  // replaces SQLite's own checkpoints
    return {};
}

Result<> Database::tidy_log(bool somebody_waits) {
    if (*log_pages_ < (somebody_waits ? log_tidied_latest_at : log_tidied_at)) return {};
    *log_pages_ = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK) return sql_failure(code);
    TRY(run(queries::mark_scratch, Blob{"1"}));
    return {};
}

Result<> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return sql_failure(code);
    return {};
}

Result<Statement*> Database::prepared(std::string_view sql) {
    const auto known = statements_.find(sql.data());
    if (known != statements_.end()) return &known->second;
    auto statement = TRY(Statement::prepare(handle_.get(), sql));
    return &statements_.emplace(sql.data(), std::move(statement)).first->second;
}

}  // namespace stepup
