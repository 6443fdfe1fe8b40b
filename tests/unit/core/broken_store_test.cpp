#include <gtest/gtest.h>

#include "daemon/core/departures.hpp"
#include "daemon/core/overview.hpp"
#include "tests/unit/bus_door/management_fakes.hpp"

// What Management says when a part that it needs does not serve it, or says what no such part should say.

namespace stepup::testing {
namespace {

/// FakeRecords, of which parts cannot be read, or which still shows what was there a moment ago.
class BrokenRecords final : public Records {
public:
    explicit BrokenRecords(const Records& whole) : whole_(whole) { }
    bool no_enrollments = false;
    bool no_verifications = false;
    bool no_material = false;
    std::int64_t damaged = 0;  ///< the id of a factor whose seed does not open
    bool no_summaries = false;
    std::optional<std::vector<Enrollment>> stale;

    Result<std::vector<Enrollment>> enrollments(const AccountKey& account, Instant now) const override {
        if (no_enrollments) return fail(Errc::unavailable, "the disk is gone");
        return stale ? *stale : whole_.enrollments(account, now);
    }
    Result<Material> material(const Enrollment& enrollment, const Secret& answer) const override {
        if (no_material || enrollment.id == damaged) return fail(Errc::corrupt, "a seed that does not open");
        return whole_.material(enrollment, answer);
    }
    Result<Material> decoy(FactorKind kind) const override { return whole_.decoy(kind); }
    Result<std::vector<Verification>> verifications(const AccountKey& account, Instant now) const override {
        if (no_verifications) return fail(Errc::unavailable, "the disk is gone");
        return whole_.verifications(account, now);
    }
    Result<Habits> habits(const AccountKey& account, const std::vector<Sighting>& asked) const override {
        return whole_.habits(account, asked);
    }
    Result<unsigned> failures_of_source(const std::string& source, Instant now) const override {
        return whole_.failures_of_source(source, now);
    }
    std::string unknown_user_key(std::string_view name) const override { return whole_.unknown_user_key(name); }
    Result<AccountSummary> summary(const AccountKey& account, const Limits& limits, Instant now) const override {
        if (no_summaries) return fail(Errc::unavailable, "the disk is gone");
        return whole_.summary(account, limits, now);
    }
    Result<std::vector<AccountSummary>> summaries(const AccountKey& after, std::size_t most, const LimitsOf& limits,
                                                  Instant now) const override {
        if (no_summaries) return fail(Errc::unavailable, "the disk is gone");
        return whole_.summaries(after, most, limits, now);
    }
    Result<std::vector<QueuedEvent>> queued(std::int64_t after, std::size_t most) const override {
        return whole_.queued(after, most);
    }
    Result<std::vector<TrustedKey>> trusted_keys(const AccountKey& account, Instant now) const override {
        if (no_verifications) return fail(Errc::unavailable, "the disk is gone");
        return whole_.trusted_keys(account, now);
    }
    Result<std::vector<AccountKey>> verified_accounts() const override {
        if (no_verifications) return fail(Errc::unavailable, "the disk is gone");
        return whole_.verified_accounts();
    }

private:
    const Records& whole_;
};

/// Says what no factor that is enrolled by itself says: an error, or that a recovery code is to be spent.
class OddFactor final : public Factor, public Factors {
public:
    bool could_answer(const Enrollment&, std::string_view) const override { return true; }
    std::string_view example(const Enrollment&) const override { return "odd"; }
    Result<Check> verify(const Enrollment& enrollment, const Material&, const Secret& answer, Instant) const override {
        if (answer.reveal() == "corrupt") return fail(Errc::corrupt, "a seed of no bytes");
        return Accepted{SpendCode{enrollment.id, 1}};
    }
    const Factor* find(FactorKind) const override { return this; }
};

/// A factor's code is its label; "odd" cannot be compared, and "recovery" has the form of recovery codes.
class LabelFactor final : public Factor, public Factors {
public:
    bool could_answer(const Enrollment& enrollment, std::string_view answer) const override {
        return is_code_set(enrollment.kind) == (answer == "recovery");
    }
    std::string_view example(const Enrollment&) const override { return "its label"; }
    Result<Check> verify(const Enrollment& enrollment, const Material&, const Secret& answer, Instant) const override {
        if (enrollment.label == "odd") return fail(Errc::corrupt, "a seed of no bytes");
        if (answer.reveal() != enrollment.label) return Rejected{};
        return Accepted{SpendCounter{enrollment.id, 1}};
    }
    const Factor* find(FactorKind kind) const override { return kind == FactorKind::webauthn ? nullptr : this; }
};

/// Knows alice.
struct BrokenStore : ::testing::Test {
    Bench bench;
    BrokenRecords records{bench.records};
    OddFactor odd;
    EnrollmentKit kit = fake_kit();

    Management management(const Factors& factors) {
        return Management{{bench.clock, bench.proc, records, bench.recorder, factors, bench.journal,
                           [this] { return bench.policy; }, [](const auto& work, const auto& then) { work(), then(); },
                           kit, bench.origins}};
    }
    Management own = management(bench.factors);

    std::string enroll(Management& with, FactorKind kind = FactorKind::totp) {
        Heard<Started> heard;
        with.enroll(bench.alice, kind, {}, heard.listen());
        return heard.error();
    }
    std::string confirm(Management& with, std::int64_t id, std::string_view code = "111111") {
        Heard<Codes> heard;
        with.confirm(bench.alice, id, secret(code), heard.listen());
        return heard.error();
    }
    std::string remove(std::int64_t id) {
        Heard<void> heard;
        own.remove(bench.alice, id, heard.listen());
        return heard.error();
    }
    std::string regenerate(Management& with) {
        Heard<Codes> heard;
        with.regenerate_recovery_codes(bench.alice, heard.listen());
        return heard.error();
    }
};

TEST_F(BrokenStore, where_the_factors_cannot_be_read_nothing_is_said_about_them_and_nothing_changed) {
    bench.enroll(1);
    bench.prove();
    records.no_enrollments = true;
    EXPECT_EQ(own.list(bench.alice).error().error, ManagementError::unavailable);
    EXPECT_EQ(own.recovery_codes_left(bench.alice).error().error, ManagementError::unavailable);
    EXPECT_EQ(own.report(bench.alice, "sudo").error().error, ManagementError::unavailable);
    EXPECT_EQ(enroll(own), "Unavailable");
    EXPECT_EQ(confirm(own, 1), "Unavailable");
    EXPECT_EQ(remove(1), "Unavailable");
    EXPECT_EQ(regenerate(own), "Unavailable");
    Heard<unsigned> disabled;
    own.disable(bench.alice, disabled.listen());
    EXPECT_EQ(disabled.error(), "Unavailable");
    Heard<void> kept;
    own.rename(bench.alice, 1, "tablet", kept.listen());
    EXPECT_EQ(kept.error(), "Unavailable");
    Heard<void> chosen;
    own.set_primary(bench.alice, 1, chosen.listen());
    EXPECT_EQ(chosen.error(), "Unavailable");
    EXPECT_TRUE(bench.recorder.audit.empty());
}

TEST_F(BrokenStore, where_the_verifications_cannot_be_read_nobody_counts_as_verified) {
    bench.enroll(1);
    bench.prove();
    records.no_verifications = true;
    EXPECT_EQ(own.report(bench.alice, "sudo").error().error, ManagementError::unavailable);
    EXPECT_EQ(remove(1), "Unavailable");
    EXPECT_NE(bench.recorder.find(1), nullptr);
}

TEST_F(BrokenStore, where_the_verifications_cannot_be_read_nobody_is_taken_for_gone) {
    AliceAlone accounts;
    bench.prove().account = {1003, "gone"};
    records.no_verifications = true;
    Departures departures(bench.clock, accounts, records, bench.recorder);
    departures.accounts_changed();
    EXPECT_TRUE(bench.recorder.ended.empty());
}

TEST_F(BrokenStore, where_accounts_cannot_be_summed_up_none_is_called_unenrolled) {
    AliceAlone accounts;
    const Overview overview{{bench.clock, accounts, records, [this] { return bench.policy; }}};
    records.no_summaries = true;
    Heard<Overview::Seen> seen;
    overview.status("alice", seen.listen());
    EXPECT_EQ(seen.error(), "Unavailable");
    Heard<Overview::Page> page;
    overview.list({}, 10, false, page.listen());
    EXPECT_EQ(page.error(), "Unavailable");
    Heard<std::vector<Overview::Unenrolled>> unenrolled;
    overview.not_enrolled({"alice"}, unenrolled.listen());
    EXPECT_EQ(unenrolled.error(), "Unavailable");
}

TEST_F(BrokenStore, an_overview_says_of_whom_a_factor_is_required_and_asks_about_500_at_most) {
    AliceAlone accounts;
    const Overview overview{{bench.clock, accounts, records, [this] { return bench.policy; }}};
    bench.policy->defaults.level = Level::required;
    bench.records.summed_up.resize(1);
    bench.records.summed_up.at(0).account = {1000, "alice"};
    Heard<Overview::Page> page;
    overview.list({}, 10, true, page.listen());
    ASSERT_EQ(page.error(), "");
    EXPECT_TRUE(page.answer()->accounts.at(0).required);
    Heard<std::vector<Overview::Unenrolled>> many;
    overview.not_enrolled(std::vector<std::string>(Overview::most_at_once + 1, "alice"), many.listen());
    EXPECT_EQ(many.error(), "InvalidArgument");
}

TEST_F(BrokenStore, a_seed_that_cannot_be_read_or_used_confirms_nothing) {
    const auto id = bench.begin();
    records.no_material = true;
    EXPECT_EQ(confirm(own, id), "Unavailable");
    records.no_material = false;
    auto with_odd = management(odd);
    EXPECT_EQ(confirm(with_odd, id, "corrupt"), "Unavailable");
    EXPECT_FALSE(bench.recorder.find(id)->active);
    EXPECT_TRUE(bench.recorder.judged.empty()) << "and is nobody's wrong code";
}

TEST_F(BrokenStore, a_wrong_code_stays_one_where_the_other_factors_cannot_be_compared) {
    LabelFactor factors;
    auto with_labels = management(factors);
    const auto id = bench.begin("phone");
    bench.records.all.push_back(enrollment(60, FactorKind::totp, "odd"));
    bench.records.all.push_back(enrollment(61, FactorKind::webauthn, "browser"));
    bench.records.all.push_back(enrollment(62, FactorKind::totp, "tablet"));
    bench.prove();
    records.damaged = 62;
    EXPECT_EQ(confirm(with_labels, id, "tablet"), "InvalidCode");
    EXPECT_EQ(confirm(with_labels, id, "browser"), "InvalidCode") << "this build has no such factor";
    records.damaged = 0;
    EXPECT_EQ(confirm(with_labels, id, "tablet"), "WrongFactor");
    EXPECT_EQ(bench.recorder.judged.back().audit.fields.back().second, "of another factor");
    EXPECT_EQ(confirm(with_labels, id, "nothing"), "InvalidCode");
}

TEST_F(BrokenStore, a_code_of_another_enrollment_is_told_apart) {
    LabelFactor factors;
    auto with_labels = management(factors);
    const auto id = bench.begin("phone");
    auto other = enrollment(60, FactorKind::totp, "tablet");
    other.active = false;
    other.created = bench.clock.at.wall;
    bench.records.all.push_back(other);
    EXPECT_EQ(confirm(with_labels, id, "tablet"), "DifferentSecret");
    bench.enroll(9, FactorKind::recovery_code);
    EXPECT_EQ(confirm(with_labels, id, "recovery"), "WrongFactor") << "by its form: comparing it would take long";
    EXPECT_FALSE(bench.recorder.find(id)->active);
}

TEST_F(BrokenStore, a_pending_factor_of_a_kind_that_this_build_has_not_is_not_confirmed) {
    const auto id = bench.begin();
    bench.recorder.find(id)->kind = FactorKind::security_key;
    EXPECT_EQ(confirm(own, id), "Unavailable");
}

TEST_F(BrokenStore, an_answer_that_spends_a_recovery_code_confirms_nothing) {
    const auto id = bench.begin();
    auto with_odd = management(odd);
    EXPECT_EQ(confirm(with_odd, id), "InvalidCode");
    EXPECT_FALSE(bench.recorder.find(id)->active);
}

TEST_F(BrokenStore, a_factor_that_is_not_enrolled_by_itself_says_so) {
    auto with_odd = management(odd);
    EXPECT_EQ(enroll(with_odd, FactorKind::recovery_code), "InvalidArgument");
    EXPECT_TRUE(bench.records.all.empty());
}

TEST_F(BrokenStore, nothing_is_acknowledged_that_was_not_written) {
    bench.enroll(1);
    bench.enroll(2, FactorKind::totp, "watch");
    const auto pending = bench.begin("tablet");
    bench.prove();
    bench.recorder.is_broken = true;
    EXPECT_EQ(confirm(own, pending, "222222"), "Unavailable");
    EXPECT_EQ(confirm(own, pending), "Unavailable");
    EXPECT_EQ(remove(2), "Unavailable");
    EXPECT_EQ(regenerate(own), "Unavailable");
    Heard<unsigned> locked;
    own.lock(bench.alice, true, locked.listen());
    EXPECT_EQ(locked.error(), "Unavailable");
}

TEST_F(BrokenStore, a_terminal_that_could_not_be_latched_is_none) {
    bench.enroll(1);
    auto& login = bench.prove();
    login.binding = Binding::session;
    login.terminal = 0;
    bench.recorder.is_broken = true;
    EXPECT_EQ(remove(1), "Unavailable");
    EXPECT_NE(bench.recorder.find(1), nullptr);
}

TEST_F(BrokenStore, what_is_gone_or_done_by_the_time_it_is_written_is_told_as_that) {
    bench.enroll(1);
    bench.prove();
    auto gone = enrollment(7, FactorKind::totp, "gone");
    records.stale = {bench.records.all.at(0), gone};
    EXPECT_EQ(remove(7), "NoSuchFactor");
    gone.active = false;
    gone.created = bench.clock.at.wall;
    records.stale = {bench.records.all.at(0), gone};
    EXPECT_EQ(confirm(own, 7), "ExpiredChallenge");
    bench.enroll(7, FactorKind::totp, "gone");  // confirmed meanwhile
    EXPECT_EQ(confirm(own, 7), "AlreadyEnrolled");
}

TEST_F(BrokenStore, no_set_of_recovery_codes_is_replaced_by_none) {
    bench.enroll(1);
    bench.enroll(9, FactorKind::recovery_code);
    bench.prove();
    kit.make_recovery_codes = [](unsigned) { return Result<FreshCodes>(fail(Errc::internal, "no bcrypt")); };
    auto without_bcrypt = management(bench.factors);
    EXPECT_EQ(regenerate(without_bcrypt), "Unavailable");
    kit.make_recovery_codes = [](unsigned) { return Result<FreshCodes>(FreshCodes{}); };
    auto with_none = management(bench.factors);
    EXPECT_EQ(regenerate(with_none), "Unavailable");
    EXPECT_NE(bench.recorder.find(9), nullptr);
}

}  // namespace
}  // namespace stepup::testing
