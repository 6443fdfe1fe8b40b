#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "daemon/storage/database.hpp"

// The audit trail's rows as they are stored: how they are hashed, and reading them beside a daemon that writes.

namespace stepup {

using ChainHash = std::array<char, 32>;

[[nodiscard]] inline std::string_view view(const ChainHash& hash) { return {hash.data(), hash.size()}; }

/// One row, in the words it is stored in; `hash` is apart.
struct AuditRow {
    std::int64_t seq = 0;
    Millis wall{};
    Millis boot_time{};
    std::string_view boot;
    std::string_view event;
    std::int64_t uid = -1;
    std::string_view user;
    std::string_view service;
    std::string_view fields;
};

/// SHA-256 over the hash before, then the row: numbers as 8 bytes little-endian, texts behind their length.
[[nodiscard]] ChainHash hash_of(const ChainHash& previous, const AuditRow& row);

/// A row that was read, with the hash that stands in it (of any length, where somebody was at it).
struct AuditRecord {
    std::int64_t seq = 0;
    Millis wall{};
    Millis boot_time{};
    std::string boot;
    std::string event;
    std::int64_t uid = -1;
    std::string user;
    std::string service;
    std::string fields;
    std::string hash;

    /// As it would have been hashed at place `at`.
    [[nodiscard]] AuditRow row(std::int64_t at) const {
        return {at, wall, boot_time, boot, event, uid, user, service, fields};
    }
    /// Whether it stands rightly at place `at`, behind a row with hash `previous`.
    [[nodiscard]] bool follows(const ChainHash& previous, std::int64_t at) const {
        return hash == view(hash_of(previous, row(at)));
    }
};

/// Calls `visit` for every row behind `after`, in order, until it returns false. Reads few rows at a time, each time in
/// a transaction of its own that is over before `visit` is called: however long a reader takes, the writer's log can be
/// tidied.
[[nodiscard]] Result<> each_record(Database& database, std::int64_t after,
                                   const std::function<bool(const AuditRecord&)>& visit);
/// The same backwards, from the row before `before` on.
[[nodiscard]] Result<> each_record_backwards(Database& database, std::int64_t before,
                                             const std::function<bool(const AuditRecord&)>& visit);
[[nodiscard]] Result<std::optional<AuditRecord>> record_at(Database& database, std::int64_t seq);

}  // namespace stepup
