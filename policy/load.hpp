#pragma once

#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "common/covers.hpp"
#include "policy/diagnosis.hpp"
#include "policy/parse.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// The policy of `path` and of the drop-ins beside it: for /etc/stepup/policy.toml, /etc/stepup/policy.d/*.toml in the
/// order of their names. A missing main file is an error.
[[nodiscard]] Parsed load(const std::filesystem::path& path);

/// The files as they were when they last were good, kept in `state_dir`. Errors: there are none, or they cannot be
/// read.
[[nodiscard]] Read<ConfigTexts> last_good_texts(const std::filesystem::path& state_dir);

enum class Origin : std::uint8_t {
    files,      ///< what stands in the files now
    last_good,  ///< what stood there when they last were good
    built_in,   ///< there never was a good one: the strictest
};

struct OriginRow {
    Origin origin;
    std::string_view name;
};
constexpr std::array origin_rows{
    OriginRow{Origin::files, "files"},
    OriginRow{Origin::last_good, "last good"},
    OriginRow{Origin::built_in, "built in"},
};
static_assert(covers(origin_rows, &OriginRow::origin, Origin::built_in));
[[nodiscard]] constexpr std::string_view name_of(Origin origin) {
    return origin_rows[static_cast<std::size_t>(origin)].name;
}

struct Loaded {
    Policy policy;
    Origin origin = Origin::built_in;
    ConfigTexts texts{};              ///< that say so; none for `built_in`
    std::vector<Diagnosis> problems;  ///< to be told loudly: why it is not `files`, or why the copy could not be kept
};

/// `load(policy_path)`, with the drop-ins that programs have set in `state_dir`/policy.d. What was good is kept as
/// `state_dir`/policy.good (mode 0600, replaced atomically and durably) and used when the files no longer are good,
/// also by the next process; without it, the built-in policy. Never fails.
[[nodiscard]] Loaded load_or_last_good(const std::filesystem::path& policy_path,
                                       const std::filesystem::path& state_dir);

}  // namespace stepup
