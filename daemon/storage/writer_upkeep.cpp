#include <algorithm>

#include "common/clock.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/retention.hpp"
#include "daemon/storage/writer.hpp"

// What the writer does beside what it is asked for: anchors, retention, and what is left over after a batch.

namespace stepup {
namespace {

constexpr unsigned batches_between_sweeps = 1024;

}  // namespace

Result<> Writer::sweep(Database& database, Instant now) {
    TRY(database.run(queries::forget_old, now.boot - verification_kept));
    TRY(database.run(queries::drop_out_of_date, now.wall));
    TRY(database.run(queries::drop_expired_keys, now.wall));
    TRY(database.run(queries::forget_sources, now.wall - Millis(std::chrono::minutes(30))));
    TRY(database.run(queries::forget_passed_ahead));
    TRY(database.run(queries::forget_seen_before, now.wall - seen_kept));
    return {};
}

/// When something is due although nobody asks for anything.
Writer::Moment Writer::next_upkeep() const {
    const auto notes = notes_.empty() ? Moment::max() : notes_since_ + parts_.notes_wait;
    const auto head = chain_.mark().seq == anchored_ ? Moment::max() : anchored_at_ + parts_.anchor_wait;
    return std::min({notes, head, parts_.audit_keep == Millis::zero() ? Moment::max() : shorten_at_});
}

/// Once a day, a slice at a time: whoever asks meanwhile is served between two.
void Writer::shorten_if_due() {
    if (parts_.audit_keep == Millis::zero() || std::chrono::steady_clock::now() < shorten_at_) return;
    auto before = chain_.mark();
    Result<bool> more = false;
    auto written = begin();
    if (written) {
        before = chain_.mark();
        more = shorten();
        written = more.map([](bool) {});
    }
    if (written) written = database_.run(queries::commit).map([](int) {});
    if (written)
        move_mark();
    else
        take_back(before);
    show_appended();
    if (!written || !*more) shorten_at_ = std::chrono::steady_clock::now() + std::chrono::hours(24);
}

/// A wall clock that jumps ahead must not remove everything: records count as old by the newest one that was found at
/// the start and the time that went by since, if the clock says more.
Result<bool> Writer::shorten() {
    const auto now = SystemClock().now();
    const auto by_records = newest_ + (now.boot - opened_.boot);
    return shorten_trail(database_, chain_, std::min(now.wall, by_records) - parts_.audit_keep, now);
}

bool Writer::anchor_is_due() const {
    const auto since = chain_.mark().seq - anchored_;
    if (since == 0) return false;
    return since >= rows_between_anchors || std::chrono::steady_clock::now() >= anchored_at_ + parts_.anchor_wait;
}

/// Tells the journal where the chain ends, unless it knows.
void Writer::anchor() {
    if (chain_.mark().seq == anchored_) return;
    anchored_ = chain_.mark().seq;
    anchored_at_ = std::chrono::steady_clock::now();
    if (parts_.journal != nullptr) parts_.journal->show(chain_.anchor(SystemClock().now()));
}

void Writer::tidy_up() {
    bool somebody_waits = false;
    {
        const std::lock_guard lock(mutex_);
        somebody_waits = !waiting_.empty();
    }
    const auto tidied = database_.tidy_log(somebody_waits);
    if (!tidied && is_disk_full(tidied.error()) && reserve_.release()) note_own(Event::reserve_released);
    if (trouble_ == nullptr && reserve_.is_missing() && reserve_.make()) note_own(Event::reserve_made);
    if (++batches_ % batches_between_sweeps == 0) (void)sweep(database_, SystemClock().now());
}

/// Waits for the next commit, as everybody's notes do.
void Writer::note_own(Event event) {
    AuditEntry entry{event, SystemClock().now(), {}, "stepupd", {}};
    if (parts_.journal != nullptr) parts_.journal->show(entry);
    note(std::move(entry));
}

}  // namespace stepup
