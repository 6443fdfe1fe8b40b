#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/pam/posture.hpp"
#include "cli/pam/told.hpp"
#include "common/unique_fd.hpp"

namespace stepup::cli {

/// What one file is to become.
struct Change {
    std::string service;  ///< empty: sshd's drop-in
    std::string path;
    std::string before;    ///< what it holds
    std::string after;     ///< empty: it goes, or is not there
    std::string backup{};  ///< where `before` was put, once it was written
    std::string start{};   ///< what PAM reads of `service`: `before`, or what a vendor has elsewhere
    std::function<pam::Told<>()> is_heeded{};  ///< asked as soon as it is written; an error takes everything back

    [[nodiscard]] bool is_one() const { return before != after; }
};

/// The right to change files, until it is closed; another run has it for 10 s at most, or else that is the error.
[[nodiscard]] pam::Told<UniqueFd> take_turn();

/// Whether each file can be written as far as can be told without doing so.
[[nodiscard]] pam::Told<> can_be_made(const std::vector<Change>& changes);

/// Puts what each file that changes holds into a file of its own, whose name goes to `backup`.
[[nodiscard]] pam::Told<> keep(std::vector<Change>& changes);

/// Writes what each file is to hold. When one fails, those before it are put back.
[[nodiscard]] pam::Told<> write(const std::vector<Change>& changes);

/// Whether every file is as it was.
[[nodiscard]] bool is_undone(const std::vector<Change>& changes);

}  // namespace stepup::cli
