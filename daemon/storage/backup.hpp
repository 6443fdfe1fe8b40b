#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/random.hpp"
#include "daemon/storage/crypto.hpp"

// A backup: the whole database, sealed for the recovery share. docs/storage.md has the bytes.

namespace stepup {

/// Seals `image` for the holder of the recovery share and writes it to `fd`. Errors: unavailable.
[[nodiscard]] Result<> write_backup(int fd, std::string_view image, std::string_view public_share, Millis made,
                                    StrongRandom& random);

struct OpenedBackup {
    Bytes image;
    Millis made{};  ///< since 1970
};
/// What write_backup() wrote. Errors: malformed (no backup of ours, or cut short), corrupt (another share, or it was
/// changed).
[[nodiscard]] Result<OpenedBackup> open_backup(std::string_view file, const Secret& share);

/// Beside the database stands which backup was made last, for the day it does not open: moment and path, as a line.
[[nodiscard]] Result<> note_backup(const std::string& database, std::string_view line);
[[nodiscard]] std::optional<std::string> newest_backup(const std::string& database);

}  // namespace stepup
