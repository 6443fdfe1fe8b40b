#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "policy/config_files.hpp"
#include "policy/diagnosis.hpp"

namespace stepup {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

/// What stepup.toml says, from the option table in settings.cpp: names, defaults, ranges and help are there.
struct Settings {
    std::filesystem::path state;
    std::filesystem::path runtime;
    std::filesystem::path policy;
    std::string profile;               ///< which the policy is to be as strict as, for doctor; empty: none
    std::filesystem::path suspicious;  ///< folder of lists of networks
    std::filesystem::path locations;   ///< empty: there is no location database
    std::filesystem::path master_key;  ///< empty: $CREDENTIALS_DIRECTORY/master.key
    unsigned max_connections = 0;      ///< on pam.sock, of all users together
    unsigned max_per_user = 0;         ///< on pam.sock, of one uid; root is exempt
    Seconds attempt{};                 ///< how long one login may take
    std::vector<std::string> lockers;  ///< services that an unprivileged peer may name
    std::string issuer;                ///< in otpauth:// URIs; empty: the host's name
    bool bus = false;                  ///< serve D-Bus
    Seconds audit_keep{};              ///< 0: for ever
    LogLevel log_level = LogLevel::info;
    [[nodiscard]] bool operator==(const Settings&) const = default;
};

/// The settings of `path` and of its drop-ins (stepup.d/*.toml), a later file over an earlier one; what no file says is
/// as the table says. A missing main file is an empty one.
[[nodiscard]] Read<Settings> load_settings(const std::filesystem::path& path);

/// The same from texts.
[[nodiscard]] Read<Settings> parse_settings(const ConfigTexts& texts);

/// packaging/stepup.toml: every option with its help, and its default commented out.
[[nodiscard]] std::string example_file();

}  // namespace stepup
