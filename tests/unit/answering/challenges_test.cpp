#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "daemon/answering/challenges.hpp"
#include "tests/unit/bus_door/management_fakes.hpp"

// Proving a factor in two calls, over fakes of the store.

namespace stepup::testing {
namespace {

/// Alice has a phone and recovery codes, and stands at her terminal.
struct Desk : Bench {
    Desk() {
        enroll(1);
        enroll(9, FactorKind::recovery_code, "recovery codes");
        recorder.outcome = Outcome::accepted;
        alice.connection = ":1.7";
    }
    boost::asio::io_context loop;
    Workers slow_work{loop.get_executor(), 1};
    Turns<std::string> slow_turns;
    KernelRandom random;  // ids that differ
    Challenges challenges{{loop.get_executor(),
                           {clock, records, recorder, factors, slow_work, slow_turns},
                           [this] { return policy; },
                           management,
                           random}};

    std::string begin(const std::string& service = "") {
        const auto begun = challenges.begin(alice, service);
        return begun ? begun->id : std::string(row_of(begun.error().error).name);
    }
    /// "" for a grant, else the error's name.
    std::string answer(const std::string& id, std::string_view code, std::int64_t factor = 0) {
        return answered(id, code, factor).error();
    }
    Heard<Report> answered(const std::string& id, std::string_view code, std::int64_t factor = 0) {
        Heard<Report> heard;
        recorder.outcome = right;
        challenges.answer(alice, id, factor, secret(code), heard.listen());
        run();
        return heard;
    }
    void run() {
        loop.restart();
        loop.poll();  // a judgement that is held back must not hold us up
    }
    Outcome right = Outcome::accepted;
};

std::vector<std::int64_t> ids(const std::vector<Enrollment>& all) {
    std::vector<std::int64_t> found;
    for (const auto& one : all) found.push_back(one.id);
    return found;
}

TEST(Challenge, lists_what_would_satisfy_policy_for_the_service) {
    Desk desk;
    Rule rule;
    rule.match.services = {"vault"};
    rule.terms.allowed = FactorSet{FactorKind::recovery_code};
    desk.policy->rules.push_back(rule);
    EXPECT_EQ(ids(desk.challenges.begin(desk.alice, "")->choices), (std::vector<std::int64_t>{1, 9}));
    EXPECT_EQ(ids(desk.challenges.begin(desk.alice, "vault")->choices), (std::vector<std::int64_t>{9}));
    rule.match.services = {"lab"};
    rule.terms.allowed = FactorSet{FactorKind::security_key};
    desk.policy->rules.push_back(rule);
    EXPECT_EQ(desk.begin("lab"), "PolicyForbids");
    EXPECT_EQ(desk.begin("two\nlines"), "InvalidArgument");
}

TEST(Challenge, is_for_people_with_a_factor) {
    Desk desk;
    desk.records.all.erase(desk.records.all.begin());
    EXPECT_EQ(desk.begin(), "NotEnrolled");
    desk.records.all.front().kind = FactorKind::invite;  // he answers with that, and may enroll
    EXPECT_EQ(ids(desk.challenges.begin(desk.alice, "")->choices), (std::vector<std::int64_t>{9}));
}

TEST(Challenge, belongs_to_a_plain_process_of_the_caller_in_a_session) {
    Desk desk;
    const auto id = desk.begin();
    const auto stands = *desk.alice.session;
    desk.alice.session.reset();
    EXPECT_EQ(desk.begin(), "NotAuthorized");
    EXPECT_EQ(desk.answer(id, "111111"), "NotAuthorized");
    for (const bool real : {true, false}) {
        desk.alice.session = stands;
        (real ? desk.alice.session->real_uid : desk.alice.session->effective_uid) = 1001;
        EXPECT_EQ(desk.begin(), "NotAuthorized");
        EXPECT_EQ(desk.answer(id, "111111"), "NotAuthorized");
    }
    EXPECT_TRUE(desk.recorder.judged.empty());
}

TEST(Challenge, a_right_code_opens_a_window_where_the_caller_stands) {
    Desk desk;
    const auto id = desk.begin();
    desk.prove();  // what the store makes of the judgement
    const auto heard = desk.answered(id, "111111");
    ASSERT_EQ(heard.error(), "");
    EXPECT_TRUE(heard.answer()->recent);
    EXPECT_EQ(heard.answer()->scope, "terminal");
    ASSERT_EQ(desk.recorder.judged.size(), 1U);
    const auto& judgement = desk.recorder.judged.front();
    ASSERT_TRUE(judgement.proof);
    const auto& opens = judgement.proof->opens;
    EXPECT_EQ(opens.binding, Binding::terminal);
    EXPECT_EQ(opens.session, "audit:3");
    EXPECT_EQ(opens.terminal, 0x8801U);
    EXPECT_EQ(opens.leader, (ProcessRef{4000, 5}));
    EXPECT_EQ(opens.service, "stepup");
    EXPECT_EQ(opens.account, desk.alice.account.key);
    EXPECT_EQ(judgement.account_limit, "uid:1000");
    EXPECT_FALSE(judgement.may_lock_for_good);
}

TEST(Challenge, without_a_terminal_it_opens_a_window_only_where_policy_says_so) {
    for (const bool may : {false, true}) {
        Desk desk;
        if (may) desk.policy->defaults.window_without_tty = WithoutTty::session;
        desk.alice.session->terminal = 0;
        desk.alice.session->leader = {};
        ASSERT_EQ(desk.answer(desk.begin(), "111111"), "");
        EXPECT_EQ(desk.recorder.judged.front().proof->opens.binding, may ? Binding::session : Binding::none);
    }
}

TEST(Challenge, for_two_different_factors_takes_two_answers_and_says_so) {
    Desk desk;
    desk.policy->defaults.two_different = true;
    const auto id = desk.begin();
    const auto first = desk.answered(id, "111111");
    ASSERT_EQ(first.error(), "");
    EXPECT_TRUE(first.answer()->more);
    EXPECT_FALSE(first.answer()->recent);
    EXPECT_EQ(desk.answer(id, "111111", 1), "NoSuchFactor") << "that kind is proved";
    const auto second = desk.answered(id, "GOOD");
    ASSERT_EQ(second.error(), "");
    EXPECT_FALSE(second.answer()->more);
    EXPECT_EQ(desk.answer(id, "GOOD"), "ExpiredChallenge");
}

TEST(Challenge, for_two_different_factors_is_not_for_who_has_one_kind) {
    Desk desk;
    desk.policy->defaults.two_different = true;
    std::erase_if(desk.records.all, [](const auto& one) { return one.kind == FactorKind::recovery_code; });
    EXPECT_EQ(desk.begin(), "PolicyForbids");
}

TEST(Challenge, is_answered_once) {
    Desk desk;
    const auto id = desk.begin();
    EXPECT_EQ(desk.answer(id, "111111"), "");
    EXPECT_EQ(desk.answer(id, "111111"), "ExpiredChallenge");
    EXPECT_EQ(desk.recorder.judged.size(), 1U);
}

TEST(Challenge, of_two_answers_at_once_one_is_judged) {
    Desk desk;
    const auto id = desk.begin();
    desk.recorder.holds = true;
    Heard<Report> first;
    Heard<Report> second;
    desk.challenges.answer(desk.alice, id, 0, secret("111111"), first.listen());
    desk.run();
    desk.challenges.answer(desk.alice, id, 0, secret("111111"), second.listen());
    EXPECT_EQ(first.error(), "-");
    EXPECT_EQ(second.error(), "RateLimited");
    for (const auto& say : desk.recorder.held_back) say();
    desk.run();
    EXPECT_EQ(first.error(), "");
    EXPECT_EQ(desk.recorder.judged.size(), 1U);
}

TEST(Challenge, three_wrong_codes_end_it_and_each_counts) {
    Desk desk;
    const auto id = desk.begin();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(desk.answer(id, "222222"), "InvalidCode");
    EXPECT_EQ(desk.answer(id, "111111"), "ExpiredChallenge");
    ASSERT_EQ(desk.recorder.judged.size(), 3U);
    for (const auto& judgement : desk.recorder.judged) EXPECT_FALSE(judgement.proof);
}

TEST(Challenge, runs_out) {
    Desk desk;
    const auto id = desk.begin();
    desk.clock.pass(Challenges::lifetime - Millis(1));
    EXPECT_EQ(desk.answer(id, "222222"), "InvalidCode");
    desk.clock.pass(Millis(1));
    EXPECT_EQ(desk.answer(id, "111111"), "ExpiredChallenge");
    EXPECT_EQ(desk.answer("made up", "111111"), "ExpiredChallenge");
    EXPECT_EQ(desk.recorder.judged.size(), 1U);
}

TEST(Challenge, is_of_no_use_to_anybody_else_or_from_anywhere_else) {
    Desk desk;
    const auto id = desk.begin();
    const auto alice = desk.alice;
    desk.alice.connection = ":1.8";
    EXPECT_EQ(desk.answer(id, "111111"), "NotAuthorized");
    desk.alice = alice;
    desk.alice.account.key = {1001, "bob"};
    desk.alice.session->real_uid = desk.alice.session->effective_uid = 1001;
    EXPECT_EQ(desk.answer(id, "111111"), "NotAuthorized");
    for (int i = 0; i < 3; ++i) {
        desk.alice = alice;
        auto& session = *desk.alice.session;
        if (i == 0) session.audit_session = 4;
        if (i == 1) session.terminal = 0x8802;
        if (i == 2) session.leader = {4001, 5};
        EXPECT_EQ(desk.answer(id, "111111"), "NotAuthorized") << i;
    }
    EXPECT_TRUE(desk.recorder.judged.empty());
    desk.alice = alice;
    EXPECT_EQ(desk.answer(id, "111111"), "") << "and it is still good where it belongs";
}

TEST(Challenge, takes_a_code_of_the_factor_that_was_picked) {
    Desk desk;
    EXPECT_EQ(desk.answer(desk.begin(), "111111", 1), "");
    EXPECT_EQ(desk.answer(desk.begin(), "GOOD", 9), "");
    EXPECT_EQ(desk.answer(desk.begin(), "111111", 2), "NoSuchFactor");
    EXPECT_EQ(desk.recorder.judged.size(), 2U);
}

TEST(Challenge, a_code_of_another_factor_has_its_own_error_and_uses_nothing_up_but_counts) {
    Desk desk;
    const auto id = desk.begin();
    EXPECT_EQ(desk.answer(id, "111111", 9), "WrongFactor") << "six digits are no recovery code";
    EXPECT_EQ(desk.answer(id, "GOOD", 1), "WrongFactor");
    EXPECT_EQ(desk.answer(id, "222222", 1), "InvalidCode");
    ASSERT_EQ(desk.recorder.judged.size(), 3U);
    for (const auto& judgement : desk.recorder.judged) EXPECT_FALSE(judgement.proof);
    EXPECT_EQ(desk.recorder.judged[0].audit.fields.back().second, "of another factor");
    EXPECT_NE(desk.recorder.judged[2].audit.fields.back().second, "of another factor");
}

TEST(Challenge, what_is_no_code_is_not_counted) {
    Desk desk;
    const auto id = desk.begin();
    EXPECT_EQ(desk.answer(id, ""), "InvalidArgument");
    EXPECT_EQ(desk.answer(id, "?"), "InvalidArgument");
    EXPECT_EQ(desk.answer(id, "2"), "InvalidArgument");
    EXPECT_TRUE(desk.recorder.judged.empty());
    EXPECT_EQ(desk.answer(id, "111111", 1), "") << "and a number of a menu picks nothing";
}

TEST(Challenge, an_account_that_is_locked_or_delayed_is_told_for_how_long) {
    for (const auto outcome : {Outcome::locked, Outcome::later}) {
        Desk desk;
        desk.right = outcome;
        desk.recorder.later = desk.clock.at.boot + Seconds(4);
        const auto heard = desk.answered(desk.begin(), "111111");
        EXPECT_EQ(heard.error(), outcome == Outcome::locked ? "Locked" : "RateLimited");
        EXPECT_EQ(heard.answer().error().seconds, 4U);
        EXPECT_NE(heard.message().find("Wait 4 s"), std::string::npos) << heard.message();
    }
    Desk desk;
    desk.right = Outcome::locked;
    const auto heard = desk.answered(desk.begin(), "111111");
    EXPECT_EQ(heard.answer().error().seconds, 0U);
}

TEST(Challenge, a_store_that_fails_grants_nothing_and_ends_it) {
    Desk desk;
    const auto id = desk.begin();
    desk.recorder.is_broken = true;
    EXPECT_EQ(desk.answer(id, "111111"), "Unavailable");
    desk.recorder.is_broken = false;
    EXPECT_EQ(desk.answer(id, "111111"), "ExpiredChallenge");
}

TEST(Challenge, of_more_than_eight_open_ones_of_a_user_the_oldest_goes) {
    Desk desk;
    auto bob = desk.alice;
    bob.account.key = {1001, "bob"};
    bob.session->real_uid = bob.session->effective_uid = 1001;
    auto his = enrollment(7, FactorKind::totp);
    his.account = bob.account.key;
    desk.records.all.push_back(his);
    const auto of_bob = desk.challenges.begin(bob, "")->id;
    std::vector<std::string> mine;
    for (int i = 0; i < 9; ++i) {
        desk.clock.pass(Millis(1));
        mine.push_back(desk.begin());
    }
    EXPECT_EQ(desk.answer(mine[0], "222222"), "ExpiredChallenge");
    EXPECT_EQ(desk.answer(mine[1], "222222"), "InvalidCode");
    desk.alice = bob;
    EXPECT_EQ(desk.answer(of_bob, "111111"), "");
}

TEST(Challenge, nobody_guesses_an_id) {
    Desk desk;
    const auto one = desk.begin();
    EXPECT_EQ(one.size(), 64U);
    EXPECT_NE(one, desk.begin());
}

}  // namespace
}  // namespace stepup::testing
