#include <algorithm>
#include <cerrno>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/accounts/look_up.hpp"
#include "daemon/core/foretelling.hpp"
#include "daemon/factors/catalogue.hpp"
#include "daemon/maintenance/policy.hpp"
#include "daemon/maintenance/policy_screen.hpp"
#include "policy/drop_in.hpp"
#include "policy/lockouts.hpp"

namespace stepup {
namespace {

Read<ConfigTexts> texts_of(const PolicyQuestion& question, const Settings& settings) {
    if (question.files.empty()) return texts_of_host(settings);
    ConfigTexts texts;
    for (const auto& file : question.files) {
        auto text = read_text(file);
        if (!text) return tl::unexpected<Diagnosis>(text.error());
        texts.push_back({printable(file, 4096), *std::move(text)});
    }
    return texts;
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

bool sees_state(const Settings& settings) {
    return ::access(settings.state.c_str(), R_OK | X_OK) == 0 || errno != EACCES;
}

Read<ConfigTexts> texts_of_host(const Settings& settings) {
    if (sees_state(settings)) return policy_texts(settings.policy, settings.state);
    return read_config(settings.policy, MainFile::needed);
}

Exit tell(const std::vector<Diagnosis>& problems, bool json) {
    auto list = nlohmann::json::array();
    for (const auto& problem : problems) {
        if (!json) show(stdout, "", problem);
        list.push_back(
            {{"file", problem.file}, {"line", problem.line}, {"column", problem.column}, {"message", problem.message}});
    }
    if (json) show({{"good", false}, {"problems", std::move(list)}});
    return Exit::refused;
}

std::vector<Diagnosis> unknown_groups(const Policy& policy) {
    auto unknown = groups_named(policy);
    std::erase_if(unknown, is_group);
    std::vector<Diagnosis> problems;
    for (const auto& rule : policy.rules)
        for (const auto& group : rule.match.groups)
            if (std::find(unknown.begin(), unknown.end(), group) != unknown.end())
                problems.push_back({rule.file, rule.line, 1,
                                    "groups: this host knows no group \"" + printable(group)
                                        + "\"; `getent group` shows "
                                          "those it knows"});
    return problems;
}

std::vector<Diagnosis> ambiguous_groups(const Policy& policy,
                                        const std::function<std::vector<gid_t>(const std::string&)>& gids_of) {
    std::vector<Diagnosis> problems;
    for (const auto& group : groups_named(policy)) {
        const auto gids = gids_of(group);
        if (gids.size() < 2) continue;
        std::string numbers;
        for (const auto gid : gids) numbers += (numbers.empty() ? "" : ", ") + std::to_string(gid);
        for (const auto& rule : policy.rules)
            if (std::find(rule.match.groups.begin(), rule.match.groups.end(), group) != rule.match.groups.end())
                problems.push_back({rule.file, rule.line, 1,
                                    "groups: this host has several groups \"" + printable(group) + "\" (" + numbers
                                        + "); only members of the one that `getent group` finds count"});
    }
    return problems;
}

std::vector<Diagnosis> shut_doors(const Policy& policy, const std::string& main_file) {
    std::vector<Diagnosis> doors;
    for (const auto& [rule, why] : lockouts(policy, kinds_of_this_build()))
        doors.push_back(rule == nullptr ? Diagnosis{.file = main_file, .message = "[defaults]: " + why}
                                        : Diagnosis{rule->file, rule->line, 1, why});
    return doors;
}

std::vector<Diagnosis> hidden_targets(const Policy& policy) {
    std::vector<Diagnosis> problems;
    for (const auto& rule : policy.rules) {
        const auto& services = rule.match.services;
        const bool is_about_sudo = !services.empty() && std::all_of(services.begin(), services.end(), hides_its_target);
        if (!is_about_sudo || rule.match.targets.empty()) continue;
        problems.push_back({rule.file, rule.line, 1,
                            "targets: " + std::string(hidden_target_text)
                                + ": the rule decides where it is the stricter one, whoever is meant"});
    }
    return problems;
}

std::vector<Diagnosis> doubts_about(const Policy& policy) {
    auto all = unknown_groups(policy);
    for (auto& problem : ambiguous_groups(policy, gids_listed)) all.push_back(std::move(problem));
    for (auto& problem : hidden_targets(policy)) all.push_back(std::move(problem));
    return all;
}

Exit check_policy(const PolicyQuestion& question, const Settings& settings) {
    const auto texts = texts_of(question, settings);
    if (!texts) return tell({texts.error()}, question.json);
    const auto policy = parse(*texts);
    if (!policy) return tell({policy.error()}, question.json);
    auto problems = shut_doors(*policy, texts->front().name);
    for (auto& problem : unknown_groups(*policy)) problems.push_back(std::move(problem));
    if (!problems.empty()) return tell(problems, question.json);
    auto warned = nlohmann::json::array();
    for (const auto& warning : doubts_about(*policy)) {
        show(stderr, "warning: ", warning);
        warned.push_back(warning.text());
    }
    auto files = nlohmann::json::array();
    for (const auto& text : *texts) files.push_back(text.name);
    if (question.json)
        show({{"good", true},
              {"files", std::move(files)},
              {"rules", policy->rules.size()},
              {"counts_security_keys", places_that_count_security_keys(*policy)},
              {"warnings", std::move(warned)}});
    else
        show(stdout,
             texts->front().name + ": good, " + counted(policy->rules.size(), "rule") + " in "
                 + counted(texts->size(), "file"));
    return Exit::done;
}

}  // namespace stepup
