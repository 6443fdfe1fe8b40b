#include "daemon/maintenance/place.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/audit/events.hpp"
#include "daemon/keys.hpp"
#include "daemon/settings.hpp"

namespace stepup {
namespace {

constexpr const char* usual_key = "/etc/stepup/master.cred";  // where the unit takes the credential from

/// Who owns a store that is yet to be made: the daemon's user, where we can be him.
Result<> find_owner_to_be(StorePlace& store) {
    store.has_folder = false;
    store.owner = ::geteuid();
    store.group = ::getegid();
    if (store.owner != 0) return {};
    std::array<char, 16384> room{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r("stepup", &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return fail(Errc::not_found, "there is no user stepup; install the package first");
    store.owner = found->pw_uid;
    store.group = found->pw_gid;
    return {};
}

}  // namespace

Result<StorePlace> find_store(const AdminWords& words) {
    const auto settings = load_settings(words.config);
    if (!settings) {
        std::fprintf(stderr, "stepup: %s\n", settings.error().text().c_str());
        return fail(Errc::malformed, "the settings are wrong");
    }
    StorePlace store{.folder = settings->state, .database = settings->state / "stepup.db", .key = words.key};
    if (store.key.empty()) store.key = settings->master_key.empty() ? usual_key : settings->master_key.string();
    struct stat status { };
    if (::lstat(store.folder.c_str(), &status) != 0) {
        TRY(find_owner_to_be(store));
        return store;
    }
    store.owner = status.st_uid;
    store.group = status.st_gid;
    if (::geteuid() != 0 && ::geteuid() != store.owner)
        return fail(Errc::untrusted, "the store is root's to look after; try sudo");
    return store;
}

AsOwner::AsOwner(const StorePlace& store) {
    if (::geteuid() != 0 || store.owner == 0) return;
    changed_ = true;
    if (::setegid(store.group) != 0 || ::seteuid(store.owner) != 0) std::abort();
}

AsOwner::~AsOwner() {
    if (changed_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::abort();
}

AuditChain new_chain() {
    return {boot_id().value_or("unknown"), [](Event event) { return id_of(event); }};
}

AuditEntry admin_event(Event event, std::vector<std::pair<std::string_view, std::string>> fields) {
    // Root is a role: the login that it came from is the person.
    std::ifstream file("/proc/self/loginuid");
    std::uint32_t login_uid = 0;
    if (file >> login_uid && login_uid != static_cast<std::uint32_t>(-1))
        fields.emplace_back("login_uid", std::to_string(login_uid));
    return {event, SystemClock().now(), {}, "stepup admin", std::move(fields)};
}

void show(AuditChain& chain) {
    JournalSink journal;
    for (const auto& entry : chain.take_appended()) journal.show(entry);
}

void say(const AdminWords& words, const std::string& text,
         std::initializer_list<std::pair<const char*, std::string>> data) {
    nlohmann::json object;
    for (const auto& [name, value] : data) object[name] = value;
    const auto shown = words.json ? object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) : text;
    std::printf("%s\n", shown.c_str());
    std::fflush(stdout);
}

int complain(const AdminWords& words, const Error& error) {
    const bool not_ours = error.code == Errc::untrusted;
    if (words.json)
        say(words, "", {{"error", not_ours ? "NotAuthorized" : "Unavailable"}, {"message", error.why}});
    else
        std::fprintf(stderr, "stepup: %s: %s\n", printable(words.command).c_str(), error.why);
    return not_ours ? 4 : 1;
}

}  // namespace stepup
