#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/core/administration.hpp"
#include "daemon/core/management.hpp"
#include "tests/support/fakes.hpp"

// A store in memory behind the ports, for the rules of Management.

namespace stepup::testing {

/// Keeps what it is told in FakeRecords, as the real one does in its tables.
class FakeRecorder final : public Recorder {
public:
    explicit FakeRecorder(FakeRecords& records) : records_(records) { }

    std::vector<Judgement> judged;
    std::vector<AuditEntry> audit;
    std::vector<WindowsEnd> ended;
    std::vector<WindowsGone> departed;
    std::vector<HashedCode> codes;
    std::vector<Unlock> unlocked;
    std::vector<Reset> resets;
    std::vector<HandOut> handed_out;
    std::vector<BroughtIn> brought_in;
    bool is_limited = false;  ///< whoever confirms is delayed or locked
    std::vector<Confirmation> confirmed;
    std::vector<std::uint64_t> counters;  ///< of the enrollments that were started
    Outcome outcome = Outcome::refused;
    Millis later{};  ///< with Outcome::later and Outcome::locked
    bool latches = true;
    bool is_broken = false;
    bool keeps_labels = false;                     ///< none is free
    bool judges = true;                            ///< else the writer is gone when an answer comes
    std::vector<std::function<void()>> held_back;  ///< with `holds`: answers that wait
    bool holds = false;

    void judge(Judgement judgement, Done<Judged> done) override {
        const bool wrong = !judgement.proof && outcome == Outcome::accepted;
        judged.push_back(std::move(judgement));
        if (!judges) return done(fail(Errc::unavailable, "the writer is gone"));
        answer(std::move(done), Result<Judged>(Judged{wrong ? Outcome::refused : outcome, later}));
    }
    void attach(Attachment, Done<bool>) override { }
    void latch(std::int64_t, Session, Done<bool> done) override { answer(std::move(done), Result<bool>(latches)); }
    void end_windows(WindowsEnd end, Done<unsigned> done) override {
        ended.push_back(std::move(end));
        answer(std::move(done), Result<unsigned>(2U));
    }
    void end_sessions(WindowsGone end, Done<unsigned> done) override {
        departed.push_back(std::move(end));
        answer(std::move(done), Result<unsigned>(1U));
    }
    void start_enrollment(NewEnrollment wish, Done<std::int64_t> done) override {
        audit.push_back(wish.audit);
        counters.push_back(wish.counter);
        Enrollment made;
        made.id = next_id_++;
        made.account = wish.account;
        made.kind = wish.kind;
        made.label = wish.label;
        made.oath = wish.oath;
        made.created = wish.audit.at.wall;
        records_.all.push_back(made);
        if (made.kind == FactorKind::ssh_security_key) records_.seeds[made.id] = wish.seed.reveal();
        answer(std::move(done), Result<std::int64_t>(made.id));
    }
    void confirm(Confirmation confirmation, Done<> done) override {
        if (is_limited) return answer(std::move(done), Result<>(fail(Errc::limited, "locked")));
        audit.push_back(confirmation.audit);
        auto* found = find(confirmation.enrollment);
        if (found == nullptr) return answer(std::move(done), Result<>(fail(Errc::not_found, "none")));
        if (found->active) return answer(std::move(done), Result<>(fail(Errc::conflict, "again")));
        found->active = true;
        if (!confirmation.recovery_codes.empty()) keep_codes(confirmation.account, confirmation.recovery_codes);
        confirmed.push_back(std::move(confirmation));
        answer(std::move(done), Result<>());
    }
    void remove(Removal removal, Done<> done) override {
        audit.push_back(removal.audit);
        const auto gone = std::erase_if(records_.all, [&](const auto& one) { return one.id == removal.enrollment; });
        answer(std::move(done), gone == 0 ? Result<>(fail(Errc::not_found, "none")) : Result<>());
    }
    void rename(Renaming renaming, Done<> done) override {
        if (keeps_labels) return answer(std::move(done), Result<>(fail(Errc::conflict, "taken")));
        audit.push_back(renaming.audit);
        auto* found = find(renaming.enrollment);
        if (found == nullptr) return answer(std::move(done), Result<>(fail(Errc::not_found, "none")));
        found->label = renaming.label;
        answer(std::move(done), Result<>());
    }
    void set_primary(PrimaryChoice choice, Done<> done) override {
        audit.push_back(choice.audit);
        for (auto& one : records_.all) one.primary = one.id == choice.enrollment;
        answer(std::move(done), Result<>());
    }
    void disable(Disabling disabling, Done<unsigned> done) override {
        audit.push_back(disabling.audit);
        const auto gone
            = std::erase_if(records_.all, [&](const auto& one) { return one.account == disabling.account; });
        answer(std::move(done), Result<unsigned>(static_cast<unsigned>(gone)));
    }
    void replace_recovery_codes(NewRecoveryCodes fresh, Done<> done) override {
        audit.push_back(fresh.audit);
        keep_codes(fresh.account, fresh.codes);
        answer(std::move(done), Result<>());
    }
    void reset(Reset reset, Done<unsigned> done) override {
        const auto gone = std::erase_if(records_.all, [&](const auto& one) { return one.account == reset.account; });
        resets.push_back(std::move(reset));
        answer(std::move(done), Result<unsigned>(static_cast<unsigned>(gone)));
    }
    std::vector<KeysForgetting> forgotten;
    void trust_key(KeyTrusting, Done<> done) override { answer(std::move(done), Result<>()); }
    void use_key(KeyUse, Done<bool> done) override { answer(std::move(done), Result<bool>(true)); }
    void forget_keys(KeysForgetting forgetting, Done<unsigned> done) override {
        const auto gone = std::erase_if(records_.trusted, [&](const auto& one) {
            return one.account == forgetting.account && one.id == forgetting.key.value_or(one.id);
        });
        forgotten.push_back(std::move(forgetting));
        answer(std::move(done), Result<unsigned>(static_cast<unsigned>(gone)));
    }
    void hand_out(HandOut out, Done<> done) override {
        const auto enrolled = std::any_of(records_.all.begin(), records_.all.end(),
                                          [&](const auto& one) { return one.account == out.account; });
        if (out.kind == FactorKind::invite && enrolled)
            return answer(std::move(done), Result<>(fail(Errc::conflict, "has one")));
        handed_out.push_back(std::move(out));
        answer(std::move(done), Result<>());
    }
    void bring_in(BroughtIn in, Done<> done) override {
        const auto enrolled = std::any_of(records_.all.begin(), records_.all.end(), [&](const auto& one) {
            return one.account == in.account && one.active && !is_code_set(one.kind);
        });
        if (enrolled || keeps_labels) return answer(std::move(done), Result<>(fail(Errc::conflict, "has one")));
        brought_in.push_back(std::move(in));
        answer(std::move(done), Result<>());
    }
    void acknowledge(std::int64_t until, Done<> done) override {
        std::erase_if(records_.waiting, [&](const auto& one) { return one.id <= until; });
        answer(std::move(done), Result<>());
    }
    void unlock(Unlock unlock, Done<unsigned> done) override {
        unlocked.push_back(std::move(unlock));
        answer(std::move(done), Result<unsigned>(7U));
    }
    void first_sight(FirstSight sight, Done<Millis> done) override { done(sight.at); }
    void password_changed(PasswordChange, Done<> done) override { done({}); }
    void note(AuditEntry entry) override { audit.push_back(std::move(entry)); }

    [[nodiscard]] Enrollment* find(std::int64_t id) {
        const auto found
            = std::find_if(records_.all.begin(), records_.all.end(), [&](auto& one) { return one.id == id; });
        return found == records_.all.end() ? nullptr : &*found;
    }

private:
    void keep_codes(const AccountKey& account, const std::vector<HashedCode>& fresh) {
        std::erase_if(records_.all, [](const auto& one) { return one.kind == FactorKind::recovery_code; });
        codes = fresh;
        auto set = enrollment(next_id_++, FactorKind::recovery_code, "recovery codes");
        set.account = account;
        set.left = set.issued = static_cast<unsigned>(fresh.size());
        records_.all.push_back(set);
    }
    template <class T> void answer(Done<T> done, Result<T> result) {
        if (is_broken) result = fail(Errc::unavailable, "the disk is gone");
        const auto say = [done = std::move(done), result = std::move(result)] { done(result); };
        holds ? held_back.push_back(say) : say();
    }

    FakeRecords& records_;
    std::int64_t next_id_ = 101;
};

class FakeClock final : public Clock {
public:
    Instant at{Seconds(1'700'000'000), Seconds(5'000)};
    [[nodiscard]] Instant now() const override { return at; }
    void pass(Millis time) {
        at.wall += time;
        at.boot += time;
    }
};

class FakeJournal final : public AuditSink {
public:
    std::vector<AuditEntry> shown;
    void show(const AuditEntry& entry) override { shown.push_back(entry); }
};

inline EnrollmentKit fake_kit() {
    static CountingRandom random;
    return {"rig", random, [](unsigned count) {
                FreshCodes fresh;
                for (unsigned i = 0; i < count; ++i) {
                    fresh.shown.push_back("CODE-" + std::to_string(i));
                    fresh.stored.push_back({std::to_string(i), "hash"});
                }
                return Result<FreshCodes>(fresh);
            }};
}

/// Management with everything it needs, and alice at a terminal of her own session.
struct Bench {
    FakeClock clock;
    ProcReader proc{"/nonexistent"};
    Origins origins{proc};
    FakeRecords records;
    FakeRecorder recorder{records};
    FakeFactors factors;
    FakeJournal journal;
    std::shared_ptr<Policy> policy = [] {
        auto made = std::make_shared<Policy>();
        made->defaults.level = Level::optional;
        made->defaults.window = Seconds(600);
        return made;
    }();
    int workshop_uses = 0;
    Management management{{clock, proc, records, recorder, factors, journal, [this] { return policy; },
                           [this](const auto& work, const auto& then) {
                               ++workshop_uses;
                               work();
                               then();
                           },
                           fake_kit(), origins}};

    static Session own_terminal() {
        Session session;
        session.process = {4242, 7};
        session.real_uid = session.effective_uid = 1000;
        session.login_uid = 1000;
        session.audit_session = 3;
        session.terminal = 0x8801;
        session.leader = {4000, 5};
        return session;
    }
    Caller alice{{{1000, "alice"}, std::vector<std::string>{}}, own_terminal()};

    /// Alice proves `kind` at her terminal, now.
    Verification& prove(FactorKind kind = FactorKind::totp) {
        Verification made;
        made.id = 1;
        made.account = alice.account.key;
        made.factor = kind;
        made.strength = strength_of(kind);
        made.at = clock.at.boot;
        made.service = "stepup";
        made.binding = Binding::terminal;
        made.session = "audit:3";
        made.leader = {4000, 5};
        made.terminal = 0x8801;
        records.proved.insert(records.proved.begin(), made);
        return records.proved.front();
    }
    void enroll(std::int64_t id, FactorKind kind = FactorKind::totp, const std::string& label = "phone") {
        records.all.push_back(enrollment(id, kind, label));
    }
    /// A TOTP enrollment that waits for its code.
    std::int64_t begin(const std::string& label = "phone") {
        auto pending = enrollment(50, FactorKind::totp, label);
        pending.active = false;
        pending.created = clock.at.wall;
        records.all.push_back(pending);
        return pending.id;
    }
};

/// What an Administration needs, over the fakes of a bench.
inline AdministrationParts administration_parts(Bench& bench, Accounts& accounts) {
    static CountingRandom random;
    return {bench.clock,
            accounts,
            bench.recorder,
            [](const auto& work, const auto& then) {
                work();
                then();
            },
            fake_kit().make_recovery_codes,
            bench.records,
            bench.factors,
            [&bench] { return bench.policy; },
            random};
}

/// What a call answers with, or "-" if it has not answered; an error by its name.
template <class T> class Heard {
public:
    [[nodiscard]] Answer<T> listen() const {
        return [kept = kept_](Managed<T> answer) { kept->push_back(std::move(answer)); };
    }
    [[nodiscard]] std::string error() const {
        if (kept_->empty()) return "-";
        return kept_->front() ? "" : std::string(row_of(kept_->front().error().error).name);
    }
    [[nodiscard]] std::string message() const { return kept_->front() ? "" : kept_->front().error().message; }
    [[nodiscard]] const Managed<T>& answer() const { return kept_->front(); }
    [[nodiscard]] std::size_t times() const { return kept_->size(); }

private:
    std::shared_ptr<std::vector<Managed<T>>> kept_ = std::make_shared<std::vector<Managed<T>>>();
};

using Codes = std::vector<std::string>;

inline Secret secret(std::string_view text) {
    Secret made;
    (void)made.copy(text);
    return made;
}

inline Heard<Codes> confirm(Bench& bench, std::int64_t id, std::string_view code = "111111") {
    Heard<Codes> heard;
    bench.management.confirm(bench.alice, id, secret(code), heard.listen());
    return heard;
}

/// The name service knows one name only.
class AliceAlone final : public Accounts {
public:
    void find(const std::string&, Done<Account> done) override {
        done(Account{{1000, "alice"}, std::vector<std::string>{}});
    }
    void find(uid_t, Done<Account>) override { }
};

}  // namespace stepup::testing
