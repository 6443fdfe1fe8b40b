#include "daemon/accounts/look_up.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include <grp.h>
#include <pwd.h>

namespace stepup {
namespace {

struct PasswdEntry {
    static constexpr std::size_t size = std::size_t{16} * 1024;
    passwd entry{};
    std::unique_ptr<char[]> texts = std::make_unique_for_overwrite<char[]>(size);
};

struct FoundGroup {
    int error = 0;  ///< of getgrnam_r; 0 also where there is no such group
    std::optional<gid_t> gid{};
};

FoundGroup find_group(const char* name) {
    std::vector<char> texts(std::size_t{64} * 1024);  // it needs room for every group that it comes by
    ::group entry{};
    ::group* found = nullptr;
    int error = 0;
    while ((error = ::getgrnam_r(name, &entry, texts.data(), texts.size(), &found)) == ERANGE
           && texts.size() < (8U << 20U))
        texts.resize(texts.size() * 2);
    return {error, found == nullptr ? std::nullopt : std::optional(found->gr_gid)};
}

/// The gid of `group`. Nothing: it could not be told; an unknown group counts as that, for it may be a directory's.
std::optional<gid_t> gid_of(const std::string& group) { return find_group(group.c_str()).gid; }

/// Whether the last source of groups that nsswitch.conf names answers, which is the directory where packages put it.
/// getgrouplist passes over one that is away, and tells nobody; a group that there is not comes by all of them.
bool directory_answers() { return find_group("stepup-asks-for-no-group").error == 0; }

std::optional<std::vector<gid_t>> gids_of(const passwd& account) {
    std::vector<gid_t> gids(64);
    int count = static_cast<int>(gids.size());
    if (::getgrouplist(account.pw_name, account.pw_gid, gids.data(), &count) < 0) {
        gids.resize(static_cast<std::size_t>(count));
        if (::getgrouplist(account.pw_name, account.pw_gid, gids.data(), &count) < 0) return std::nullopt;
    }
    gids.resize(static_cast<std::size_t>(count));
    return gids;
}

/// Those of `names` that `account` is in; nothing as soon as one of them cannot be told (security.md V-08).
std::optional<std::vector<std::string>> memberships(const passwd& account, const std::vector<std::string>& names) {
    std::vector<std::string> in;
    if (names.empty()) return in;
    const auto gids = gids_of(account);
    if (!gids || !directory_answers()) return std::nullopt;
    for (const auto& name : names) {
        const auto gid = gid_of(name);
        if (!gid) return std::nullopt;
        if (std::find(gids->begin(), gids->end(), *gid) != gids->end()) in.push_back(name);
    }
    return in;
}

/// `error`: what getpw*_r returned. "No such user" has several spellings (getpwnam(3)).
Result<Account> account_from(int error, const passwd* found, const std::vector<std::string>& groups) {
    if (found != nullptr) return Account{{found->pw_uid, found->pw_name}, memberships(*found, groups)};
    constexpr std::array nobody{0, ENOENT, ESRCH, EBADF, EPERM};
    if (std::find(nobody.begin(), nobody.end(), error) != nobody.end())
        return fail(Errc::not_found, "there is no such user");
    return fail(Errc::unavailable, "the name service does not answer");
}

}  // namespace

Result<Account> look_up_account(const std::string& name, const std::vector<std::string>& groups) {
    PasswdEntry room;
    passwd* found = nullptr;
    const int error = ::getpwnam_r(name.c_str(), &room.entry, room.texts.get(), room.size, &found);
    return account_from(error, found, groups);
}

Result<Account> look_up_account(uid_t uid, const std::vector<std::string>& groups) {
    PasswdEntry room;
    passwd* found = nullptr;
    const int error = ::getpwuid_r(uid, &room.entry, room.texts.get(), room.size, &found);
    return account_from(error, found, groups);
}

std::vector<gid_t> gids_listed(const std::string& group) {
    std::vector<gid_t> gids;
    ::setgrent();
    while (const auto* entry = ::getgrent())
        if (group == entry->gr_name && std::find(gids.begin(), gids.end(), entry->gr_gid) == gids.end())
            gids.push_back(entry->gr_gid);
    ::endgrent();
    return gids;
}

bool is_group(const std::string& group) { return gid_of(group).has_value(); }

}  // namespace stepup
