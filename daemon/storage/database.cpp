#include "daemon/storage/database.hpp"

#include <filesystem>

#include <sys/file.h>

#include "common/bytes.hpp"
#include "daemon/storage/files.hpp"
#include "daemon/storage/migrations.hpp"
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

}  // namespace

tl::unexpected<Error> sql_failure(int code, std::source_location where) {
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT: return fail(Errc::conflict, "the database has a row that excludes this one", where);
    case SQLITE_CORRUPT: return fail(Errc::corrupt, "the database is damaged", where);
    case SQLITE_NOTADB: return fail(Errc::corrupt, "the database file holds something else", where);
    case SQLITE_FULL: return fail(Errc::unavailable, "the disk of the database is full", where);
    case SQLITE_IOERR: return fail(Errc::unavailable, "the disk of the database fails", where);
    case SQLITE_READONLY: return fail(Errc::unavailable, "the database cannot be written", where);
    case SQLITE_BUSY: return fail(Errc::unavailable, "another process holds the database", where);
    case SQLITE_CANTOPEN: return fail(Errc::unavailable, "the database cannot be opened", where);
    default: return fail(Errc::unavailable, "the database did not serve us", where);
    }
}

Result<Database> Database::open(const std::string& path, Access access, const char* vfs) {
    const std::filesystem::path file(path);
    const std::string name = file.filename();
    auto folder = TRY(open_private_folder(file.has_parent_path() ? file.parent_path().string() : "."));
    Database database;
    if (access == Access::write) database.created_ = TRY(ensure_private_file(folder.fd.get(), name));
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) TRY(check_private_file(folder.fd.get(), name + suffix));
    if (access == Access::write) database.lock_ = TRY(lock_folder(std::move(folder.fd)));
    TRY(database.connect(folder.path + '/' + name, access, vfs));
    if (access == Access::read) return database;
    TRY(database.check());
    TRY(database.migrate());
    TRY(database.lengthen_log());
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

Result<> Database::check() {
    const auto application = TRY(first<int>(queries::application));
    const auto tables = TRY(first<int>(queries::anything_in_it));
    if (application != application_id && tables != 0)
        return fail(Errc::corrupt, "the database file belongs to another program");
    TRY(execute("PRAGMA journal_mode = WAL"));
    if (TRY(first<std::string>(queries::journal_mode)) != "wal")
        return fail(Errc::unavailable, "the file system cannot hold the database: it has no shared memory (NFS?)");
    if (TRY(first<std::string>(queries::quick_check)) != "ok") return fail(Errc::corrupt, "the database is damaged");
    return {};
}

Result<> Database::migrate() {
    const auto known = static_cast<int>(migrations().size());
    int version = TRY(first<int>(queries::version)).value_or(0);
    if (version > known)
        return fail(Errc::conflict, "the database was written by a newer StepUp; install that version again");
    for (; version < known; ++version) {
        const std::string stamps = "PRAGMA application_id = " + std::to_string(application_id)
            + "; PRAGMA user_version = " + std::to_string(version + 1) + ';';
        auto migrated = execute("BEGIN IMMEDIATE;" + std::string(migrations()[static_cast<std::size_t>(version)].sql)
                                + stamps + "COMMIT");
        if (migrated) continue;
        if (in_transaction()) (void)execute("ROLLBACK");
        return migrated;
    }
    return {};
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

void Database::tidy_log(bool somebody_waits) {
    if (*log_pages_ < (somebody_waits ? log_tidied_latest_at : log_tidied_at)) return;
    *log_pages_ = 0;
    // Whatever fails here leaves the log as it is, complete; the next call tries again.
    if (sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr) == SQLITE_OK)
        (void)run(queries::mark_scratch, Blob{"1"});
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
