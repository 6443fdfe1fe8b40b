#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "daemon/accounts/name_service.hpp"
#include "daemon/addresses/directory.hpp"
#include "daemon/audit/journal_sink.hpp"
#include "daemon/bus_door/bus_door.hpp"
#include "daemon/factors/catalogue.hpp"
#include "daemon/loop/folder_watch.hpp"
#include "daemon/pam_door/door.hpp"
#include "daemon/policy_in_force.hpp"
#include "daemon/settings.hpp"
#include "daemon/storage/records.hpp"
#include "daemon/storage/writer.hpp"

namespace stepup {

/// All parts of stepupd, in the order in which they need each other. Only this and daemon.cpp know everybody.
class Daemon {
public:
    /// Opens key, store and sockets. Errors: those of the parts, told in `log` with what to do.
    [[nodiscard]] static Result<std::unique_ptr<Daemon>> open(const Settings& settings);

    /// Serves until SIGTERM or SIGINT; then finishes what was begun to be written, and returns. False: it had to end
    /// because the database is not where it was.
    [[nodiscard]] bool run();

private:
    explicit Daemon(Settings settings);
    [[nodiscard]] std::string database_path() const;
    [[nodiscard]] Result<> unseal();
    [[nodiscard]] Result<> open_seal();
    [[nodiscard]] Result<> open_writer();
    [[nodiscard]] Result<> open_store();
    [[nodiscard]] Result<> open_doors();
    [[nodiscard]] ManagementParts management_parts();
    [[nodiscard]] EnrollmentKit enrollment_kit();
    [[nodiscard]] DoorParts door_parts();
    [[nodiscard]] ChallengeParts challenge_parts();
    void open_bus_door();
    [[nodiscard]] asio::awaitable<void> watch_store();
    [[nodiscard]] static asio::awaitable<void> feed_watchdog();
    [[nodiscard]] asio::awaitable<void> finish();
    void wait_for_signal();
    void reload();
    void note(Event event, std::vector<std::pair<std::string_view, std::string>> fields);
    void note(AuditEntry entry);
    void tell_policy(const Loaded& loaded);

    Settings settings_;
    std::string boot_;
    Secret master_;  ///< until the store is open
    Secret pepper_;
    bool key_in_place_ = true;
    bool failed_ = false;
    SystemClock clock_;
    KernelRandom random_;
    asio::io_context loop_{1};
    asio::signal_set signals_;
    Workers slow_work_;
    Workers name_lookups_;
    ProcReader proc_;
    Origins origins_{proc_};
    JournalSink journal_;
    std::unique_ptr<Seal> seal_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<StoredRecords> records_;
    std::unique_ptr<Catalogue> factors_;
    std::unique_ptr<PolicyHolder> policy_;
    NameService accounts_;
    AddressDirectory addresses_;
    TokenBook tokens_;
    Turns<std::string> slow_turns_;  ///< of challenges; logins have their own
    std::unique_ptr<Management> management_;
    std::unique_ptr<Challenges> challenges_;
    std::unique_ptr<Administration> administration_;
    std::unique_ptr<Overview> overview_;
    std::unique_ptr<KeyManagement> keys_;
    std::unique_ptr<Foretelling> foretelling_;
    std::unique_ptr<Departures> departures_;
    std::unique_ptr<FolderWatch> passwd_watch_;
    std::unique_ptr<FolderWatch> lists_watch_;
    std::unique_ptr<Door> door_;
    std::unique_ptr<BusDoor> bus_door_;
};

}  // namespace stepup
