#include <chrono>

#include "application.hpp"
#include "fake_daemon.hpp"

// How long the module waits. These tests take the time they measure, which is why they are a program of their own.

namespace stepup::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A daemon that listens and never says a word, until it is destroyed.
struct SilentDaemon {
    explicit SilentDaemon(const std::string& path)
        : daemon(path, [this](Peer& peer) { EXPECT_TRUE(peer.expect<wire::Begin>().login != 0 && peer.hung_up()); }) { }
    FakeDaemon daemon;
};

template <class Call> milliseconds time(Call call) {
    const auto start = Clock::now();
    call();
    return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

TEST(Patience, with_a_silent_daemon_ends_after_three_seconds) {
    Stack stack;
    SilentDaemon daemon(stack.socket());
    Application application(stack);
    const auto took = time([&] { EXPECT_EQ(application.authenticate(), PAM_AUTHINFO_UNAVAIL); });
    EXPECT_GE(took, milliseconds(2900));
    EXPECT_LT(took, milliseconds(4500));
}

TEST(Patience, of_a_report_ends_after_two_seconds) {
    Stack stack;
    SilentDaemon daemon(stack.socket());
    Application application(stack);
    const auto took = time([&] { EXPECT_EQ(application.open_session(), PAM_SUCCESS); });
    EXPECT_GE(took, milliseconds(1900));
    EXPECT_LT(took, milliseconds(3500));
}

TEST(Patience, with_a_full_backlog_ends_after_one_second) {
    Stack stack;
    const auto listener = bind_socket(stack.socket());
    ASSERT_EQ(::listen(listener.get(), 0), 0);
    const auto address = address_of(stack.socket());
    UniqueFd waiting(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    Application application(stack);
    const auto took = time([&] { EXPECT_EQ(application.authenticate(), PAM_AUTHINFO_UNAVAIL); });
    EXPECT_GE(took, milliseconds(900));
    EXPECT_LT(took, milliseconds(2500));
}

TEST(Patience, with_a_whole_login_ends_at_its_timeout_and_looks_like_a_denial) {
    Stack stack;
    stack.write("timeout=5");
    FakeDaemon daemon(stack.socket(), [](Peer& peer) {
        (void)peer.expect<wire::Begin>();
        peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
        EXPECT_TRUE(peer.is_answered());
        EXPECT_TRUE(peer.hung_up());
    });
    Application application(stack);
    application.replies = {types("123456")};
    const auto took = time([&] { EXPECT_EQ(application.authenticate(), PAM_AUTH_ERR); });
    EXPECT_GE(took, milliseconds(4900));
    EXPECT_LT(took, milliseconds(6500));
}

}  // namespace
}  // namespace stepup::test
