#include "daemon/maintenance/trail.hpp"

#include <cstdio>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/maintenance/state_owner.hpp"
#include "daemon/settings.hpp"

namespace stepup {
namespace {

Exit say(const std::string& sentence, Exit exit) {
    std::fprintf(stderr, "stepup: %s\n", sentence.c_str());
    return exit;
}

ino_t file_at(const std::string& path) {
    struct stat status { };
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

Exit exit_for(const Error& error) { return error.code == Errc::untrusted ? Exit::not_authorized : Exit::unreachable; }

}  // namespace

std::variant<Trail, Exit> Trail::open(const AuditQuestion& question) {
    Trail trail;
    trail.is_copy_ = !question.file.empty();
    const auto settings = load_settings(question.config);
    if (!settings && !trail.is_copy_) return say(settings.error().text(), Exit::unreachable);
    const auto owner = settings ? owner_of(settings->state) : fail(Errc::not_found, "no settings");
    trail.path_ = trail.is_copy_ ? question.file : (settings->state / "stepup.db").string();
    const auto reader = trail.is_copy_ ? owner_of(question.file) : owner;
    if (!reader) return trail.complain(reader.error());
    trail.daemon_ = owner.value_or(*reader);
    if (!trail.is_copy_ && ::geteuid() != 0 && ::geteuid() != *owner)
        return say("the audit trail is root's to read; try sudo, or --file for a copy", Exit::not_authorized);
    if (const auto became = become(*reader); !became) return trail.complain(became.error());
    if (const auto connected = trail.connect(); !connected) return trail.complain(connected.error());
    return trail;
}

Result<> Trail::connect() {
    file_ = file_at(path_);
    auto database = TRY(is_copy_ ? Database::open_copy(path_) : Database::open(path_, Database::Access::read));
    database_ = std::make_unique<Database>(std::move(database));
    return {};
}

bool Trail::reopen_if_replaced() {
    const auto now = file_at(path_);
    if (now == 0) return false;
    if (now == file_ && database_) return true;
    return connect().has_value();
}

Exit Trail::complain(const Error& error) const {
    return say(printable(path_, 4096) + ": " + error.why, exit_for(error));
}

}  // namespace stepup
