#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include "common/result.hpp"
#include "common/unique_fd.hpp"
#include "daemon/storage/files.hpp"
#include "daemon/storage/migrations.hpp"
#include "daemon/storage/statement.hpp"

namespace stepup {

/// One connection to the database file; one thread at a time.
class Database {
public:
    enum class Access : std::uint8_t { write, read };

    /// Opens `path`; for writing it also creates it (0600), checks it, and brings its schema up to date. `vfs`:
    /// SQLite's name of another way to reach the disk. A database that had a mark (mark.hpp) is never made anew.
    /// Errors: untrusted (folder or file is not ours alone), conflict (another daemon uses the folder, or the schema is
    /// newer than we are), corrupt, not_found (it is gone), unavailable.
    [[nodiscard]] static Result<Database> open(const std::string& path, Access access, const char* vfs = nullptr,
                                               std::span<const Migration> steps = migrations());
    /// A second connection for writing, beside whoever holds the folder. The schema must be ours. Errors: as open().
    [[nodiscard]] static Result<Database> join(const std::string& path);
    /// A copy of the whole database as it is now, in memory; quite apart from the file. Errors: corrupt, unavailable.
    [[nodiscard]] Result<Database> copy();
    /// A database in memory made of `image`, the bytes of a file. Errors: corrupt, conflict (a newer schema),
    /// unavailable.
    [[nodiscard]] static Result<Database> from_image(std::string_view image);
    /// The bytes of a database in memory; they live as long as it is not changed.
    [[nodiscard]] Result<std::string_view> image();

    /// Opens the database file `path` for reading wherever it lies and whosever it is: a copy, a backup, also on a
    /// medium that cannot be written. Errors: not_found, corrupt (not ours), conflict (newer than we are), unavailable.
    [[nodiscard]] static Result<Database> open_copy(const std::string& path);

    /// Runs `sql`, a text of queries.hpp, to its end and gives the number of rows it changed.
    template <class... Args> [[nodiscard]] Result<int> run(std::string_view sql, const Args&... args) {
        TRY(each(
            sql, [](Row) { return true; }, args...));
        return sqlite3_changes(handle_.get());
    }
    /// Calls `visit(Row)` for every row, until it returns false.
    template <class Visit, class... Args>
    [[nodiscard]] Result<> each(std::string_view sql, Visit&& visit, const Args&... args) {
        Statement& statement = *TRY(prepared(sql));
        const Reset when_done{statement};
        TRY(statement.bind(args...));
        while (TRY(statement.step()))
            if (!visit(statement.row())) break;
        return {};
    }
    /// The first column of the first row.
    template <class T, class... Args>
    [[nodiscard]] Result<std::optional<T>> first(std::string_view sql, const Args&... args) {
        std::optional<T> value;
        TRY(each(
            sql, [&](Row row) { return value = row.get<T>(0), false; }, args...));
        return value;
    }
    /// Runs a text that is not kept: pragmas, migrations.
    [[nodiscard]] Result<> execute(const std::string& sql);

    /// False after an error that made SQLite give up the transaction.
    [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
    [[nodiscard]] std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
    /// True if this open() made the file.
    [[nodiscard]] bool created() const { return created_; }

    /// Moves what the write-ahead log holds into the database if it has grown long; while somebody waits, only if it
    /// has grown so long that it soon takes new blocks. An error leaves it as it was, complete.
    [[nodiscard]] Result<> tidy_log(bool somebody_waits);
    /// Moves all of it and makes it empty, so that nothing overwritten stays readable.
    [[nodiscard]] Result<> empty_log() { return execute("PRAGMA wal_checkpoint(TRUNCATE)"); }

    /// True if another connection has changed something since the last call (or since open). Inside a transaction.
    [[nodiscard]] Result<bool> changed_by_others();
    /// Whether the files that are open are still those of that name: what is written to others, nobody will find.
    /// Errors: unavailable. May be called by any thread.
    [[nodiscard]] Result<> still_in_place() const;

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
    };
    struct Reset {
        Statement& statement;
        ~Reset() { statement.reset(); }
    };

    Database() = default;
    [[nodiscard]] Result<> connect(const std::string& path, Access access, const char* vfs);
    [[nodiscard]] Result<> connect_reading(const std::string& path);
    [[nodiscard]] Result<> connect_in_memory();
    [[nodiscard]] Result<> check(bool existed);
    [[nodiscard]] Result<> migrate(std::span<const Migration> steps);
    [[nodiscard]] Result<> check_version(std::span<const Migration> steps = migrations());
    [[nodiscard]] Result<> remember_places(const std::string& path);
    [[nodiscard]] Result<> lengthen_log();
    [[nodiscard]] Result<Statement*> prepared(std::string_view sql);

    UniqueFd lock_;
    std::unique_ptr<sqlite3, Close> handle_;
    std::unordered_map<const char*, Statement> statements_;  // by the address of their text
    std::unique_ptr<int> log_pages_ = std::make_unique<int>(0);
    std::vector<FileId> places_;
    std::int64_t version_ = 0;  ///< of the data, as changed_by_others() saw it last
    bool created_ = false;
};

}  // namespace stepup
