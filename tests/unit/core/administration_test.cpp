#include "daemon/core/administration.hpp"

#include <gtest/gtest.h>

#include "tests/unit/bus_door/management_fakes.hpp"

namespace stepup::testing {
namespace {

class TwoAccounts final : public Accounts {
public:
    void find(const std::string& name, Done<Account> done) override {
        if (name == "slow") return done(fail(Errc::timed_out, "slow"));
        if (name != "alice") return done(fail(Errc::not_found, "none"));
        done(Account{{1000, "alice"}, std::vector<std::string>{}});
    }
    void find(uid_t, Done<Account>) override { }
};

struct AdministrationTest : ::testing::Test {
    Bench bench;
    TwoAccounts accounts;
    Administration administration{administration_parts(bench, accounts)};
    Caller root{{{0, "root"}, std::vector<std::string>{}}, std::nullopt};

    Heard<unsigned> unlock(const std::string& user) {
        Heard<unsigned> heard;
        administration.unlock(root, user, heard.listen());
        return heard;
    }
    Heard<unsigned> unlock_source(const std::string& address) {
        Heard<unsigned> heard;
        administration.unlock_source(root, address, heard.listen());
        return heard;
    }
};

TEST_F(AdministrationTest, has_the_failures_of_an_account_forgotten_and_says_how_many_there_were) {
    const auto heard = unlock("alice");
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(*heard.answer(), 7U);
    const auto& asked = bench.recorder.unlocked.at(0);
    EXPECT_EQ(asked.whose, "uid:1000");
    EXPECT_EQ(asked.audit.event, Event::unlocked);
    EXPECT_EQ(asked.audit.account, (AccountKey{1000, "alice"}));
}

TEST_F(AdministrationTest, writes_down_who_did_it_and_from_which_login) {
    (void)unlock("alice");
    EXPECT_EQ(bench.recorder.unlocked.at(0).audit.fields.size(), 1U);
    EXPECT_EQ(bench.recorder.unlocked.at(0).audit.fields.at(0).second, "root");
    root.session = Bench::own_terminal();
    root.session->login_uid = 1007;
    (void)unlock("alice");
    const auto& fields = bench.recorder.unlocked.at(1).audit.fields;
    ASSERT_EQ(fields.size(), 3U);
    EXPECT_EQ(fields[1].second, "1007") << "whoever became root";
}

TEST_F(AdministrationTest, knows_no_user_whom_the_host_does_not_know) {
    EXPECT_EQ(unlock("mallory").error(), "NoSuchUser");
    EXPECT_EQ(unlock("slow").error(), "Unavailable");
    EXPECT_TRUE(bench.recorder.unlocked.empty());
}

TEST_F(AdministrationTest, goes_by_the_network_of_an_ipv6_address) {
    EXPECT_EQ(unlock_source("192.0.2.7").error(), "");
    EXPECT_EQ(unlock_source("2001:db8:1:2:3:4:5:6").error(), "");
    EXPECT_EQ(bench.recorder.unlocked.at(0).whose, "source:192.0.2.7");
    EXPECT_EQ(bench.recorder.unlocked.at(1).whose, "source:2001:db8:1:2::/64");
    EXPECT_EQ(bench.recorder.unlocked.at(1).audit.fields.at(1).second, "2001:db8:1:2::/64");
    for (const auto* odd : {"", "alice", "192.0.2", "uid:1000", "source:192.0.2.7"})
        EXPECT_EQ(unlock_source(odd).error(), "InvalidArgument") << odd;
}

TEST_F(AdministrationTest, promises_nothing_that_was_not_written) {
    bench.recorder.is_broken = true;
    EXPECT_EQ(unlock("alice").error(), "Unavailable");
}

// --- reset ---

TEST_F(AdministrationTest, resets_an_account_of_the_host_or_the_one_whose_uid_is_said) {
    bench.enroll(1);
    bench.enroll(2, FactorKind::hotp, "token");
    Heard<unsigned> known;
    administration.reset(root, "alice", {}, known.listen());
    ASSERT_EQ(known.error(), "");
    EXPECT_EQ(*known.answer(), 2U);
    Heard<unsigned> gone;
    administration.reset(root, "mallory", uid_t{1234}, gone.listen());
    EXPECT_EQ(gone.error(), "");
    ASSERT_EQ(bench.recorder.resets.size(), 2U);
    EXPECT_EQ(bench.recorder.resets[0].account, (AccountKey{1000, "alice"}));
    EXPECT_EQ(bench.recorder.resets[1].account, (AccountKey{1234, "mallory"}));
    EXPECT_EQ(bench.recorder.resets[1].audit.event, Event::account_reset);
    EXPECT_EQ(bench.recorder.resets[1].audit.fields.at(0).second, "root");
}

TEST_F(AdministrationTest, resets_nobody_whom_it_cannot_find) {
    for (const auto& [user, error] : {std::pair("mallory", "NoSuchUser"), std::pair("slow", "Unavailable")}) {
        Heard<unsigned> heard;
        administration.reset(root, user, {}, heard.listen());
        EXPECT_EQ(heard.error(), error);
    }
    EXPECT_TRUE(bench.recorder.resets.empty());
}

TEST_F(AdministrationTest, calls_nobody_reset_where_nothing_was_written) {
    bench.recorder.is_broken = true;
    Heard<unsigned> heard;
    administration.reset(root, "alice", {}, heard.listen());
    EXPECT_EQ(heard.error(), "Unavailable");
}

// --- codes ---

TEST_F(AdministrationTest, hands_out_a_bypass_code_that_expires_and_writes_the_reason_down) {
    Heard<HandedOut> heard;
    administration.bypass(root, "alice", Seconds(3600), "lost phone", heard.listen());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->code, "CODE-0");
    EXPECT_EQ(heard.answer()->expires, bench.clock.at.wall + Seconds(3600));
    const auto& stored = bench.recorder.handed_out.at(0);
    EXPECT_EQ(stored.kind, FactorKind::bypass_code);
    EXPECT_EQ(stored.code.hash, "hash") << "what is shown is not what is kept";
    EXPECT_EQ(stored.expires, bench.clock.at.wall + Seconds(3600));
    EXPECT_EQ(stored.audit.event, Event::bypass_issued);
    using Field = std::pair<std::string_view, std::string>;
    EXPECT_EQ(stored.audit.fields.at(2), Field("reason", "lost phone"));
}

TEST_F(AdministrationTest, hands_out_no_bypass_code_without_a_printable_reason_or_for_too_long) {
    const auto error = [&](Seconds lasts, const std::string& reason) {
        Heard<HandedOut> heard;
        administration.bypass(root, "alice", lasts, reason, heard.listen());
        return heard.error();
    };
    EXPECT_EQ(error(Seconds(3600), ""), "InvalidArgument");
    EXPECT_EQ(error(Seconds(3600), std::string(201, 'a')), "InvalidArgument");
    EXPECT_EQ(error(Seconds(3600), "two\nlines"), "InvalidArgument");
    EXPECT_EQ(error(Seconds(59), "why"), "InvalidArgument");
    EXPECT_EQ(error(Seconds(7 * 86'400 + 1), "why"), "InvalidArgument");
    EXPECT_EQ(error(Seconds(7 * 86'400), "why"), "");
}

TEST_F(AdministrationTest, invites_only_who_has_no_factor) {
    Heard<HandedOut> first;
    administration.invite(root, "alice", Seconds(30 * 86'400), first.listen());
    EXPECT_EQ(first.error(), "");
    EXPECT_EQ(bench.recorder.handed_out.at(0).kind, FactorKind::invite);
    bench.enroll(1);
    Heard<HandedOut> second;
    administration.invite(root, "alice", Seconds(3600), second.listen());
    EXPECT_EQ(second.error(), "AlreadyEnrolled");
    Heard<HandedOut> nobody;
    administration.invite(root, "mallory", Seconds(3600), nobody.listen());
    EXPECT_EQ(nobody.error(), "NoSuchUser");
    Heard<HandedOut> unknown;
    administration.invite(root, "slow", Seconds(3600), unknown.listen());
    EXPECT_EQ(unknown.error(), "Unavailable");
    Heard<HandedOut> too_short;
    administration.invite(root, "alice", Seconds(59), too_short.listen());
    EXPECT_EQ(too_short.error(), "InvalidArgument");
    Heard<HandedOut> too_long;
    administration.invite(root, "alice", Seconds(31 * 86'400), too_long.listen());
    EXPECT_EQ(too_long.error(), "InvalidArgument");
}

TEST_F(AdministrationTest, hands_out_nothing_where_no_code_can_be_made) {
    for (const auto& none : {Result<FreshCodes>(FreshCodes{}), Result<FreshCodes>(fail(Errc::internal, "no bcrypt"))}) {
        auto parts = administration_parts(bench, accounts);
        parts.make_codes = [&](unsigned) { return none; };
        Administration without(std::move(parts));
        Heard<HandedOut> heard;
        without.bypass(root, "alice", Seconds(3600), "why", heard.listen());
        EXPECT_EQ(heard.error(), "Unavailable");
    }
    EXPECT_TRUE(bench.recorder.handed_out.empty());
}

TEST_F(AdministrationTest, shows_no_code_that_was_not_stored) {
    bench.recorder.is_broken = true;
    Heard<HandedOut> heard;
    administration.bypass(root, "alice", Seconds(3600), "why", heard.listen());
    EXPECT_EQ(heard.error(), "Unavailable");
}

// --- what other tools kept ---

struct Bringing : AdministrationTest {
    /// A factor as it comes; the fake gives each the seed "12345678901234567890".
    static std::vector<Carried> factors(std::size_t count = 1, FactorKind kind = FactorKind::totp) {
        std::vector<Carried> made;
        for (std::size_t i = 0; i < count; ++i) {
            made.push_back({kind, {}});
            made.back().wish.label = "oath";
            made.back().wish.counter = 7;
        }
        return made;
    }
    Heard<std::vector<Fate>> bring(std::vector<Carried> given, bool only_look = false,
                                   const std::string& user = "alice") {
        Heard<std::vector<Fate>> heard;
        administration.bring_in(root, user, std::move(given), only_look, heard.listen());
        return heard;
    }
};

TEST_F(Bringing, makes_a_factor_active_at_once_and_writes_down_whose_it_was) {
    bench.enroll(1, FactorKind::recovery_code, "oath");
    const auto heard = bring(factors());
    ASSERT_EQ(heard.error(), "");
    EXPECT_EQ(heard.answer()->at(0).what, Fate::What::taken);
    EXPECT_EQ(heard.answer()->at(0).label, "oath 2");
    const auto& brought = bench.recorder.brought_in.at(0);
    EXPECT_EQ(brought.account, (AccountKey{1000, "alice"}));
    EXPECT_EQ(brought.factors.at(0).seed.reveal(), "12345678901234567890");
    EXPECT_EQ(brought.factors.at(0).counter, 7U);
    const auto& audit = brought.factors.at(0).audit;
    EXPECT_EQ(audit.event, Event::factor_imported);
    EXPECT_EQ(audit.fields.at(0).second, "root");
    EXPECT_EQ(audit.fields.back().second, "160") << "bits";
}

TEST_F(Bringing, takes_a_secret_once) {
    const auto twice = bring(factors(2));
    ASSERT_EQ(twice.error(), "");
    EXPECT_EQ(twice.answer()->at(1).what, Fate::What::present);
    EXPECT_EQ(bench.recorder.brought_in.at(0).factors.size(), 1U);
    bench.enroll(1, FactorKind::totp, "phone");
    bench.records.seeds[1] = "12345678901234567890";
    const auto again = bring(factors());
    EXPECT_EQ(again.answer()->at(0).what, Fate::What::present);
    EXPECT_EQ(again.answer()->at(0).label, "phone");
    EXPECT_EQ(bench.recorder.brought_in.size(), 1U);
}

TEST_F(Bringing, adds_nothing_to_an_account_that_has_a_factor) {
    bench.enroll(1, FactorKind::hotp, "token");
    EXPECT_EQ(bring(factors()).answer()->at(0).what, Fate::What::has_others);
    EXPECT_TRUE(bench.recorder.brought_in.empty());
}

TEST_F(Bringing, adds_nothing_to_an_account_that_enrolled_meanwhile) {
    bench.recorder.keeps_labels = true;
    EXPECT_EQ(bring(factors()).error(), "AlreadyEnrolled");
}

TEST_F(Bringing, only_looks_where_that_is_asked_for) {
    const auto heard = bring(factors(), true);
    EXPECT_EQ(heard.answer()->at(0).what, Fate::What::taken);
    EXPECT_TRUE(bench.recorder.brought_in.empty());
}

TEST_F(Bringing, takes_nothing_that_policy_accepts_nowhere) {
    bench.policy->defaults.allowed = FactorSet{FactorKind::hotp};
    EXPECT_EQ(bring(factors()).answer()->at(0).what, Fate::What::forbidden);
    EXPECT_EQ(bring(factors(1, FactorKind::hotp)).answer()->at(0).what, Fate::What::taken);
}

TEST_F(Bringing, refuses_what_it_cannot_keep) {
    EXPECT_EQ(bring(factors(21)).error(), "InvalidArgument");
    EXPECT_EQ(bring(factors(1, FactorKind::webauthn)).error(), "PolicyForbids");
    auto odd = factors();
    odd[0].wish.label = "a\nb";
    EXPECT_EQ(bring(std::move(odd)).error(), "InvalidArgument");
    EXPECT_EQ(bring(factors(), false, "mallory").error(), "NoSuchUser");
    bench.recorder.is_broken = true;
    EXPECT_EQ(bring(factors()).error(), "Unavailable");
}

}  // namespace
}  // namespace stepup::testing
