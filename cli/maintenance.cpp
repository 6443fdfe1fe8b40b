#include <cerrno>

#include <unistd.h>

#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

/// Goes on as `stepupd WORDS`, which knows the store's files; comes back only if it is not there.
Exit become_stepupd(Desk& desk, std::vector<std::string> words) {
    words.insert(words.begin(), STEPUPD);
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(STEPUPD, pointers.data());
    return desk.complain({ManagementError::unavailable, "stepupd cannot be run: " STEPUPD " is missing or broken"});
}

Exit admin(Desk& desk, const char* command) {
    std::vector<std::string> words{"admin", command};
    if (desk.options.json) words.emplace_back("--json");
    words.insert(words.end(), desk.options.admin.begin(), desk.options.admin.end());
    return become_stepupd(desk, std::move(words));
}

Exit policy(Desk& desk, const char* command, const std::vector<std::string>& names = {}) {
    std::vector<std::string> words{"policy", command};
    if (desk.options.json) words.emplace_back("--json");
    words.insert(words.end(), desk.options.policy.begin(), desk.options.policy.end());
    words.insert(words.end(), names.begin(), names.end());
    return become_stepupd(desk, std::move(words));
}

}  // namespace

Exit admin_recovery_share(Desk& desk) { return admin(desk, "recovery-share"); }
Exit admin_backup(Desk& desk) { return admin(desk, "backup"); }
Exit admin_restore(Desk& desk) { return admin(desk, "restore"); }
Exit admin_key_rotate(Desk& desk) { return admin(desk, "rotate-key"); }

Exit policy_check(Desk& desk) { return policy(desk, "check"); }
Exit policy_diff(Desk& desk) { return policy(desk, "diff"); }
Exit policy_profile(Desk& desk) {
    const auto& name = desk.options.which;
    return policy(desk, "profile", name.empty() ? std::vector<std::string>{} : std::vector<std::string>{"--", name});
}
Exit policy_explain(Desk& desk) { return policy(desk, "explain", {"--", desk.options.which, desk.options.service}); }

Exit audit(Desk& desk) {
    std::vector<std::string> words{"audit"};
    if (desk.options.json) words.emplace_back("--json");
    words.insert(words.end(), desk.options.audit.begin(), desk.options.audit.end());
    return become_stepupd(desk, std::move(words));
}

}  // namespace stepup::cli
