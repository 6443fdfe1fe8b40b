#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/finding.hpp"
#include "cli/doctor/sshd.hpp"

namespace stepup::doctor {

/// A Match block of sshd_config, and a connection that it is for.
struct SshdMatch {
    std::string line;                  ///< "Match User backup"
    std::optional<std::string> probe;  ///< for `sshd -T -C`: "user=backup,host=…"; nothing: none could be made up
};

/// The Match blocks of `text`, each kind once. `member_of`: somebody who is in a group; nothing: nobody.
[[nodiscard]] std::vector<SshdMatch>
read_matches(std::string_view text, const std::function<std::optional<std::string>(const std::string&)>& member_of);

/// Those of sshd_config and of what it includes.
[[nodiscard]] std::vector<SshdMatch> find_matches();

/// What the blocks make of sshd's settings, each asked by `ask`; said only of what differs from `outside`.
[[nodiscard]] Findings check_matches(const std::vector<SshdMatch>& matches, const SshdSettings& outside, bool after_key,
                                     const std::function<std::optional<SshdSettings>(const std::string&)>& ask);

}  // namespace stepup::doctor
