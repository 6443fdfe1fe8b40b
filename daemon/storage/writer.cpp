#include "daemon/storage/writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/clock.hpp"
#include "daemon/storage/key_check.hpp"
#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {

/// One request on its way: applied on the writer's thread, answered on the loop's.
class Writer::Job {
public:
    virtual ~Job() = default;
    [[nodiscard]] virtual Result<> apply(const Books& books) = 0;
    virtual void revoke(const Error& error) = 0;
    virtual void answer() = 0;
};

template <class Request, class T> class Writer::JobOf final : public Job {
public:
    JobOf(Request request, Done<T> done) : request_(std::move(request)), done_(std::move(done)) { }

    Result<> apply(const Books& books) override {
        answer_ = stepup::apply(books, request_);
        if (!answer_) return tl::make_unexpected(answer_.error());
        return {};
    }
    void revoke(const Error& error) override { answer_ = tl::make_unexpected(error); }
    void answer() override { done_(std::move(answer_)); }

private:
    Request request_;
    Done<T> done_;
    Result<T> answer_ = fail(Errc::internal, "a request was answered before it was applied");
};

Result<std::unique_ptr<Writer>> Writer::open(WriterParts parts, const Seal& seal) {
    Reserve reserve(beside(parts.path, "reserve"), parts.reserve);
    auto opened = Database::open(parts.path, Database::Access::write, parts.vfs);
    if (!opened && is_disk_full(opened.error()) && reserve.release())
        opened = Database::open(parts.path, Database::Access::write, parts.vfs);
    auto database = TRY(std::move(opened));
    TRY(check_key(database, seal));
    if (parts.key_in_place) TRY(database.run(queries::drop_meta, meta::handover));
    TRY(database.run(queries::forget_other_boots, parts.boot));
    TRY(sweep(database, parts.start));
    auto mark = TRY(MarkFile::open(beside(parts.path, "mark")));
    std::unique_ptr<Writer> writer(new Writer(std::move(parts), seal, std::move(database), std::move(mark)));
    TRY(writer->catch_up());
    writer->opened_ = SystemClock().now();
    writer->newest_ = Millis(TRY(writer->database_.first<std::int64_t>(queries::audit_newest)).value_or(0));
    writer->thread_ = std::thread([self = writer.get()] { self->work(); });
    return writer;
}

Writer::Writer(WriterParts parts, const Seal& seal, Database database, MarkFile mark)
    : parts_(std::move(parts)),
      database_(std::move(database)),
      mark_(std::move(mark)),
      reserve_(beside(parts_.path, "reserve"), parts_.reserve),
      chain_(parts_.boot, parts_.event_name, parts_.queued_as),
      clock_(parts_.start),
      books_{database_, seal, chain_, parts_.boot, locked_rows_, clock_},
      created_(database_.created()) { }

/// Before anybody is served: goes to the end of the chain, and takes back what an older database does not know.
Result<> Writer::catch_up() {
    TRY(chain_.load(database_));
    was_behind_ = TRY(mark_.compare(database_)) == MarkFile::Standing::behind;
    TRY(database_.run(queries::begin));
    TRY(database_.changed_by_others());
    if (was_behind_)
        TRY(forget_the_unsure(database_, chain_, {Event::store_is_older, SystemClock().now(), {}, "stepupd", {}}));
    TRY(database_.run(queries::write_meta, marked, Blob{"1"}));
    TRY(database_.run(queries::commit));
    TRY(mark_.write(chain_.mark()));
    mark_.flush();
    show_appended();
    (void)reserve_.make();
    return {};
}

Writer::~Writer() { stop(); }

void Writer::judge(Judgement judgement, Done<Judged> done) { submit<Judged>(std::move(judgement), std::move(done)); }
void Writer::attach(Attachment attachment, Done<bool> done) { submit<bool>(std::move(attachment), std::move(done)); }
void Writer::latch(std::int64_t verification, Session place, Done<bool> done) {
    submit<bool>(Latch{verification, std::move(place)}, std::move(done));
}
void Writer::end_windows(WindowsEnd end, Done<unsigned> done) { submit<unsigned>(std::move(end), std::move(done)); }
void Writer::end_sessions(WindowsGone gone, Done<unsigned> done) { submit<unsigned>(std::move(gone), std::move(done)); }
void Writer::start_enrollment(NewEnrollment enrollment, Done<std::int64_t> done) {
    submit<std::int64_t>(std::move(enrollment), std::move(done));
}
void Writer::confirm(Confirmation confirmation, Done<> done) { submit<void>(std::move(confirmation), std::move(done)); }
void Writer::remove(Removal removal, Done<> done) { submit<void>(std::move(removal), std::move(done)); }
void Writer::rename(Renaming renaming, Done<> done) { submit<void>(std::move(renaming), std::move(done)); }
void Writer::set_primary(PrimaryChoice choice, Done<> done) { submit<void>(std::move(choice), std::move(done)); }
void Writer::disable(Disabling disabling, Done<unsigned> done) {
    submit<unsigned>(std::move(disabling), std::move(done));
}
void Writer::replace_recovery_codes(NewRecoveryCodes codes, Done<> done) {
    submit<void>(std::move(codes), std::move(done));
}
void Writer::reset(Reset reset, Done<unsigned> done) { submit<unsigned>(std::move(reset), std::move(done)); }
void Writer::hand_out(HandOut out, Done<> done) { submit<void>(std::move(out), std::move(done)); }
void Writer::bring_in(BroughtIn brought, Done<> done) { submit<void>(std::move(brought), std::move(done)); }
void Writer::acknowledge(std::int64_t until, Done<> done) { submit<void>(Acknowledged{until}, std::move(done)); }
void Writer::trust_key(KeyTrusting trusting, Done<> done) { submit<void>(std::move(trusting), std::move(done)); }
void Writer::use_key(KeyUse use, Done<bool> done) { submit<bool>(std::move(use), std::move(done)); }
void Writer::forget_keys(KeysForgetting forgetting, Done<unsigned> done) {
    submit<unsigned>(std::move(forgetting), std::move(done));
}
void Writer::unlock(Unlock unlock, Done<unsigned> done) { submit<unsigned>(std::move(unlock), std::move(done)); }

void Writer::first_sight(FirstSight sight, Done<Millis> done) { submit<Millis>(std::move(sight), std::move(done)); }
void Writer::password_changed(PasswordChange change, Done<> done) { submit<void>(std::move(change), std::move(done)); }

template <class T, class Request> void Writer::submit(Request request, Done<T> done) {
    auto job = std::make_unique<JobOf<Request, T>>(std::move(request), std::move(done));
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            waiting_.push_back(std::move(job));
            wake_.notify_one();
            return;
        }
    }
    job->revoke({Errc::unavailable, "the daemon is stopping", std::source_location::current()});
    Jobs late;
    late.push_back(std::move(job));
    deliver(std::move(late));
}

void Writer::note(AuditEntry entry) {
    const std::lock_guard lock(mutex_);
    if (notes_.size() >= most_notes || stopping_) return;
    const bool first = notes_.empty();
    if (first) notes_since_ = std::chrono::steady_clock::now();
    notes_.push_back(std::move(entry));
    notes_due_ = notes_due_ || notes_.size() % notes_commit_at == 0;
    if (notes_due_ || first) wake_.notify_one();
}

void Writer::stop(std::optional<AuditEntry> last) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) last_ = std::move(last);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void Writer::work() {
    anchor();  // what was found: whoever shortened it while nobody looked left the journal's last anchor behind
    while (wait_for_work()) {
        write_batch();
        if (anchor_is_due()) anchor();
    }
    if (last_) {
        notes_.push_back(*std::move(last_));  // nobody adds any more
        write_batch();
    }
    anchor();
}

/// False when there will be no more.
bool Writer::wait_for_work() {
    std::unique_lock lock(mutex_);
    while (waiting_.empty() && !notes_due_ && !stopping_) {
        const auto upkeep = next_upkeep();
        if (upkeep == Moment::max())
            wake_.wait(lock);
        else if (wake_.wait_until(lock, upkeep) == std::cv_status::timeout) {
            notes_due_ = !notes_.empty() && upkeep >= notes_since_ + parts_.notes_wait;
            lock.unlock();
            if (anchor_is_due()) anchor();
            shorten_if_due();
            lock.lock();
        }
    }
    return !stopping_ || !waiting_.empty() || !notes_.empty();
}

void Writer::write_batch() {
    Jobs batch;
    Notes notes;
    auto before = chain_.mark();
    auto written = begin();
    if (written) {
        before = chain_.mark();
        written = apply_all(batch, notes);
    }
    if (written) written = database_.run(queries::commit).map([](int) {});
    if (!written) {
        (void)take_waiting(batch, notes);
        take_back(before);
        if (is_disk_full(written.error()) && reserve_.release()) written = write_again(before, batch, notes);
    }
    if (!written) undo(batch, std::move(notes), written.error());
    tell(written);
    deliver(std::move(batch));
    if (written) move_mark();
    show_appended();
    tidy_up();
}

/// Opens the transaction of a batch: on the files that everybody else sees, at the end of the chain.
Result<> Writer::begin() {
    TRY(database_.still_in_place());
    TRY(database_.run(queries::begin));
    if (TRY(database_.changed_by_others())) TRY(chain_.load(database_));
    return {};
}

/// Nobody waits for this: a mark that stays behind only makes a restart less certain of an older database.
void Writer::move_mark() { (void)mark_.write(chain_.mark()); }

/// The same batch once more, in the room that the reserve has given back.
Result<> Writer::write_again(const AuditChain::Mark& before, const Jobs& batch, const Notes& notes) {
    const auto again = [&]() -> Result<> {
        TRY(begin());
        TRY(apply_notes(notes));
        for (const auto& job : batch) TRY(apply_in_savepoint(*job));
        TRY(chain_.append(database_, {Event::reserve_released, SystemClock().now(), {}, "stepupd", {}}));
        TRY(database_.run(queries::commit));
        return {};
    };
    auto written = again();
    if (!written) take_back(before);
    return written;
}

/// Takes what waits until nothing does: who asks while others are served rides along.
Result<> Writer::apply_all(Jobs& batch, Notes& notes) {
    while (batch.size() < most_in_batch) {
        Jobs jobs;
        Notes more;
        if (!take_waiting(jobs, more)) break;
        const std::size_t first = batch.size();
        batch.insert(batch.end(), std::move_iterator(jobs.begin()), std::move_iterator(jobs.end()));
        notes.insert(notes.end(), more.begin(), more.end());
        TRY(apply_notes(more));
        for (std::size_t i = first; i < batch.size(); ++i) TRY(apply_in_savepoint(*batch[i]));
    }
    return {};
}

/// A request that fails is undone alone. An Error: the whole transaction is lost.
Result<> Writer::apply_in_savepoint(Job& job) {
    const auto before = chain_.mark();
    TRY(database_.run(queries::savepoint));
    const auto applied = job.apply(books_);
    if (!applied) {
        chain_.return_to(before);
        if (!database_.in_transaction()) return applied;
        TRY(database_.run(queries::rollback_to));
    }
    TRY(database_.run(queries::release));
    return {};
}

/// The journal has shown notes already, so they are not shown again.
Result<> Writer::apply_notes(const Notes& notes) {
    for (const auto& entry : notes) TRY(chain_.append_shown(database_, entry));
    return {};
}

bool Writer::take_waiting(Jobs& jobs, Notes& notes) {
    const std::lock_guard lock(mutex_);
    const bool any = !waiting_.empty() || !notes_.empty();
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(jobs));
    std::move(notes_.begin(), notes_.end(), std::back_inserter(notes));
    waiting_.clear();
    notes_.clear();
    notes_due_ = false;
    return any;
}

void Writer::take_back(const AuditChain::Mark& before) {
    if (database_.in_transaction()) (void)database_.run(queries::rollback);
    chain_.return_to(before);
}

void Writer::undo(Jobs& batch, Notes notes, const Error& error) {
    for (const auto& job : batch) job->revoke({Errc::unavailable, error.why, error.where});
    const std::lock_guard lock(mutex_);
    notes_since_ = std::chrono::steady_clock::now();
    if (!stopping_) notes_.insert(notes_.begin(), std::move_iterator(notes.begin()), std::move_iterator(notes.end()));
}

void Writer::show_appended() {
    for (const auto& entry : chain_.take_appended())
        if (parts_.journal != nullptr) parts_.journal->show(entry);
}

/// Says it once when commits begin to fail, or fail for another reason, and once when they succeed again.
void Writer::tell(const Result<>& written) {
    const char* why = written ? nullptr : written.error().why;
    if (std::exchange(trouble_, why) != why) parts_.trouble(written ? nullptr : &written.error());
}

void Writer::deliver(Jobs batch) const {
    if (batch.empty()) return;
    parts_.post([batch = std::make_shared<Jobs>(std::move(batch))] {
        for (const auto& job : *batch) job->answer();
    });
}

}  // namespace stepup
