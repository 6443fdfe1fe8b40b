#include "common/frame.hpp"

#include <array>
#include <csignal>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

using namespace stepup;
using namespace std::chrono_literals;

namespace {

Deadline in(std::chrono::milliseconds time) { return monotonic_now() + time; }

/// A listening socket at a path of its own.
class Listener {
public:
    Listener() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        fd = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd.get(), 0), 0);
    }
    ~Listener() { ::unlink(path.c_str()); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::string path = "/tmp/stepup-frame-" + std::to_string(::getpid()) + ".sock";
    UniqueFd fd;
};

struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours = UniqueFd(ends[0]);
        theirs = UniqueFd(ends[1]);
    }
    UniqueFd ours;
    UniqueFd theirs;
};

template <class T> Errc error_of(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? Errc::internal : result.error().code;
}

std::array<std::uint8_t, 8> buffer;
const std::array<std::uint8_t, 3> three{1, 2, 3};

}  // namespace

TEST(ConnectTo, reaches_whoever_listens_and_says_who_that_is) {
    const Listener listener;
    const auto connected = connect_to(listener.path, in(5s));
    ASSERT_TRUE(connected);
    EXPECT_GT(connected->get(), STDERR_FILENO);
    EXPECT_EQ(server_uid(connected->get()).value_or(uid_t(-1)), ::getuid());
}

TEST(ConnectTo, says_why_it_cannot) {
    const Listener listener;
    EXPECT_EQ(error_of(connect_to("", in(5s))), Errc::too_large);
    EXPECT_EQ(error_of(connect_to(std::string(108, 'x'), in(5s))), Errc::too_large);
    EXPECT_EQ(error_of(connect_to("/nowhere/pam.sock", in(5s))), Errc::not_found);
    EXPECT_EQ(error_of(connect_to(listener.path, in(-1s))), Errc::timed_out);
    EXPECT_EQ(error_of(connect_to("/dev/null/x", in(5s))), Errc::unavailable);
    const auto first = connect_to(listener.path, in(5s));
    EXPECT_EQ(error_of(connect_to(listener.path, in(20ms))), Errc::timed_out) << "the backlog is full";
}

TEST(ConnectTo, leaves_the_standard_streams_to_others) {
    const Listener listener;
    const UniqueFd kept(::dup(STDIN_FILENO));
    ::close(STDIN_FILENO);
    const auto connected = connect_to(listener.path, in(5s));
    ::dup2(kept.get(), STDIN_FILENO);
    ASSERT_TRUE(connected);
    EXPECT_GT(connected->get(), STDERR_FILENO);
}

TEST(Packets, arrive_whole_and_one_at_a_time) {
    const Pair pair;
    ASSERT_TRUE(send_packet(pair.ours.get(), three, in(5s)));
    ASSERT_TRUE(send_packet(pair.ours.get(), three, in(5s)));
    const auto got = receive_packet(pair.theirs.get(), buffer, in(5s));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size(), 3U);
}

TEST(Packets, end_at_their_deadline_at_a_hang_up_and_at_their_limit) {
    Pair pair;
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(10ms))), Errc::timed_out);
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(-1ms))), Errc::timed_out);
    EXPECT_EQ(error_of(send_packet(pair.ours.get(), three, in(-1ms))), Errc::timed_out);
    ASSERT_TRUE(send_packet(pair.theirs.get(), std::array<std::uint8_t, 9>{}, in(5s)));
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(5s))), Errc::too_large);
    pair.theirs.reset();
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(5s))), Errc::closed);
    EXPECT_EQ(error_of(send_packet(pair.ours.get(), three, in(5s))), Errc::closed);
}

TEST(Packets, need_a_socket) {
    EXPECT_EQ(error_of(receive_packet(-1, buffer, in(5s))), Errc::unavailable);
    EXPECT_EQ(error_of(send_packet(-1, three, in(5s))), Errc::unavailable);
    EXPECT_EQ(error_of(server_uid(-1)), Errc::unavailable);
}

TEST(Packets, do_not_mind_signals) {
    const Pair pair;
    struct sigaction previous { };
    struct sigaction counting { };
    counting.sa_handler = [](int) {};  // without SA_RESTART: the call under way ends with EINTR
    ::sigaction(SIGALRM, &counting, &previous);
    const itimerval soon{{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &soon, nullptr);
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(30ms))), Errc::timed_out);
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &previous, nullptr);
}
