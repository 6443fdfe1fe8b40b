#pragma once

#include <filesystem>
#include <string>

#include "policy/config_files.hpp"
#include "policy/factor_kind.hpp"

// Rules that programs set over the bus: drop-ins in the state folder, `policy.d/NAME.toml`, read after all others.

namespace stepup {

/// The files that the policy is made of: `path`, the drop-ins beside it, those in `state_dir`.
[[nodiscard]] Read<ConfigTexts> policy_texts(const std::filesystem::path& path, const std::filesystem::path& state_dir);

/// One drop-in of the state folder as it is and as it is to be; empty: there is none.
struct DropInChange {
    std::filesystem::path file;
    std::string before;
    std::string after;
};

constexpr std::size_t longest_drop_in = 4096;  ///< bytes: before and after both go into the audit trail

/// True for letters, digits, "-" and "_", up to 64 of them.
[[nodiscard]] bool is_drop_in_name(std::string_view name);

/// What it takes to have `text` as the drop-in `name`. Errors: no such name, too long a text, or one with which the
/// policy as a whole would not be good or would shut a door that none of `kinds` opens; nothing that could be taken
/// away.
[[nodiscard]] Read<DropInChange> drop_in_change(const std::filesystem::path& path,
                                                const std::filesystem::path& state_dir, const std::string& name,
                                                const std::string& text, FactorSet kinds);

/// Writes or removes the file. Errors: it could not.
[[nodiscard]] Read<void> store(const DropInChange& change);

}  // namespace stepup
