#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/maintenance/policy_words.hpp"
#include "daemon/settings.hpp"
#include "policy/decide.hpp"
#include "policy/parse.hpp"
#include "policy/profile.hpp"

// What `stepup policy` does with files alone: no daemon, no store, nobody's rights.

namespace stepup {

/// True if we may read the state folder, where the rules are that programs have set.
[[nodiscard]] bool sees_state(const Settings& settings);
/// The policy files of this host; without the state folder's if we may not see it.
[[nodiscard]] Read<ConfigTexts> texts_of_host(const Settings& settings);

/// The groups that `policy` names and this host does not know, each with its rule's place.
[[nodiscard]] std::vector<Diagnosis> unknown_groups(const Policy& policy);

/// Every table of `policy` that nobody can satisfy by factors that this build has, each with its rule's place;
/// `main_file`: where [defaults] stand.
[[nodiscard]] std::vector<Diagnosis> shut_doors(const Policy& policy, const std::string& main_file);

/// Rules about sudo alone that ask for targets, which sudo does not tell.
[[nodiscard]] std::vector<Diagnosis> hidden_targets(const Policy& policy);

/// The groups that `policy` names and this host has several of, each with its rule's place: only the members of the one
/// that the name service finds first are meant. `gids_of`: gids_listed().
[[nodiscard]] std::vector<Diagnosis>
ambiguous_groups(const Policy& policy, const std::function<std::vector<gid_t>(const std::string&)>& gids_of);

/// What is amiss with a policy that stepupd takes: groups that are unknown or ambiguous, targets that are hidden.
[[nodiscard]] std::vector<Diagnosis> doubts_about(const Policy& policy);

/// What is known about the attempt that is asked about: what the question does not say is as the service's programs
/// would say it, or unknown.
[[nodiscard]] Facts facts_of(const PolicyQuestion& question, const Settings& settings,
                             std::optional<std::vector<std::string>> groups);

/// Which rule decides, and what became of the others: for people, and as a JSON object.
/// `note`: a sentence besides, or nothing.
[[nodiscard]] std::string explanation(const Policy& policy, const Facts& facts, std::string_view note = {});
[[nodiscard]] std::string explanation_json(const Policy& policy, const Facts& facts, std::string_view note = {});

[[nodiscard]] Exit check_policy(const PolicyQuestion& question, const Settings& settings);
[[nodiscard]] Exit explain_policy(const PolicyQuestion& question, const Settings& settings);

/// What `policy_command` gives where a change was asked for and there was nothing to change.
constexpr int nothing_changed = 10;

/// Puts one value into the policy files, or lets them be edited, in one step and only if all is good then: shows what
/// changes, keeps owner, mode and comments. The exit status, or nothing_changed.
[[nodiscard]] int set_policy(const PolicyQuestion& question, const Settings& settings);
[[nodiscard]] int edit_policy(const PolicyQuestion& question, const Settings& settings);

/// What the files say and is not in force. Done if that is nothing.
[[nodiscard]] Exit diff_policy(const PolicyQuestion& question, const Settings& settings);

/// Which profiles there are; one of them as it is; or how what the files say stands to it: refused if that is laxer.
[[nodiscard]] Exit show_profile(const PolicyQuestion& question, const Settings& settings);

/// The profile of that name, or in that file if it has a "/". Errors: there is none; it is none.
[[nodiscard]] Read<Profile> profile_called(const std::string& name);
/// That there is no such one, and which there are.
[[nodiscard]] std::string no_such_profile(const std::string& name, const std::vector<std::string>& names);

/// The day at `at` by the host's calendar.
[[nodiscard]] std::chrono::sys_days day_of(Millis at);

/// What the policy of this host comes to at `at`, for `stepup doctor`, as a JSON object: in_force ("files", "last
/// good", "built in"), problem (of the files), differs (what is in force, from the files), rules (their number),
/// warnings, report_only (where it stands), delays (where, days until it is required, grace), profile (name, problem,
/// laxer: keys).
[[nodiscard]] std::string standing_json(const Settings& settings, Millis at);

/// `deviations` from the profile `name` for people, laxer ones first.
[[nodiscard]] std::string deviations_text(const std::string& name, std::vector<Deviation> deviations);

/// What is wrong, a line each on standard output, or as JSON.
Exit tell(const std::vector<Diagnosis>& problems, bool json);

}  // namespace stepup
