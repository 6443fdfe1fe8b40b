#include <array>
#include <mutex>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <syslog.h>

#include "application.hpp"
#include "captured_log.hpp"
#include "fake_daemon.hpp"
#include "pam_module/codes.hpp"

// Each decision of the daemon's in each phase, through libpam.

namespace stepup::test {
namespace {

struct Row {
    Decision decision;
    int auth;
    int account;
};

class Decided : public testing::TestWithParam<Row> { };

TEST_P(Decided, in_auth) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(GetParam().decision));
    Application application(stack);
    EXPECT_EQ(application.authenticate(), GetParam().auth);
}

TEST_P(Decided, in_account) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(GetParam().decision));
    Application application(stack);
    EXPECT_EQ(application.account(), GetParam().account);
}

TEST_P(Decided, after_a_question) {
    Stack stack;
    std::string heard;
    FakeDaemon daemon(stack.socket(),
                      asks_and_decides(GetParam().decision, [&](auto& answer) { heard = answer.text; }));
    Application application(stack);
    application.replies = {types("123456")};
    (void)take_log();
    EXPECT_EQ(application.authenticate(), GetParam().auth);
    EXPECT_EQ(take_log(), "") << "a system log that hangs holds up no decision";
    EXPECT_EQ(heard, "123456");
    EXPECT_EQ(application.shown.at(0), (Shown{PAM_PROMPT_ECHO_ON, "Code (? for help): "}));
}

TEST_P(Decided, never_fails_a_session) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(GetParam().decision, "text"));
    Application application(stack);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_EQ(application.close_session(), PAM_SUCCESS);
    EXPECT_EQ(daemon.connections(), 2);
    EXPECT_TRUE(application.shown.empty());
}

TEST_P(Decided, never_decides_over_a_password_change) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(GetParam().decision));
    Application application(stack);
    EXPECT_EQ(application.change_password(), ignored);
}

INSTANTIATE_TEST_SUITE_P(All, Decided,
                         testing::Values(Row{Decision::granted, PAM_SUCCESS, PAM_SUCCESS},
                                         Row{Decision::not_required, ignored, ignored},
                                         Row{Decision::denied, PAM_AUTH_ERR, PAM_PERM_DENIED},
                                         Row{Decision::unavailable, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL}));

TEST(DecisionCode, of_a_value_that_is_no_decision_is_an_error) {
    for (const auto value : {0U, 1U, 0x5AC3961CU, 0xFFFFFFFFU})
        for (const auto phase : {Phase::auth, Phase::account})
            EXPECT_EQ(pam_code(static_cast<Decision>(value), phase), PAM_SYSTEM_ERR);
}

TEST(OnlyUs, a_login_that_needs_nothing_is_no_login) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(Decision::not_required));
    EXPECT_NE(Application(stack, "alice", "only-us").authenticate(), PAM_SUCCESS);
}

TEST(Setcred, succeeds_after_our_auth_did_and_asks_nobody) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(Decision::granted));
    Application application(stack, "alice", "only-us");
    ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(application.set_credentials(), PAM_SUCCESS);
    EXPECT_EQ(application.set_credentials(), PAM_SUCCESS);
    EXPECT_EQ(daemon.connections(), 1);
}

TEST(Setcred, has_no_opinion_where_auth_was_not_called) {
    Stack stack;
    Application application(stack, "alice", "only-us");
    EXPECT_NE(application.set_credentials(), PAM_SUCCESS);
}

TEST(Setcred, has_no_opinion_in_another_process_than_auth) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(Decision::granted));
    Application application(stack, "alice", "only-us");
    ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(application.set_credentials());
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_NE(WEXITSTATUS(status), PAM_SUCCESS);
}

TEST(Setcred, forgets_a_success_that_a_later_failure_overrode) {
    Stack stack;
    std::array said{Decision::granted, Decision::denied};
    std::size_t next = 0;
    FakeDaemon daemon(stack.socket(), [&](Peer& peer) { decides(said.at(next++))(peer); });
    Application application(stack, "alice", "only-us");
    ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
    ASSERT_EQ(application.authenticate(), PAM_AUTH_ERR);
    EXPECT_NE(application.set_credentials(), PAM_SUCCESS);
}

TEST(Session, goes_on_without_a_daemon) {
    Stack stack;
    Application application(stack);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_EQ(application.close_session(), PAM_SUCCESS);
    EXPECT_NE(take_log().find("not reported to stepupd"), std::string::npos);
}

TEST(Session, lets_nobody_be_asked) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), [](Peer& peer) {
        (void)peer.expect<wire::Begin>();
        peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
        EXPECT_EQ(peer.expect<wire::Withdraw>().why, wire::Why::no_answer);
    });
    Application application(stack);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_TRUE(application.shown.empty());
}

TEST(Phases, are_told_to_the_daemon_and_a_password_change_once) {
    Stack stack;
    std::vector<Phase> seen;
    FakeDaemon daemon(stack.socket(), [&](Peer& peer) {
        const auto begin = peer.expect<wire::Begin>();
        seen.push_back(begin.phase);
        peer.say(wire::Verdict{begin.login, Decision::granted, ""});
    });
    Application application(stack);
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(application.account(), PAM_SUCCESS);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_EQ(application.change_password(), ignored);
    EXPECT_EQ(application.close_session(), PAM_SUCCESS);
    EXPECT_EQ(
        seen,
        (std::vector{Phase::auth, Phase::account, Phase::open_session, Phase::password_changed, Phase::close_session}));
}

TEST(PasswordChange, is_not_blocked_by_a_missing_daemon) {
    Stack stack;
    EXPECT_EQ(Application(stack).change_password(), ignored);
}

TEST(Options, that_mean_nothing_refuse_and_are_named) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(Decision::granted));
    stack.write("nullok");
    Application application(stack);
    (void)take_log();
    EXPECT_EQ(application.authenticate(), PAM_SYSTEM_ERR);
    EXPECT_NE(take_log().find("'nullok'"), std::string::npos);
    EXPECT_EQ(application.account(), PAM_SYSTEM_ERR);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_EQ(application.change_password(), ignored);
    EXPECT_EQ(daemon.connections(), 0);
}

TEST(Options, debug_logs_steps_and_no_answers) {
    Stack stack;
    stack.write("debug");
    FakeDaemon daemon(stack.socket(), asks_and_decides(Decision::granted));
    Application application(stack);
    application.replies = {types("canary-271828")};
    (void)take_log();
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    const auto log = take_log();
    EXPECT_NE(log.find("phase 1"), std::string::npos) << log;
    EXPECT_EQ(log.find("271828"), std::string::npos) << log;
}

TEST(Log, is_silent_about_logins_that_went_well) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), asks_and_decides(Decision::granted));
    Application application(stack);
    application.replies = {types("1")};
    (void)take_log();
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(take_log(), "");
}

}  // namespace
}  // namespace stepup::test
