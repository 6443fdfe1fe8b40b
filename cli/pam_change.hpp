#pragma once

#include <string>
#include <vector>

#include "cli/pam/posture.hpp"
#include "cli/pam/told.hpp"

namespace stepup::cli {

/// What one file is to become.
struct Change {
    std::string service;  ///< empty: sshd's drop-in
    std::string path;
    std::string before;  ///< what it holds
    std::string after;   ///< empty: it goes, or is not there
    std::string backup;  ///< where `before` was put, once it was written

    [[nodiscard]] bool is_one() const { return before != after; }
};

/// Puts what each file that changes holds into a file of its own, whose name goes to `backup`.
[[nodiscard]] pam::Told<> keep(std::vector<Change>& changes);

/// Writes what each file is to hold; one run at a time. What was written stays written when another file fails.
[[nodiscard]] pam::Told<> write(const std::vector<Change>& changes);

}  // namespace stepup::cli
