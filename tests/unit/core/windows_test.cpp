#include "daemon/core/windows.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

constexpr Instant now{Seconds(1'000'000), Seconds(5'000)};
const AccountKey alice{1000, "alice"};

Session terminal_session() {
    Session session;
    session.audit_session = 7;
    session.terminal = 0x8801;
    session.leader = {500, 99};
    return session;
}

Requirement fifteen_minutes() {
    Requirement requirement;
    requirement.window = Seconds(900);
    return requirement;
}

Verification proved(Seconds ago, Binding binding = Binding::session) {
    Verification made;
    made.account = alice;
    made.strength = Strength::otp;
    made.at = now.boot - ago;
    made.binding = binding;
    made.session = "audit:7";
    return made;
}

/// A store whose disk is gone.
class UnreadableRecords final : public Records {
public:
    Result<std::vector<Enrollment>> enrollments(const AccountKey&, Instant) const override { return gone(); }
    Result<Material> material(const Enrollment&, const Secret&) const override { return gone(); }
    Result<Material> decoy(FactorKind) const override { return gone(); }
    Result<std::vector<Verification>> verifications(const AccountKey&, Instant) const override { return gone(); }
    Result<Habits> habits(const AccountKey&, const std::vector<Sighting>&) const override { return gone(); }
    Result<unsigned> failures_of_source(const std::string&, Instant) const override { return gone(); }
    std::string unknown_user_key(std::string_view) const override { return {}; }
    Result<AccountSummary> summary(const AccountKey&, const Limits&, Instant) const override { return gone(); }
    Result<std::vector<AccountSummary>> summaries(const AccountKey&, std::size_t, const LimitsOf&,
                                                  Instant) const override {
        return gone();
    }
    Result<std::vector<QueuedEvent>> queued(std::int64_t, std::size_t) const override { return gone(); }
    Result<std::vector<AccountKey>> verified_accounts() const override { return gone(); }
    Result<std::vector<TrustedKey>> trusted_keys(const AccountKey&, Instant) const override { return gone(); }

private:
    static tl::unexpected<Error> gone() { return fail(Errc::unavailable, "the disk is gone"); }
};

struct Windows : ::testing::Test {
    FakeRecords records;
    ProcReader proc;
    std::optional<Window> found(const Requirement& requirement = fifteen_minutes()) {
        return find_window(records, proc, alice, terminal_session(), requirement, now).value();
    }
};

}  // namespace

TEST_F(Windows, none_where_nothing_was_proved) { EXPECT_FALSE(found()); }

TEST_F(Windows, one_that_fits_as_it_is_goes_before_a_newer_one_to_be_latched) {
    auto latched = proved(Seconds(100));
    latched.id = 1;
    latched.terminal = 0x8801;
    latched.leader = {500, 99};
    auto open = proved(Seconds(10));
    open.id = 2;
    records.proved = {open, latched};
    EXPECT_EQ(found()->verification.id, 1);
    EXPECT_EQ(found()->fit, Fit::yes);
    records.proved = {open};
    EXPECT_EQ(found()->fit, Fit::latch);
}

TEST_F(Windows, a_zero_window_asks_every_time) {
    records.proved = {proved(Seconds(0))};
    EXPECT_FALSE(found(Requirement{}));
}

TEST_F(Windows, a_window_ends_with_the_process_that_opened_its_session) {
    records.proved = {proved(Seconds(10))};
    records.proved[0].opener = proc.reference(getpid()).value();
    EXPECT_TRUE(found());
    records.proved[0].opener.start += 1;  // the same pid, another process
    EXPECT_FALSE(found());
}

TEST_F(Windows, the_newest_of_those_to_be_latched_goes_before_the_others) {
    auto newer = proved(Seconds(10));
    newer.id = 2;
    auto older = proved(Seconds(20));
    older.id = 1;
    records.proved = {newer, older};
    EXPECT_EQ(found()->verification.id, 2);
}

TEST_F(Windows, without_a_session_to_name_one_reaches_those_who_descend_from_its_opener) {
    auto login = proved(Seconds(10));
    login.opener = proc.reference(getpid()).value();
    login.session = lineage_key(login.opener);
    records.proved = {login};
    auto peer = terminal_session();
    peer.process = proc.reference(getpid()).value();
    EXPECT_TRUE(find_window(records, proc, alice, peer, fifteen_minutes(), now).value());
    peer.process = proc.reference(1).value();
    EXPECT_FALSE(find_window(records, proc, alice, peer, fifteen_minutes(), now).value());
}

TEST_F(Windows, that_cannot_be_read_are_an_error_not_none) {
    const UnreadableRecords unreadable;
    EXPECT_EQ(find_window(unreadable, proc, alice, terminal_session(), fifteen_minutes(), now).error().code,
              Errc::unavailable);
    EXPECT_EQ(usable_choices(unreadable, FakeFactors(), alice, {}, now).error().code, Errc::unavailable);
}

TEST_F(Windows, another_account_has_none_of_it) {
    records.proved = {proved(Seconds(10))};
    EXPECT_FALSE(find_window(records, proc, {1001, "bob"}, terminal_session(), fifteen_minutes(), now).value());
    EXPECT_FALSE(find_window(records, proc, {1000, "bob"}, terminal_session(), fifteen_minutes(), now).value());
}

TEST_F(Windows, of_before_a_password_change_count_no_more_where_a_rule_looks_for_one) {
    records.proved = {proved(Seconds(10))};
    auto requirement = fifteen_minutes();
    requirement.signals = {Signal::after_password_change};
    EXPECT_TRUE(found(requirement)) << "nothing was changed";
    records.remembered.password_changed = true;
    EXPECT_FALSE(found(requirement));
    EXPECT_TRUE(found()) << "another rule does not look";
}

TEST(Bind, to_the_terminal_where_there_is_one) {
    Verification made;
    bind(made, terminal_session(), {});
    EXPECT_EQ(made.binding, Binding::terminal);
    EXPECT_EQ(made.session, "audit:7");
    EXPECT_EQ(made.terminal, 0x8801U);
    EXPECT_EQ(made.leader, (ProcessRef{500, 99}));
}

TEST(Bind, without_a_terminal_to_nothing_unless_policy_says_session) {
    auto peer = terminal_session();
    peer.terminal = 0;
    Verification made;
    bind(made, peer, {});
    EXPECT_EQ(made.binding, Binding::none);
    Requirement automation;
    automation.window_without_tty = WithoutTty::session;
    bind(made, peer, automation);
    EXPECT_EQ(made.binding, Binding::session);
    EXPECT_EQ(made.terminal, 0U);
    peer.audit_session.reset();
    bind(made, peer, automation);
    EXPECT_EQ(made.binding, Binding::none) << "no session to name";
}

TEST(Bind, to_no_terminal_whose_session_leader_is_gone) {
    auto peer = terminal_session();
    peer.leader = {};
    Verification made;
    bind(made, peer, {});
    EXPECT_EQ(made.binding, Binding::none);
    EXPECT_EQ(made.terminal, 0U);
}

TEST(UsableChoices, leave_out_what_cannot_answer_here) {
    FakeRecords records;
    const FakeFactors factors;
    auto pending = enrollment(2, FactorKind::totp);
    pending.active = false;
    auto used_up = enrollment(3, FactorKind::recovery_code);
    used_up.left = 0;
    records.all = {enrollment(1, FactorKind::totp),
                   pending,
                   used_up,
                   enrollment(4, FactorKind::webauthn),
                   enrollment(5, FactorKind::recovery_code),
                   enrollment(6, FactorKind::ssh_security_key)};
    Requirement requirement;
    requirement.security_key_login = SecurityKeyLogin::verified;
    const auto usable = usable_choices(records, factors, alice, requirement, now).value();
    ASSERT_EQ(usable.size(), 2U);
    EXPECT_EQ(usable[0].id, 1);
    EXPECT_EQ(usable[1].id, 5);
    requirement.min_strength = Strength::webauthn;
    EXPECT_TRUE(usable_choices(records, factors, alice, requirement, now)->empty());
}

TEST(UsableChoices, have_no_factor_that_is_weaker_than_another_unless_policy_lets_it) {
    FakeRecords records;
    FakeFactors factors;
    factors.knows_mail = true;
    auto codes = enrollment(4, FactorKind::recovery_code);
    codes.left = 1;
    records.all
        = {enrollment(1, FactorKind::email), enrollment(2, FactorKind::totp), enrollment(3, FactorKind::hotp), codes};
    Requirement requirement{.allowed
                            = {FactorKind::email, FactorKind::totp, FactorKind::hotp, FactorKind::recovery_code}};
    const auto ids = [&] {
        std::vector<std::int64_t> found;
        const auto usable = usable_choices(records, factors, alice, requirement, now);
        for (const auto& each : *usable) found.push_back(each.id);
        return found;
    };
    using Ids = std::vector<std::int64_t>;
    EXPECT_EQ(ids(), (Ids{2, 3, 4})) << "a recovery code is for when all else is gone";
    requirement.two_different = true;
    EXPECT_EQ(ids(), (Ids{1, 2, 3, 4})) << "the second may be weaker than the first";
    requirement.two_different = false;
    requirement.weaker_factors = true;
    EXPECT_EQ(ids(), (Ids{1, 2, 3, 4}));
    requirement.weaker_factors = false;
    records.all = {enrollment(1, FactorKind::email), enrollment(5, FactorKind::webauthn)};
    EXPECT_EQ(ids(), (Ids{1})) << "the stronger one cannot answer here";
}

TEST(UsableChoices, have_codes_that_were_handed_out_whatever_is_demanded) {
    FakeRecords records;
    const FakeFactors factors;
    auto bypass = enrollment(1, FactorKind::bypass_code);
    auto used_up = enrollment(2, FactorKind::invite);
    bypass.left = 1;
    records.all = {bypass, used_up, enrollment(3, FactorKind::totp)};
    const Requirement strong{.allowed = {FactorKind::security_key}, .min_strength = Strength::security_key_uv};
    const auto usable = usable_choices(records, factors, alice, strong, now).value();
    ASSERT_EQ(usable.size(), 1U);
    EXPECT_EQ(usable[0].id, 1);
}

// Two different factors

namespace {

Requirement two_different() {
    auto requirement = fifteen_minutes();
    requirement.two_different = true;
    return requirement;
}

Verification latched(std::int64_t id, FactorKind kind, Seconds ago) {
    auto made = proved(ago);
    made.id = id;
    made.factor = kind;
    made.terminal = 0x8801;
    made.leader = {500, 99};
    return made;
}

}  // namespace

TEST_F(Windows, of_two_different_factors_hold_both_and_last_as_long_as_the_older) {
    records.proved = {latched(1, FactorKind::totp, Seconds(10)), latched(2, FactorKind::totp, Seconds(20))};
    EXPECT_FALSE(found(two_different())) << "two phones are one kind";
    EXPECT_TRUE(found());
    records.proved.push_back(latched(3, FactorKind::recovery_code, Seconds(30)));
    const auto both = found(two_different());
    ASSERT_TRUE(both);
    EXPECT_EQ(both->verification.id, 3);
    EXPECT_EQ(both->fit, Fit::yes);
    records.proved.back().at = now.boot - Seconds(901);
    EXPECT_FALSE(found(two_different())) << "one of them is not recent";
}

TEST_F(Windows, of_two_different_factors_are_latched_one_after_the_other) {
    auto open = proved(Seconds(10));
    open.id = 1;
    auto other = proved(Seconds(20));
    other.id = 2;
    other.factor = FactorKind::recovery_code;
    records.proved = {open, other};
    const auto both = found(two_different());
    ASSERT_TRUE(both);
    EXPECT_EQ(both->fit, Fit::latch);
    EXPECT_EQ(both->latches, (std::vector<std::int64_t>{1, 2}));
    records.proved[0] = latched(1, FactorKind::totp, Seconds(10));
    EXPECT_EQ(found(two_different())->latches, (std::vector<std::int64_t>{2}));
}

TEST(Suffices, for_two_take_two_kinds_or_a_code_that_was_handed_out) {
    auto asked = two_different();
    const auto of = [](std::vector<FactorKind> kinds) {
        std::vector<Enrollment> all;
        for (const auto kind : kinds) all.push_back(enrollment(static_cast<std::int64_t>(all.size()) + 1, kind));
        return all;
    };
    EXPECT_FALSE(suffices(of({}), asked));
    EXPECT_FALSE(suffices(of({FactorKind::totp, FactorKind::totp}), asked));
    EXPECT_TRUE(suffices(of({FactorKind::totp, FactorKind::recovery_code}), asked));
    EXPECT_TRUE(suffices(of({FactorKind::bypass_code}), asked));
    asked.two_different = false;
    EXPECT_TRUE(suffices(of({FactorKind::totp}), asked));
    EXPECT_FALSE(suffices(of({}), asked));
}
