#pragma once

#include <string>

#include <sys/types.h>

#include "common/management_error.hpp"
#include "common/result.hpp"
#include "daemon/audit/journal_sink.hpp"
#include "daemon/core/event.hpp"
#include "daemon/storage/chain.hpp"

namespace stepup {

/// What the words behind a command of stepup admin say.
struct AdminWords {
    std::string command;
    std::string file;  ///< of a backup
    std::string config = "/etc/stepup/stepup.toml";
    std::string key;       ///< where the master key is; empty: as the settings say
    bool replace = false;  ///< restore: put aside what is there
    bool renew = false;    ///< recovery-share: although there is one
    bool json = false;     ///< print JSON, for programs
};

/// Whose the store is, and where it and its key lie.
struct StorePlace {
    std::string folder;
    std::string database;
    std::string key;
    uid_t owner = 0;
    gid_t group = 0;
    bool has_folder = true;
};
/// Errors: not_found (no user stepup to own a new store), untrusted (not ours to touch), unavailable, malformed.
[[nodiscard]] Result<StorePlace> find_store(const AdminWords& words);

/// While it lives, we are the store's owner if we were root before: a file of root's beside the database would keep
/// stepupd from opening it.
class AsOwner {
public:
    explicit AsOwner(const StorePlace& store);
    ~AsOwner();
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;

private:
    bool changed_ = false;
};

/// A chain to append to, in the words of the catalogue.
[[nodiscard]] AuditChain new_chain();
[[nodiscard]] AuditEntry admin_event(Event event, std::vector<std::pair<std::string_view, std::string>> fields = {});
/// Shows the journal what was appended.
void show(AuditChain& chain);

/// What was done: for people, or as an object of texts with --json.
void say(const AdminWords& words, const std::string& text,
         std::initializer_list<std::pair<const char*, std::string>> data);
/// One sentence on standard error, or an object with --json, and the exit status for it.
int complain(const AdminWords& words, const Error& error);

}  // namespace stepup
