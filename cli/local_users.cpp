#include "cli/local_users.hpp"

#include <string_view>

#include <pwd.h>

namespace stepup::cli {
namespace {

/// Root, and whoever is no program's own account: those have low uids, or no shell.
bool could_log_in(const passwd& account) {
    const std::string_view shell = account.pw_shell == nullptr ? "" : account.pw_shell;
    const bool has_shell = !shell.ends_with("/nologin") && !shell.ends_with("/false");
    return has_shell && (account.pw_uid == 0 || account.pw_uid >= 1000);
}

}  // namespace

LocalUsers::LocalUsers() { ::setpwent(); }
LocalUsers::~LocalUsers() { ::endpwent(); }

std::vector<std::string> LocalUsers::next() {
    std::vector<std::string> users;
    while (users.size() < most_at_once) {
        const passwd* account = ::getpwent();
        if (account == nullptr) break;
        if (could_log_in(*account)) users.emplace_back(account->pw_name);
    }
    return users;
}

}  // namespace stepup::cli
