#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "daemon/core/ports.hpp"

namespace stepup::testing {

/// Remembers what it was asked to record; answers at once: from `outcomes` while there are some, else as a store would
/// that has never seen the answer before.
class FakeRecorder final : public Recorder {
public:
    std::deque<Result<Judged>> outcomes;
    std::deque<bool> latches;
    std::vector<Judgement> judged;
    std::optional<Result<Judged>> last;  ///< what came of the last of them
    std::vector<AuditEntry> noted;
    std::vector<Attachment> attached;
    std::vector<WindowsEnd> ended;

    void judge(Judgement judgement, Done<Judged> done) override {
        const Judged natural{judgement.proof ? Outcome::accepted : Outcome::refused, {}, false};
        judged.push_back(std::move(judgement));
        Result<Judged> outcome = natural;
        if (!outcomes.empty()) {
            outcome = std::move(outcomes.front());
            outcomes.pop_front();
        }
        last = outcome;
        done(std::move(outcome));
    }
    void attach(Attachment attachment, Done<bool> done) override {
        attached.push_back(std::move(attachment));
        done(true);
    }
    void latch(std::int64_t, Session, Done<bool> done) override {
        const bool first = latches.empty() || latches.front();
        if (!latches.empty()) latches.pop_front();
        done(first);
    }
    void end_windows(WindowsEnd end, Done<unsigned> done) override {
        ended.push_back(std::move(end));
        done(1U);
    }
    void end_sessions(WindowsGone, Done<unsigned> done) override { done(0U); }
    void start_enrollment(NewEnrollment, Done<std::int64_t> done) override { done(1); }
    void confirm(Confirmation, Done<> done) override { done({}); }
    void remove(Removal, Done<> done) override { done({}); }
    void rename(Renaming, Done<> done) override { done({}); }
    void set_primary(PrimaryChoice, Done<> done) override { done({}); }
    void disable(Disabling, Done<unsigned> done) override { done(0U); }
    void replace_recovery_codes(NewRecoveryCodes, Done<> done) override { done({}); }
    void reset(Reset, Done<unsigned> done) override { done(0U); }
    void hand_out(HandOut, Done<> done) override { done({}); }
    void bring_in(BroughtIn, Done<> done) override { done({}); }
    void acknowledge(std::int64_t, Done<> done) override { done({}); }
    std::vector<KeyTrusting> trusted;
    std::vector<KeyUse> used;
    std::vector<KeysForgetting> forgotten;
    bool refuses_keys = false;  ///< as if they were forgotten just now

    void trust_key(KeyTrusting trusting, Done<> done) override {
        trusted.push_back(std::move(trusting));
        if (refuses_keys) return done(fail(Errc::not_found, "no factor"));
        done({});
    }
    void use_key(KeyUse use, Done<bool> done) override {
        used.push_back(std::move(use));
        done(!refuses_keys);
    }
    void forget_keys(KeysForgetting forgetting, Done<unsigned> done) override {
        forgotten.push_back(std::move(forgetting));
        done(1U);
    }
    void unlock(Unlock, Done<unsigned> done) override { done(0U); }
    std::vector<FirstSight> first_sights;
    Millis first_seen{};  ///< by what first_sight() answers; 0: by what it is told
    bool is_full = false;
    void first_sight(FirstSight sight, Done<Millis> done) override {
        first_sights.push_back(sight);
        if (is_full) return done(fail(Errc::unavailable, "the disk is full"));
        done(first_seen == Millis(0) ? sight.at : first_seen);
    }
    std::vector<PasswordChange> password_changes;
    void password_changed(PasswordChange change, Done<> done) override {
        password_changes.push_back(std::move(change));
        done({});
    }
    void note(AuditEntry entry) override { noted.push_back(std::move(entry)); }
};

}  // namespace stepup::testing
