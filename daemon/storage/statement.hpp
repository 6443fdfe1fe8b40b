#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <sqlite3.h>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace stepup {

/// What SQLite's result code `code` means to us: conflict (a constraint), corrupt, or unavailable.
[[nodiscard]] tl::unexpected<Error> sql_failure(int code, std::source_location where = std::source_location::current());

/// Whether `error` says that the disk is full: that alone the reserve can help.
[[nodiscard]] bool is_disk_full(const Error& error);

/// Bytes to be bound as a BLOB; a plain text is bound as TEXT.
struct Blob {
    std::string_view bytes;
};

/// The row a statement stands on; views into it live until the next step.
class Row {
public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) { }

    template <class T> [[nodiscard]] T get(int column) const {
        if constexpr (std::same_as<T, Millis>)
            return Millis(sqlite3_column_int64(statement_, column));
        else if constexpr (std::is_enum_v<T> || std::integral<T>)
            return static_cast<T>(sqlite3_column_int64(statement_, column));
        else
            return T(bytes(column));
    }
    template <class T> [[nodiscard]] std::optional<T> maybe(int column) const {
        if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
        return get<T>(column);
    }

private:
    [[nodiscard]] std::string_view bytes(int column) const {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        const int size = sqlite3_column_bytes(statement_, column);
        return data != nullptr ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
    }
    sqlite3_stmt* statement_;
};

/// One prepared statement, kept to be used again.
class Statement {
public:
    [[nodiscard]] static Result<Statement> prepare(sqlite3* database, std::string_view sql) {
        sqlite3_stmt* raw = nullptr;
        const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
        if (code != SQLITE_OK) return sql_failure(code);
        return Statement(raw);
    }

    /// Binds ?1, ?2 … Texts and blobs are not copied: they must live until the statement is reset.
    template <class... Args> [[nodiscard]] Result<> bind(const Args&... args) {
        int place = 0;
        int code = SQLITE_OK;
        ((code = code == SQLITE_OK ? bind_one(++place, args) : code), ...);
        if (code != SQLITE_OK) return sql_failure(code);
        return {};
    }

    /// True if a row stands ready.
    [[nodiscard]] Result<bool> step() {
        const int code = sqlite3_step(handle_.get());
        if (code == SQLITE_ROW || code == SQLITE_DONE) return code == SQLITE_ROW;
        return sql_failure(code);
    }
    [[nodiscard]] Row row() const { return Row(handle_.get()); }

    void reset() {
        sqlite3_reset(handle_.get());
        sqlite3_clear_bindings(handle_.get());
    }

private:
    explicit Statement(sqlite3_stmt* raw) : handle_(raw) { }

    template <class T>
        requires std::integral<T> || std::is_enum_v<T>
    int bind_one(int place, T value) {
        return sqlite3_bind_int64(handle_.get(), place, static_cast<sqlite3_int64>(value));
    }
    int bind_one(int place, Millis value) { return sqlite3_bind_int64(handle_.get(), place, value.count()); }
    int bind_one(int place, std::string_view text) {
        return sqlite3_bind_text64(handle_.get(), place, text.data() != nullptr ? text.data() : "", text.size(),
                                   SQLITE_STATIC, SQLITE_UTF8);
    }
    int bind_one(int place, Blob blob) {
        return sqlite3_bind_blob64(handle_.get(), place, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC);
    }

    template <class T> int bind_one(int place, const std::optional<T>& value) {
        return value ? bind_one(place, *value) : sqlite3_bind_null(handle_.get(), place);
    }

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace stepup
