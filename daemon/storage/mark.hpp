#pragma once

#include <optional>
#include <string>

#include "common/bytes.hpp"
#include "common/clock.hpp"
#include "common/unique_fd.hpp"
#include "daemon/storage/chain.hpp"

namespace stepup {

/// How far the audit trail had come, in a file beside the database: a database that does not know that row any more is
/// older than it was. No clock is asked. It is written after every commit and not flushed, so it may be behind the
/// database, never ahead.
class MarkFile {
public:
    /// Errors: untrusted, unavailable.
    [[nodiscard]] static Result<MarkFile> open(const std::string& path);

    enum class Standing : std::uint8_t {
        level,   ///< the database has the row that is marked, or never had a mark
        behind,  ///< it does not, or the mark is gone or damaged, or it comes from a backup: what was used up
                 ///< meanwhile is not known
    };
    [[nodiscard]] Result<Standing> compare(Database& database) const;

    /// Errors: unavailable; then the file stays as it is, and a later restart may take the database for older.
    [[nodiscard]] Result<> write(const AuditChain::Mark& head);
    void flush();

private:
    explicit MarkFile(UniqueFd fd) : fd_(std::move(fd)) { }
    [[nodiscard]] std::string text() const;
    UniqueFd fd_;
};

/// Takes everything back that may have been used up unknown to this database: windows, started enrollments, and the
/// codes of all time steps up to now, with one step more for phones that are fast; HOTP counters are unsure from now on
/// (Enrollment::unsure). Appends `event` to the trail. Recovery codes that were used meanwhile cannot be told. Inside a
/// transaction.
[[nodiscard]] Result<> forget_the_unsure(Database& database, AuditChain& chain, const AuditEntry& event);

/// In `meta`: this database had a mark.
constexpr std::string_view marked = "marked";
/// In `meta`: it comes from a backup, and nothing was taken back yet. Whatever mark there is says nothing of it.
constexpr std::string_view brought_back = "brought_back";

}  // namespace stepup
