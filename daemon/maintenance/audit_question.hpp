#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.hpp"
#include "common/management_error.hpp"
#include "daemon/storage/audit_rows.hpp"

namespace stepup {

/// A record's number and hash, written down where nobody who changes the database can change it.
struct Anchor {
    std::int64_t seq = 0;
    ChainHash hash{};
};

/// What is asked of the audit trail.
struct AuditQuestion {
    std::string config = "/etc/stepup/stepup.toml";
    std::string file;     ///< a copy; empty: the database of this host
    std::string journal;  ///< a folder of journal files; empty: the journal of this host
    std::string user;     ///< name or uid; empty: everybody
    std::string event;    ///< id; empty: all
    Millis since = Millis::min();
    Millis until = Millis::max();
    std::optional<std::uint64_t> last;  ///< so many at most, the newest; nothing: all
    std::optional<Anchor> anchor;
    bool follow = false;
    bool json = false;
    bool verify = false;
};

/// Reads the words behind `stepupd audit`; says what is wrong with them on standard error, or shows the help.
[[nodiscard]] std::variant<AuditQuestion, Exit> read_audit_words(int count, char** words, Millis now);

/// "2h" (before `now`; s, m, h, d, w), "2026-11-22", "2026-11-22 14:30", "2026-11-22T14:30:05Z" (Z: UTC, else local
/// time), "@1800000000"; nothing for anything else.
[[nodiscard]] std::optional<Millis> moment_in(std::string_view text, Millis now);

/// "HASH:SEQ", as `--verify` prints it.
[[nodiscard]] std::optional<Anchor> anchor_in(std::string_view text);
[[nodiscard]] std::string to_text(const Anchor& anchor);

}  // namespace stepup
