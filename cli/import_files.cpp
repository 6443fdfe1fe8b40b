#include "cli/import_files.hpp"

#include <algorithm>
#include <cerrno>

#include <pwd.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "common/result.hpp"

namespace stepup::cli {
namespace {

using enum ManagementError;

struct Person {
    std::string name;
    uid_t uid;
    gid_t gid;
    std::string home;
};

std::optional<Person> person_of(const passwd* account) {
    if (account == nullptr || account->pw_dir == nullptr || account->pw_dir[0] != '/') return std::nullopt;
    return Person{account->pw_name, account->pw_uid, account->pw_gid, account->pw_dir};
}

std::vector<Person> everybody() {
    std::vector<Person> people;
    ::setpwent();
    while (const auto* account = ::getpwent())
        if (auto person = person_of(account)) people.push_back(*std::move(person));
    ::endpwent();
    return people;
}

/// Whom the command line means: the user it names, or the caller.
Managed<Person> meant(const Options& options) {
    const auto person = person_of(options.user.empty() ? ::getpwuid(::getuid()) : ::getpwnam(options.user.c_str()));
    if (!person) return refuse(no_such_user);
    return *person;
}

Place in_home(const Person& person, const Tool& tool, bool may_be_missing) {
    return {person.home + '/' + tool.in_home, person.name, {person.uid}, true, person.gid, may_be_missing};
}

/// As root, and no file is named: the system's and those in homes.
Managed<std::vector<Place>> usual_places(const Tool& tool, const Options& options) {
    std::vector<Place> found;
    if (tool.in_system != nullptr)
        found.push_back({tool.in_system, options.user, {0}, false, 0, tool.in_home != nullptr});
    if (tool.in_home == nullptr) return found;
    if (!options.user.empty()) {
        const auto person = TRY(meant(options));
        found.push_back(in_home(person, tool, tool.in_system != nullptr));
        return found;
    }
    for (const auto& person : everybody()) {
        auto place = in_home(person, tool, true);
        const auto same = [&](const Place& other) { return other.path == place.path; };
        if (std::none_of(found.begin(), found.end(), same)) found.push_back(std::move(place));
    }
    return found;
}

}  // namespace

bool acts_as_admin(const Options& options) { return ::geteuid() == 0 || !options.user.empty(); }

Managed<std::vector<Place>> places(const Tool& tool, const Options& options) {
    const bool is_root = ::geteuid() == 0;
    if (is_root && options.file.empty()) return usual_places(tool, options);
    if (is_root && options.user.empty() && !tool.names_users)
        return refuse(invalid_argument, "Say whose that file is: --user USER.");
    std::vector<uid_t> owners{0, ::geteuid()};
    std::string user = options.user;
    if (!user.empty() || !is_root) {
        const auto person = TRY(meant(options));
        owners.push_back(person.uid);
        user = person.name;
        if (options.file.empty() && tool.in_home != nullptr) return std::vector{in_home(person, tool, false)};
    }
    if (options.file.empty())
        return refuse(invalid_argument,
                      "Only root reads " + std::string(tool.in_system) + ". A file of yours: name it.");
    return std::vector{Place{options.file, user, owners}};
}

Managed<std::optional<foreign::File>> open(const Place& place) {
    std::optional<foreign::AsUser> user;
    if (place.opened_by_user) user.emplace(place.user, place.owners.front(), place.gid);
    auto file = TRY(foreign::File::read(place.path, place.owners));
    if (!file && !place.may_be_missing)
        return refuse(invalid_argument, "There is no " + printable(place.path) + " that could be opened.");
    return file;
}

Managed<std::string> put_aside(const Place& place, const foreign::File& file) {
    std::optional<foreign::AsUser> user;
    if (place.opened_by_user) user.emplace(place.user, place.owners.front(), place.gid);
    return file.put_aside();
}

}  // namespace stepup::cli
