#include "support.hpp"

namespace stepup::test {
namespace {

const ProcessRef sshd{500, 77};        // opens the session
const ProcessRef sshd_child{501, 78};  // asks in auth
const ProcessRef shell{600, 90};

/// A store where alice has a phone, and places to stand.
class Windows : public testing::Test {
protected:
    /// alice proves a factor at `seconds`.
    void verify(Verification opens, double seconds, const AccountKey& account = alice) {
        auto answer = counter(account, account == alice ? phone_ : bobs_phone_, ++step_, at(seconds));
        opens.account = account;
        opens.factor = FactorKind::totp;
        opens.strength = Strength::otp;
        answer.proof->opens = std::move(opens);
        ASSERT_EQ(store_.outcome_of(answer), Outcome::accepted);
    }
    void verify_in_login(double seconds, ProcessRef asker = sshd_child, ProcessRef parent = sshd,
                         std::string askers_session = {}) {
        Verification opens;
        opens.service = "sshd";
        opens.asker = asker;
        opens.asker_parent = parent;
        opens.binding = Binding::pending;
        opens.session = std::move(askers_session);
        verify(opens, seconds);
    }
    void verify_on_terminal(double seconds, std::uint32_t terminal, std::string session) {
        Verification opens;
        opens.service = "sudo";
        opens.asker = {700, 99};
        opens.binding = Binding::terminal;
        opens.session = std::move(session);
        opens.leader = shell;
        opens.terminal = terminal;
        verify(opens, seconds);
    }
    bool attach(const Session& opener, double seconds, const AccountKey& account = alice) {
        return wait_for<bool>([&](auto done) {
                   store_.writer().attach(
                       {account, opener, at(seconds), entry(Event::session_attached, account, at(seconds))}, done);
               })
            .value();
    }
    bool latch(std::int64_t id, const Session& place) {
        return wait_for<bool>([&](auto done) { store_.writer().latch(id, place, done); }).value();
    }
    unsigned end(std::optional<Session> only_in = {}) {
        return wait_for<unsigned>([&](auto done) {
                   store_.writer().end_windows({alice, std::move(only_in), entry(Event::windows_ended, alice, at(2))},
                                               done);
               })
            .value();
    }
    unsigned end_sessions(std::optional<std::vector<std::string>> sessions) {
        AuditEntry audit = entry(Event::windows_ended, {}, at(2));
        audit.fields = {{"why", "logout"}};
        return wait_for<unsigned>([&](auto done) {
                   store_.writer().end_sessions({std::move(sessions), audit}, done);
               })
            .value();
    }
    std::vector<Verification> all(double seconds = 2) {
        return store_.records().verifications(alice, at(seconds)).value();
    }
    static Session opener(std::optional<std::uint32_t> audit_session) {
        Session session;
        session.process = sshd;
        session.audit_session = audit_session;
        return session;
    }
    static Session place(std::uint32_t terminal, ProcessRef leader = shell) {
        Session session;
        session.process = {700, 99};
        session.terminal = terminal;
        session.leader = leader;
        return session;
    }

    Store store_;
    std::int64_t phone_ = store_.enroll(alice);
    std::int64_t bobs_phone_ = store_.enroll(bob);
    std::uint64_t step_ = 10;
};

TEST_F(Windows, a_verification_is_stored_whole) {
    verify_on_terminal(1, 34816, "audit:7");
    const auto found = all();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].account, alice);
    EXPECT_EQ(found[0].enrollment, phone_);
    EXPECT_EQ(found[0].factor, FactorKind::totp);
    EXPECT_EQ(found[0].strength, Strength::otp);
    EXPECT_EQ(found[0].at, at(1).boot);
    EXPECT_EQ(found[0].service, "sudo");
    EXPECT_EQ(found[0].asker, (ProcessRef{700, 99}));
    EXPECT_EQ(found[0].binding, Binding::terminal);
    EXPECT_EQ(found[0].session, "audit:7");
    EXPECT_EQ(found[0].leader, shell);
    EXPECT_EQ(found[0].terminal, 34816u);
}

TEST_F(Windows, of_one_login_that_took_two_proofs_are_attached_together) {
    verify_in_login(1);
    verify_in_login(15);
    verify_in_login(16, {900, 9}, sshd);
    EXPECT_TRUE(attach(opener(7), 17));
    const auto found = all(17);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].binding, Binding::session) << "the newest";
    EXPECT_EQ(found[1].binding, Binding::pending) << "another asker's";
    EXPECT_TRUE(attach(opener(7), 18));
    EXPECT_EQ(all(18)[1].session, "audit:7");
    EXPECT_EQ(all(18)[2].session, "audit:7") << "the first of the two proofs came long before the session";
    EXPECT_FALSE(attach(opener(7), 19));
}

TEST_F(Windows, come_newest_first_and_only_to_their_account) {
    verify_on_terminal(1, 1, "audit:1");
    verify_on_terminal(2, 2, "audit:2");
    ASSERT_EQ(all().size(), 2u);
    EXPECT_EQ(all()[0].session, "audit:2");
    EXPECT_TRUE(store_.records().verifications(bob, at(2))->empty());
    EXPECT_TRUE(store_.records().verifications({alice.uid, "malice"}, at(2))->empty());
}

TEST_F(Windows, survive_a_restart_and_no_reboot) {
    verify_on_terminal(1, 1, "audit:1");
    store_.reopen();
    EXPECT_EQ(all().size(), 1u);
    store_.reopen("boot-2");
    EXPECT_TRUE(all().empty());
    EXPECT_EQ(store_.number("SELECT count(*) FROM verification"), 0);
}

TEST_F(Windows, are_forgotten_after_a_day) {
    verify_on_terminal(1, 1, "audit:1");
    EXPECT_EQ(all(86'401).size(), 1u);
    EXPECT_TRUE(all(86'402).empty());
    verify_on_terminal(86'402, 1, "audit:1");
    EXPECT_EQ(store_.number("SELECT count(*) FROM verification"), 1);
}

TEST_F(Windows, a_session_key_that_the_asker_had_already_is_not_the_logins_own) {
    verify_in_login(1, sshd_child, sshd, "audit:7");  // sshd itself was started from a login, and nothing renewed it
    EXPECT_TRUE(attach(opener(7), 2));
    EXPECT_EQ(all()[0].session, lineage_key(sshd));
    verify_in_login(3, {502, 79}, sshd, "audit:7");
    EXPECT_TRUE(attach(opener(8), 4));
    EXPECT_EQ(all(4)[0].session, "audit:8");
}

TEST_F(Windows, a_login_gives_its_verification_to_the_session_its_parent_opens_once) {
    verify_in_login(1);
    EXPECT_TRUE(attach(opener(7), 2));
    ASSERT_EQ(all().size(), 1u);
    EXPECT_EQ(all()[0].binding, Binding::session);
    EXPECT_EQ(all()[0].session, "audit:7");
    EXPECT_EQ(all()[0].opener, sshd);
    EXPECT_FALSE(attach(opener(8), 3));
    EXPECT_EQ(all()[0].session, "audit:7");
    EXPECT_EQ(store_.events().back(), "attached");
}

TEST_F(Windows, a_login_that_asks_itself_gives_its_verification_to_the_session_it_opens) {
    verify_in_login(1, sshd, {1, 1});
    EXPECT_TRUE(attach(opener(7), 2));
}

TEST_F(Windows, a_session_that_nothing_names_is_named_by_its_opener) {
    verify_in_login(1);
    EXPECT_TRUE(attach(opener({}), 2));
    EXPECT_EQ(all()[0].session, lineage_key(sshd));
}

TEST_F(Windows, a_login_gives_nothing_to_strangers_to_other_accounts_or_too_late) {
    verify_in_login(1);
    auto stranger = opener(7);
    stranger.process = {500, 78};
    EXPECT_FALSE(attach(stranger, 2));
    stranger.process = {};
    EXPECT_FALSE(attach(stranger, 2));
    EXPECT_FALSE(attach(opener(7), 2, bob));
    EXPECT_FALSE(attach(opener(7), 0.5));
    EXPECT_FALSE(attach(opener(7), 11.1));
    EXPECT_EQ(all()[0].binding, Binding::pending);
    EXPECT_TRUE(attach(opener(7), 11));
}

TEST_F(Windows, the_first_terminal_is_latched_and_no_other_after_it) {
    verify_in_login(1);
    const auto id = all()[0].id;
    EXPECT_FALSE(latch(id, place(1)));
    ASSERT_TRUE(attach(opener(7), 2));
    EXPECT_FALSE(latch(id, place(0)));
    EXPECT_FALSE(latch(id, place(1, {})));
    EXPECT_TRUE(latch(id, place(1)));
    EXPECT_TRUE(latch(id, place(1)));
    EXPECT_FALSE(latch(id, place(2)));
    EXPECT_FALSE(latch(id, place(1, {601, 91})));
    EXPECT_EQ(all()[0].terminal, 1u);
    EXPECT_EQ(all()[0].leader, shell);
}

TEST_F(Windows, end_all_of_an_account_and_say_how_many) {
    verify_on_terminal(1, 1, "audit:1");
    verify_in_login(1);
    Verification nothing;
    verify(nothing, 1);
    Verification of_bob;
    of_bob.binding = Binding::terminal;
    verify(of_bob, 1, bob);
    EXPECT_EQ(end(), 2u);
    EXPECT_TRUE(all().empty());
    EXPECT_EQ(store_.records().verifications(bob, at(2))->size(), 1u);
    const auto rows = store_.events().size();
    EXPECT_EQ(end(), 0u);
    EXPECT_EQ(store_.events().size(), rows);
    store_.reopen();
    EXPECT_TRUE(all().empty());
}

TEST_F(Windows, end_those_of_one_session_or_of_one_terminal) {
    verify_on_terminal(1, 1, "audit:1");
    verify_on_terminal(1, 2, "audit:1");
    verify_on_terminal(1, 3, "audit:2");
    verify_on_terminal(1, 4, "");
    auto in = place(9);
    in.audit_session = 1;
    EXPECT_EQ(end(in), 2u);
    EXPECT_EQ(end(place(4, {601, 91})), 0u);
    EXPECT_EQ(end(place(4)), 1u);
    ASSERT_EQ(all().size(), 1u);
    EXPECT_EQ(all()[0].session, "audit:2");
}

TEST_F(Windows, end_with_the_session_that_their_opener_closes) {
    verify_in_login(1);
    ASSERT_TRUE(attach(opener({}), 2));
    verify_on_terminal(1, 3, "audit:2");
    EXPECT_EQ(end(opener({})), 1u);
    EXPECT_EQ(all().size(), 1u);
    EXPECT_EQ(end(Session{}), 0u);
}

TEST_F(Windows, of_a_session_that_is_over_end_whomever_they_are_and_no_others) {
    verify_on_terminal(1, 0x8801, "audit:7");
    verify_on_terminal(1, 0x8802, "scope:session-c1.scope");
    verify_on_terminal(1, 0x8803, "audit:8");
    verify_in_login(1, sshd_child, sshd, "audit:7");
    EXPECT_EQ(end_sessions(std::vector<std::string>{"audit:7", "scope:session-7.scope"}), 1U);
    EXPECT_EQ(all().size(), 3U) << "a login that waits for its session is none of that one's";
    EXPECT_EQ(end_sessions(std::vector<std::string>{"audit:c1", "scope:session-c1.scope"}), 1U);
    EXPECT_EQ(store_.events().back(), "ended");
    const auto before = store_.events().size();
    EXPECT_EQ(end_sessions(std::vector<std::string>{"audit:99"}), 0U);
    EXPECT_EQ(store_.events().size(), before) << "nothing ended, nothing to record";
}

TEST_F(Windows, all_end_at_once_with_a_record_for_each_account) {
    verify_on_terminal(1, 0x8801, "audit:7");
    verify_on_terminal(1.5, 0x8802, "audit:8");
    Verification of_bob;
    of_bob.service = "sudo";
    of_bob.binding = Binding::terminal;
    of_bob.session = "audit:9";
    verify(of_bob, 1, bob);
    EXPECT_EQ(store_.records().verified_accounts().value().size(), 2U);
    EXPECT_EQ(end_sessions(std::nullopt), 3U);
    EXPECT_TRUE(store_.records().verified_accounts().value().empty());
    const auto events = store_.events();
    EXPECT_EQ(std::count(events.begin(), events.end(), "ended"), 2);
    EXPECT_EQ(store_.number("SELECT count(*) FROM audit WHERE event = 'ended' AND user = 'bob'"), 1);
}

}  // namespace
}  // namespace stepup::test
