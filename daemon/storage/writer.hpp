#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/core/ports.hpp"
#include "daemon/storage/apply.hpp"
#include "daemon/storage/mark.hpp"
#include "daemon/storage/reserve.hpp"

namespace stepup {

struct WriterParts {
    std::string path;                                 ///< of the database file
    std::string boot;                                 ///< this boot's id; what other boots proved is forgotten
    std::function<void(std::function<void()>)> post;  ///< runs what it is given on the loop's thread
    AuditChain::NameOf event_name = nullptr;          ///< what the audit trail calls an event
    AuditSink* journal = nullptr;                  ///< shown what requests recorded; notes are shown by who notes them
    const char* vfs = nullptr;                     ///< see Database::open
    Millis audit_keep{};                           ///< older audit records are removed; 0: never
    Millis notes_wait = std::chrono::seconds(30);  ///< for a request to be committed with; then they go alone
    Millis anchor_wait = std::chrono::minutes(5);  ///< until the chain's new head is written to the journal
    bool key_in_place = true;                      ///< false: the key on file is the one before (key_ring.hpp)
    std::int64_t reserve = 0;                      ///< bytes set aside for a full disk (reserve.hpp)
    Instant start = SystemClock().now();           ///< when the wall clock was right, as far as we know
    /// Told on the writer's thread when commits begin to fail, with the sentence of the error; when they succeed again,
    /// with nothing.
    std::function<void(const Error*)> trouble = [](const Error*) {};
    AuditChain::NameOf queued_as = nullptr;  ///< what the queue calls an event; empty: it is not queued
};

/// The one thread that writes. Whatever waits when it is free goes into one transaction, each request in a savepoint of
/// its own; answers are posted after COMMIT, so nothing is told that is not durable. If COMMIT fails, every request of
/// the batch is answered unavailable and nothing of it happened.
class Writer final : public Recorder {
public:
    /// Opens the database, binds it to the key and starts the thread. `seal` outlives the writer. Errors: those of
    /// Database::open and check_key.
    [[nodiscard]] static Result<std::unique_ptr<Writer>> open(WriterParts parts, const Seal& seal);
    ~Writer() override;

    void judge(Judgement judgement, Done<Judged> done) override;
    void attach(Attachment attachment, Done<bool> done) override;
    void latch(std::int64_t verification, Session place, Done<bool> done) override;
    void end_windows(WindowsEnd end, Done<unsigned> done) override;
    void end_sessions(WindowsGone gone, Done<unsigned> done) override;
    void start_enrollment(NewEnrollment enrollment, Done<std::int64_t> done) override;
    void confirm(Confirmation confirmation, Done<> done) override;
    void remove(Removal removal, Done<> done) override;
    void rename(Renaming renaming, Done<> done) override;
    void set_primary(PrimaryChoice choice, Done<> done) override;
    void disable(Disabling disabling, Done<unsigned> done) override;
    void replace_recovery_codes(NewRecoveryCodes codes, Done<> done) override;
    void reset(Reset reset, Done<unsigned> done) override;
    void hand_out(HandOut out, Done<> done) override;
    void bring_in(BroughtIn brought, Done<> done) override;
    void acknowledge(std::int64_t until, Done<> done) override;
    void trust_key(KeyTrusting trusting, Done<> done) override;
    void use_key(KeyUse use, Done<bool> done) override;
    void forget_keys(KeysForgetting forgetting, Done<unsigned> done) override;
    void unlock(Unlock unlock, Done<unsigned> done) override;
    void first_sight(FirstSight sight, Done<Millis> done) override;
    void password_changed(PasswordChange change, Done<> done) override;
    void note(AuditEntry entry) override;

    /// Finishes what was asked for, commits, ends the thread. Whatever is asked for later is answered unavailable, and
    /// `last` is the trail's last record.
    void stop(std::optional<AuditEntry> last = std::nullopt);
    /// True if the database file was made by this open().
    [[nodiscard]] bool created() const { return created_; }
    /// True if the database was older than its mark; then what it does not know was taken back (mark.hpp).
    [[nodiscard]] bool was_behind() const { return was_behind_; }
    /// See Database::still_in_place.
    [[nodiscard]] Result<> still_in_place() const { return database_.still_in_place(); }

    static constexpr std::size_t notes_commit_at = 256;  ///< so many notes are committed without a request
    static constexpr std::size_t most_notes = 4096;      ///< kept while the disk fails; further ones are lost
    static constexpr std::size_t most_in_batch = 512;
    static constexpr std::int64_t rows_between_anchors = 1024;

private:
    class Job;
    template <class Request, class T> class JobOf;
    using Jobs = std::vector<std::unique_ptr<Job>>;
    using Notes = std::vector<AuditEntry>;

    Writer(WriterParts parts, const Seal& seal, Database database, MarkFile mark);

    template <class T, class Request> void submit(Request request, Done<T> done);
    using Moment = std::chrono::steady_clock::time_point;

    /// Forgets verifications and sources that are too old to count.
    [[nodiscard]] static Result<> sweep(Database& database, Instant now);
    void work();
    [[nodiscard]] bool wait_for_work();
    [[nodiscard]] Moment next_upkeep() const;
    void anchor();
    [[nodiscard]] bool anchor_is_due() const;
    void shorten_if_due();
    [[nodiscard]] Result<bool> shorten();
    [[nodiscard]] Result<> catch_up();
    void write_batch();
    [[nodiscard]] Result<> begin();
    void move_mark();
    [[nodiscard]] Result<> write_again(const AuditChain::Mark& before, const Jobs& batch, const Notes& notes);
    [[nodiscard]] Result<> apply_all(Jobs& batch, Notes& notes);
    [[nodiscard]] Result<> apply_in_savepoint(Job& job);
    [[nodiscard]] Result<> apply_notes(const Notes& notes);
    [[nodiscard]] bool take_waiting(Jobs& jobs, Notes& notes);
    void undo(Jobs& batch, Notes notes, const Error& error);
    void take_back(const AuditChain::Mark& before);
    void deliver(Jobs batch) const;
    void show_appended();
    void tell(const Result<>& written);
    void tidy_up();
    void note_own(Event event);

    WriterParts parts_;
    Database database_;
    MarkFile mark_;
    Reserve reserve_;
    AuditChain chain_;
    AuditQuota locked_rows_;
    ClockGuard clock_;
    Books books_;
    bool created_;
    bool was_behind_ = false;
    const char* trouble_ = nullptr;  ///< the sentence that was told last
    unsigned batches_ = 0;
    Instant opened_{};
    Millis newest_{};  ///< record that was found, by the wall clock of then
    Moment shorten_at_ = std::chrono::steady_clock::now();
    std::int64_t anchored_ = 0;  ///< the last record whose hash the journal got as an anchor
    Moment anchored_at_ = std::chrono::steady_clock::now();

    std::mutex mutex_;
    std::condition_variable wake_;
    Jobs waiting_;
    Notes notes_;
    Moment notes_since_{};    ///< when the first of them came
    bool notes_due_ = false;  ///< so many wait, or for so long, that they are committed on their own
    bool stopping_ = false;
    std::optional<AuditEntry> last_;
    std::thread thread_;
};

}  // namespace stepup
