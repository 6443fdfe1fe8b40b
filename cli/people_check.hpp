#pragma once

#include "cli/desk.hpp"
#include "cli/doctor/finding.hpp"

namespace stepup::cli {

/// How many there are of each kind.
struct People {
    std::size_t could_log_in = 0;
    std::size_t enrolled = 0;  ///< of these and of others
    std::size_t without = 0;   ///< could log in, and have no factor
    std::size_t locked = 0;
    std::size_t orphans = 0;
    std::vector<std::string> missing;  ///< policy demands a factor of them; some of the names
    std::size_t required = 0;          ///< how many these are
};
/// What that comes to. `gated`: some service asks for a factor.
[[nodiscard]] doctor::Findings judge(const People& people, bool gated);

/// Whether stepupd answers logins; it has five seconds.
[[nodiscard]] doctor::Findings check_daemon(Desk& desk);

/// Who has factors and who has none, as stepupd tells. `gated`: some service asks for one.
[[nodiscard]] doctor::Findings check_people(Desk& desk, bool gated);

}  // namespace stepup::cli
