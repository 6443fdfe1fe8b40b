#include <algorithm>
#include <array>
#include <string>

#include "application.hpp"
#include "captured_log.hpp"
#include "fake_daemon.hpp"
#include "common/frame.hpp"

// A daemon that breaks the protocol, hangs up or is not there lets nobody in. The orders of messages are in
// login_test; here are the ways of a real socket.

namespace stepup::test {
namespace {

struct Misbehavior {
    const char* name;
    Script script;
    int auth;
    int account;
};
void PrintTo(const Misbehavior& what, std::ostream* out) { *out << what.name; }

std::string named_like_it(const testing::TestParamInfo<Misbehavior>& test) {
    std::string name = test.param.name;
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
}

class Misbehaving : public testing::TestWithParam<Misbehavior> { };

TEST_P(Misbehaving, daemon_lets_nobody_in) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), GetParam().script);
    Application application(stack);
    application.replies.assign(16, types("123456"));
    EXPECT_EQ(application.authenticate(), GetParam().auth);
    EXPECT_EQ(application.account(), GetParam().account);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_NE(take_log(), "");
}

Script says(std::string bytes) {
    return [=](Peer& peer) {
        (void)peer.expect<wire::Begin>();
        peer.say_raw(bytes);
        EXPECT_TRUE(peer.hung_up());
    };
}

/// Asks `count` questions, the first numbered `first`, and grants once all were answered.
Script asks(int count, int first = 1) {
    return [=](Peer& peer) {
        const auto login = peer.expect<wire::Begin>().login;
        for (int turn = first; turn < first + count; ++turn) {
            peer.say(wire::Ask{static_cast<std::uint8_t>(turn), wire::Echo::on, "Code: "});
            if (!peer.is_answered()) return;
        }
        peer.say(wire::Verdict{login, Decision::granted, ""});
    };
}

Script grants(std::uint64_t off_by, std::string more) {
    return [=](Peer& peer) {
        const auto login = peer.expect<wire::Begin>().login;
        std::array<std::uint8_t, 64> packet;
        const auto size = wire::encode(wire::Verdict{login + off_by, Decision::granted, ""}, packet);
        peer.say_raw(std::string(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(*size)) + more);
    };
}

void hangs_up_at_once(Peer& peer) { peer.hang_up(); }
void hangs_up_after_begin(Peer& peer) { (void)peer.expect<wire::Begin>(); }
void hangs_up_after_asking(Peer& peer) {
    if (peer.expect<wire::Begin>().phase != Phase::open_session) peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
}
void hangs_up_after_the_answer(Peer& peer) {
    if (peer.expect<wire::Begin>().phase == Phase::open_session) return;
    peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
    (void)peer.expect<wire::Answer>();
}
/// Kind 4, a login nobody has, and a decision one bit away from granted.
std::string verdict_of_no_known_decision() {
    std::array<std::uint8_t, 64> packet;
    const auto size = wire::encode(wire::Verdict{0, Decision::granted, ""}, packet);
    packet[9] ^= 1U;
    return {packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size.value())};
}

INSTANTIATE_TEST_SUITE_P(
    Violations, Misbehaving,
    testing::Values(Misbehavior{"garbage", says("\x7Fgarbage"), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
                    Misbehavior{"one zero byte", says(std::string(1, '\0')), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
                    Misbehavior{"no known decision", says(verdict_of_no_known_decision()), PAM_SYSTEM_ERR,
                                PAM_SYSTEM_ERR},
                    Misbehavior{"more than a packet", says(std::string(wire::max_packet + 1, '\4')), PAM_SYSTEM_ERR,
                                PAM_SYSTEM_ERR},
                    Misbehavior{"verdict about another login", grants(1, ""), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
                    Misbehavior{"verdict with a byte too many", grants(0, "x"), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
                    Misbehavior{"first question numbered 0", asks(1, 0), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
                    Misbehavior{"first question numbered 2", asks(1, 2), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
                    Misbehavior{"seven questions", asks(7), PAM_SYSTEM_ERR, PAM_SYSTEM_ERR}),
    named_like_it);

INSTANTIATE_TEST_SUITE_P(
    HangUps, Misbehaving,
    testing::Values(Misbehavior{"at once", hangs_up_at_once, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
                    Misbehavior{"after begin", hangs_up_after_begin, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
                    Misbehavior{"after asking", hangs_up_after_asking, PAM_AUTH_ERR, PAM_PERM_DENIED},
                    Misbehavior{"after the answer", hangs_up_after_the_answer, PAM_AUTH_ERR, PAM_PERM_DENIED}),
    named_like_it);

TEST(Protocol, allows_six_questions) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), asks(6));
    Application application(stack);
    application.replies.assign(6, types("123456"));
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(application.shown.size(), 6U);
}

TEST(MissingDaemon, is_said_to_the_user_and_logged) {
    Stack stack;
    Application application(stack);
    (void)take_log();
    EXPECT_EQ(application.authenticate(), PAM_AUTHINFO_UNAVAIL);
    EXPECT_EQ(application.shown,
              (std::vector<Shown>{{PAM_ERROR_MSG, "StepUp is not answering; ask your administrator."}}));
    EXPECT_NE(take_log().find("is not running"), std::string::npos);
    EXPECT_EQ(application.account(), PAM_AUTHINFO_UNAVAIL);
}

TEST(MissingDaemon, leaves_a_socket_that_refuses) {
    Stack stack;
    const auto bound_but_not_listening = bind_socket(stack.socket());
    EXPECT_EQ(Application(stack).authenticate(), PAM_AUTHINFO_UNAVAIL);
}

TEST(MissingDaemon, leaves_a_file_where_the_socket_should_be) {
    Stack stack;
    std::ofstream(stack.socket()) << "file";
    EXPECT_EQ(Application(stack).authenticate(), PAM_AUTHINFO_UNAVAIL);
}

TEST(MissingDaemon, is_one_whose_path_is_too_long_to_be_a_socket) {
    Stack stack;
    stack.write("socket=/" + std::string(107, 'x'));
    EXPECT_EQ(Application(stack).authenticate(), PAM_AUTHINFO_UNAVAIL);
}

TEST(Deadline, that_has_passed_lets_nothing_be_sent) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    const auto sent = send_message(ours.get(), wire::Answer{1, "123456"}, monotonic_now());
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::timed_out);
    char byte = 0;
    EXPECT_EQ(::recv(theirs.get(), &byte, 1, MSG_DONTWAIT), -1);
}

}  // namespace
}  // namespace stepup::test
