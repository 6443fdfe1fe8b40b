#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/accounts/look_up.hpp"
#include "daemon/maintenance/policy.hpp"
#include "policy/drop_in.hpp"

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

void print(const nlohmann::json& object) {
    std::printf("%s\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
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
        if (!json) std::printf("%s\n", problem.text().c_str());
        list.push_back(
            {{"file", problem.file}, {"line", problem.line}, {"column", problem.column}, {"message", problem.message}});
    }
    if (json) print({{"good", false}, {"problems", std::move(list)}});
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

Exit check_policy(const PolicyQuestion& question, const Settings& settings) {
    const auto texts = texts_of(question, settings);
    if (!texts) return tell({texts.error()}, question.json);
    const auto policy = parse(*texts);
    if (!policy) return tell({policy.error()}, question.json);
    const auto problems = unknown_groups(*policy);
    if (!problems.empty()) return tell(problems, question.json);
    const auto warnings = ambiguous_groups(*policy, gids_listed);
    auto warned = nlohmann::json::array();
    for (const auto& warning : warnings) {
        std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
        warned.push_back(warning.text());
    }
    auto files = nlohmann::json::array();
    for (const auto& text : *texts) files.push_back(text.name);
    if (question.json)
        print({{"good", true},
               {"files", std::move(files)},
               {"rules", policy->rules.size()},
               {"counts_security_keys", places_that_count_security_keys(*policy)},
               {"warnings", std::move(warned)}});
    else
        std::printf("%s: good, %s in %s\n", texts->front().name.c_str(), counted(policy->rules.size(), "rule").c_str(),
                    counted(texts->size(), "file").c_str());
    return Exit::done;
}

}  // namespace stepup
