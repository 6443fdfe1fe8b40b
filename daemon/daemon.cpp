#include "daemon/daemon.hpp"

#include <array>
#include <filesystem>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/audit/events.hpp"
#include "daemon/factors/recovery_code.hpp"
#include "daemon/keys.hpp"
#include "daemon/listen.hpp"
#include "daemon/log.hpp"
#include "daemon/storage/backup.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/key_ring.hpp"

namespace stepup {
namespace {

constexpr std::size_t slow_threads = 2;  // bcrypt: 49 ms each
// A name service may hang, for some names: one thread each. The unit's TasksMax is above all of ours together.
constexpr std::size_t name_threads = 64;
constexpr Millis longest_look_up = Seconds(20);  // a login that asks in vain has given up by then, and leaves its place

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "localhost";
}

/// `text` with `\n` for each line break, which the audit trail would show as `?`.
std::string on_one_line(const std::string& text) {
    std::string line;
    for (const char letter : text) line += letter == '\n' ? std::string("\\n") : std::string(1, letter);
    return line;
}

/// What helps where the database does not open any more.
void tell_backup(const Error& error, const std::filesystem::path& state) {
    if (error.code != Errc::corrupt && error.code != Errc::not_found) return;
    const auto backup = newest_backup((state / "stepup.db").string());
    log_line(Severity::error,
             backup ? "the newest backup that this host knows of: " + *backup
                    : "this host knows of no backup (stepup admin backup makes one)");
}

/// Tells why a part did not come up: what it is, and the sentence of its error.
Result<> told(Result<> result, const std::string& part) {
    if (!result) log_line(Severity::error, part + ": " + result.error().why);
    return result;
}

}  // namespace

Daemon::Daemon(Settings settings)
    : settings_(std::move(settings)),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP),
      slow_work_(loop_.get_executor(), slow_threads),
      name_lookups_(loop_.get_executor(), name_threads),
      accounts_(
          name_lookups_, [this] { return groups_named(*policy_->now()); }, longest_look_up),
      addresses_(
          settings_.suspicious, settings_.locations,
          [this](auto work, auto then) { slow_work_.run(std::move(work), std::move(then)); },
          [](const std::string& problem) { log_line(Severity::warning, problem); }),
      tokens_(random_) { }

Result<std::unique_ptr<Daemon>> Daemon::open(const Settings& settings) {
    auto daemon = std::unique_ptr<Daemon>(new Daemon(settings));
    TRY(told(daemon->unseal(), "master key " + master_key_path(settings)));
    auto opened = told(daemon->open_store(), "store in " + settings.state.string());
    if (!opened) tell_backup(opened.error(), settings.state);
    TRY(opened);
    TRY(told(daemon->open_doors(), "sockets in " + settings.runtime.string()));
    return daemon;
}

std::string Daemon::database_path() const { return settings_.state / "stepup.db"; }

Result<> Daemon::unseal() {
    const auto path = master_key_path(settings_);
    if (path.empty())
        return fail(Errc::not_found, "none is set; give [keys] master in stepup.toml, or LoadCredential=master.key");
    auto master = load_master_key(path);
    if (!master && master.error().code == Errc::not_found && std::filesystem::exists(database_path()))
        return fail(Errc::not_found,
                    "there is none, but there is a database: put the key that belongs to it back, or restore a backup");
    master_ = TRY(std::move(master));
    boot_ = TRY(boot_id());
    return {};
}

Result<> Daemon::open_seal() {
    auto ring = TRY(open_key_ring(database_path(), master_, random_));
    key_in_place_ = !ring.successor;
    if (ring.successor)
        log_line(Severity::error,
                 "the master key on file is the one before: a rotation was cut short; run it again to finish it "
                 "(stepup admin key rotate)");
    seal_ = std::make_unique<Seal>(std::move(ring.seal));
    pepper_ = seal_->recovery_pepper();
    return {};
}

Result<> Daemon::open_writer() {
    TRY(open_seal());
    WriterParts parts;
    parts.path = database_path();
    parts.boot = boot_;
    parts.post = [this](std::function<void()> work) { asio::post(loop_, std::move(work)); };
    parts.event_name = [](Event event) { return id_of(event); };
    parts.queued_as = [](Event event) { return queued_as(event); };
    parts.journal = &journal_;
    parts.audit_keep = settings_.audit_keep;
    parts.key_in_place = key_in_place_;
    parts.reserve = Reserve::usual_size;
    parts.trouble = [](const Error* trouble) {
        log_line(trouble != nullptr ? Severity::error : Severity::notice,
                 trouble != nullptr
                     ? std::string("nothing can be written down, so nobody is let in by a factor: ") + trouble->why
                     : "the database is written again");
    };
    writer_ = TRY(Writer::open(std::move(parts), *seal_));
    return {};
}

Result<> Daemon::open_store() {
    Reserve reserve(beside(database_path(), "reserve"), Reserve::usual_size);
    auto opened = open_writer();
    if (!opened && reserve.relieve()) opened = open_writer();
    TRY(opened);
    master_.wipe();
    if (writer_->was_behind())
        log_line(Severity::error,
                 "the database is older than it was when stepupd last wrote to it: recent verifications are "
                 "forgotten, and only codes later than now are accepted; recovery codes used since count again");
    auto records = TRY(StoredRecords::open(database_path(), *seal_, boot_));
    records_ = std::make_unique<StoredRecords>(std::move(records));
    factors_ = std::make_unique<Catalogue>(pepper_);
    policy_ = std::make_unique<PolicyHolder>(
        settings_.policy, settings_.state, [this](const Loaded& loaded) { tell_policy(loaded); },
        [this](const Caller& caller, const DropInChange& change) {
            AuditEntry set = entry_by(caller, Event::policy_set, clock_.now(), {});
            set.fields.emplace_back("file", change.file.native());
            set.fields.emplace_back("before", on_one_line(change.before));
            set.fields.emplace_back("after", on_one_line(change.after));
            note(std::move(set));
        });
    return {};
}

Result<> Daemon::open_doors() {
    if (!proc_.reference(1))
        log_line(Severity::error,
                 "/proc hides other users' processes (hidepid): nobody can be identified, so every login "
                 "is refused. Mount it without hidepid, or with gid= of a group that stepup is in.");
    auto listener = TRY(listening_socket("pam", (settings_.runtime / "pam.sock").string()));
    DoorLimits limits;
    limits.connections = settings_.max_connections;
    limits.per_user = settings_.max_per_user;
    limits.attempt = Millis(settings_.attempt);
    door_ = std::make_unique<Door>(loop_.get_executor(), std::move(listener), door_parts(), limits);
    management_ = std::make_unique<Management>(management_parts());
    challenges_ = std::make_unique<Challenges>(challenge_parts());
    const auto kit = enrollment_kit();
    administration_ = std::make_unique<Administration>(AdministrationParts{
        clock_, accounts_, *writer_, [this](auto work, auto then) { slow_work_.run(std::move(work), std::move(then)); },
        kit.make_recovery_codes, *records_, *factors_, [this] { return policy_->now(); }, random_});
    overview_
        = std::make_unique<Overview>(OverviewParts{clock_, accounts_, *records_, [this] { return policy_->now(); }});
    keys_ = std::make_unique<KeyManagement>(KeyManagementParts{clock_, accounts_, *records_, *writer_});
    foretelling_ = std::make_unique<Foretelling>(
        clock_, accounts_, [this] { return policy_->now(); }, settings_.lockers);
    departures_ = std::make_unique<Departures>(clock_, accounts_, *records_, *writer_);
    passwd_watch_ = std::make_unique<FolderWatch>(loop_.get_executor(), "/etc", "passwd", [this] {
        accounts_.accounts_changed();
        departures_->accounts_changed();
    });
    lists_watch_
        = std::make_unique<FolderWatch>(loop_.get_executor(), settings_.suspicious, "", [this] { addresses_.load(); });
    addresses_.load_now();
    if (settings_.bus) open_bus_door();
    return {};
}

void Daemon::open_bus_door() {
    BusDoorParts parts{loop_,
                       clock_,
                       accounts_,
                       tokens_,
                       *management_,
                       *challenges_,
                       *administration_,
                       *overview_,
                       *keys_,
                       *policy_,
                       *foretelling_,
                       *departures_,
                       [](const std::string& line) { log_line(Severity::notice, line); },
                       [this](AuditEntry entry) { note(std::move(entry)); }};
    bus_door_ = std::make_unique<BusDoor>(std::move(parts));
    bus_door_->open();
}

DoorParts Daemon::door_parts() {
    return {clock_,
            proc_,
            *records_,
            *writer_,
            accounts_,
            *factors_,
            journal_,
            tokens_,
            slow_work_,
            [this] { return policy_->now(); },
            settings_.lockers,
            origins_,
            addresses_};
}

ChallengeParts Daemon::challenge_parts() {
    return {loop_.get_executor(),
            {clock_, *records_, *writer_, *factors_, slow_work_, slow_turns_},
            [this] { return policy_->now(); },
            *management_,
            random_};
}

ManagementParts Daemon::management_parts() {
    return {clock_,
            proc_,
            *records_,
            *writer_,
            *factors_,
            journal_,
            [this] { return policy_->now(); },
            [this](auto work, auto then) { slow_work_.run(std::move(work), std::move(then)); },
            enrollment_kit(),
            origins_};
}

EnrollmentKit Daemon::enrollment_kit() {
    const auto issuer = settings_.issuer.empty() ? host_name() : settings_.issuer;
    return {issuer, random_, [this](unsigned count) { return stepup::make_recovery_codes(count, random_, pepper_); }};
}

/// Nothing is granted on files that nobody else can find (Writer, StoredRecords); a restart finds out what there is
/// now.
asio::awaitable<void> Daemon::watch_store() {
    constexpr auto between_looks = Millis(Seconds(2));
    while (writer_->still_in_place()) co_await pause_for(between_looks);
    log_line(Severity::error, "the database was deleted or replaced while it was in use; stopping, to look again");
    failed_ = true;
    door_->stop();
    loop_.stop();
}

bool Daemon::run() {
    note(Event::daemon_started, {{"version", STEPUP_VERSION}, {"store", writer_->created() ? "new" : "opened"}});
    asio::co_spawn(loop_, door_->run(), [](const std::exception_ptr& broken) {
        if (broken) std::terminate();  // a daemon that accepts nobody must not look healthy: systemd starts it again
    });
    asio::co_spawn(loop_, watch_store(), asio::detached);
    asio::co_spawn(loop_, passwd_watch_->run(), asio::detached);
    asio::co_spawn(loop_, feed_watchdog(), asio::detached);
    asio::co_spawn(loop_, lists_watch_->run(), asio::detached);
    wait_for_signal();
    ::sd_notify(0, "READY=1\nSTATUS=Answering logins");
    loop_.run();

    const AuditEntry stopped{Event::daemon_stopped, clock_.now(), {}, "stepupd", {}};
    journal_.show(stopped);
    writer_->stop(stopped);  // commits what was begun …
    loop_.restart();
    loop_.poll();  // … and those who wait for it are told
    if (bus_door_) bus_door_->close();
    slow_work_.finish();  // it may still be comparing with what is about to go
    return !failed_;
}

void Daemon::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
        if (error) return;
        if (signal == SIGHUP) {
            reload();
            return wait_for_signal();
        }
        asio::co_spawn(loop_, finish(), asio::detached);
    });
}

/// Whoever types fast enough is served: an upgrade restarts us beside programs that log in. Whoever knocks meanwhile
/// waits at systemd's socket for the next daemon, and the module waits three seconds for it.
asio::awaitable<void> Daemon::finish() {
    constexpr auto at_most = Millis(Seconds(1));
    constexpr auto between_looks = Millis(10);
    ::sd_notify(0, "STOPPING=1");
    door_->stop();
    for (auto left = at_most; door_->connections() != 0 && left > Millis(0); left -= between_looks)
        co_await pause_for(between_looks);
    loop_.stop();
}

/// systemd starts a daemon anew that does not say for WatchdogSec= that its loop turns.
asio::awaitable<void> Daemon::feed_watchdog() {
    std::uint64_t wanted = 0;  // in microseconds
    if (::sd_watchdog_enabled(0, &wanted) <= 0) co_return;
    const Millis interval(wanted / 3000);
    for (;;) {
        ::sd_notify(0, "WATCHDOG=1");
        co_await pause_for(interval);
    }
}

void Daemon::reload() {
    ::sd_notify(0, "RELOADING=1");
    policy_->load();
    addresses_.load();
    ::sd_notify(0, "READY=1");
}

void Daemon::note(Event event, std::vector<std::pair<std::string_view, std::string>> fields) {
    note(AuditEntry{event, clock_.now(), {}, "stepupd", std::move(fields)});
}

void Daemon::note(AuditEntry entry) {
    journal_.show(entry);
    writer_->note(std::move(entry));
}

void Daemon::tell_policy(const Loaded& loaded) {
    for (const auto& problem : loaded.problems) log_line(Severity::error, "policy: " + problem.text());
    if (loaded.origin == Origin::files) return note(Event::policy_loaded, {{"from", settings_.policy.string()}});
    const bool kept = loaded.origin == Origin::last_good;
    log_line(Severity::error,
             kept ? "policy: the last good one stays in force"
                  : "policy: there never was a good one; everybody is asked every time");
    note(Event::policy_refused, {{"in_force", kept ? "last good" : "built in"}});
}

}  // namespace stepup
