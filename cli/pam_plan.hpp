#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/desk.hpp"
#include "cli/pam/posture.hpp"
#include "cli/pam_change.hpp"
#include "cli/trial/record.hpp"

// What the verbs of `stepup pam` share.

namespace stepup::cli {

[[nodiscard]] Exit say_no(Desk& desk, const std::string& sentence);
/// How it ends for whoever is not root.
[[nodiscard]] std::optional<Exit> not_root(Desk& desk);

/// The file of `service`, so far unchanged: in /etc/pam.d, also where there is none yet and a vendor's is read.
[[nodiscard]] pam::Told<Change> file_of(const pam::Places& places, const std::string& service);
/// The stacks of a service whose file at `path` has this text.
[[nodiscard]] pam::Stacks stacks_with(const pam::Places& places, const std::string& path, const std::string& text);

/// The same without repetitions.
[[nodiscard]] std::vector<std::string> named_once(const std::vector<std::string>& services);
[[nodiscard]] bool concerns_sshd(const Options& options);
[[nodiscard]] bool any_in(const std::vector<Change>& changes);
/// Whether sshd has something new to read.
[[nodiscard]] bool has_drop_in(const std::vector<Change>& changes);

/// What `enable` is to change; an error where it would lock everybody out, or not help.
[[nodiscard]] pam::Told<std::vector<Change>> plan_to_enable(Desk& desk);

void show(Desk& desk, const std::vector<Change>& changes);
/// Says what was done, and what to do then; `nothing`: if that was nothing.
Exit report(Desk& desk, const std::vector<Change>& changes, const char* nothing,
            const std::vector<std::string>& advice = {});

/// The trial that has not ended. A record of one that cannot be read is put aside and said: that trial has ended.
[[nodiscard]] std::optional<trial::Record> trial_under_way(Desk& desk);

}  // namespace stepup::cli
