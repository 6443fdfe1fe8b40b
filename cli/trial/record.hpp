#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stepup::trial {

/// One file that a trial changes.
struct Changed {
    std::string path;
    std::string backup;  ///< the file that holds what it held; empty: it was not there
};

/// What must be known to end a trial, kept in a file of root's.
struct Record {
    std::uint64_t began = 0;    ///< ns since boot
    std::uint32_t session = 0;  ///< audit session of whoever began it
    std::vector<Changed> files;
};

constexpr const char* record_file = "/etc/stepup/trial";
constexpr const char* under_way
    = "A trial is under way: `stepup pam confirm` it from a fresh login, or `stepup pam revert`.";

[[nodiscard]] std::string encode(const Record& record);
/// Nothing: that is no record.
[[nodiscard]] std::optional<Record> decode(std::string_view text);

/// A login session as /proc tells it.
struct Login {
    std::uint32_t session = 0;  ///< the kernel's audit session; UINT32_MAX: none
    std::uint64_t began = 0;    ///< ns since boot: when its first process did, of those above ours
};
/// Of the process `pid`; `proc`: where /proc is.
[[nodiscard]] std::optional<Login> login_of(const std::string& proc, int pid);

/// Whether somebody has logged in since, in another session: what a trial is to show.
[[nodiscard]] bool is_fresh(const Login& login, const Record& record);

}  // namespace stepup::trial
