#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "tests/unit/common/sockets.hpp"

// Signals, and a kernel that has nothing left.

using namespace stepup;
using namespace stepup::testing;

namespace {

/// While it lives, signals arrive all the time, and calls under way end with EINTR: no SA_RESTART.
class Alarms {
public:
    Alarms() {
        struct sigaction counting { };
        counting.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &counting, &previous_);
        const itimerval soon{{0, 1000}, {0, 1000}};
        ::setitimer(ITIMER_REAL, &soon, nullptr);
    }
    ~Alarms() {
        const itimerval never{};
        ::setitimer(ITIMER_REAL, &never, nullptr);
        ::sigaction(SIGALRM, &previous_, nullptr);
    }
    Alarms(const Alarms&) = delete;
    Alarms& operator=(const Alarms&) = delete;

private:
    struct sigaction previous_ { };
};

/// While it lives, no descriptor from `first` on can be opened.
class FewDescriptors {
public:
    explicit FewDescriptors(int first) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit few{static_cast<rlim_t>(first), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    rlimit before_{};
};

enum class Sends : std::uint8_t { whole, half, interrupted };
auto sends = Sends::whole;

}  // namespace

/// As no kernel does with packets: half of it; or a signal every time.
ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    if (sends == Sends::half) return static_cast<ssize_t>(size / 2);
    if (sends == Sends::interrupted) return errno = EINTR, -1;
    return ::syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

TEST(ConnectTo, does_not_mind_signals) {
    const Listener listener;
    const auto first = connect_to(listener.path, in(5s));
    const Alarms alarms;
    EXPECT_EQ(error_of(connect_to(listener.path, in(30ms))), Errc::timed_out) << "the backlog is full";
}

TEST(ConnectTo, needs_a_descriptor_above_the_standard_streams) {
    const Listener listener;
    {
        const FewDescriptors none(0);
        EXPECT_EQ(error_of(connect_to(listener.path, in(5s))), Errc::unavailable);
    }
    const UniqueFd kept(::dup(STDIN_FILENO));
    ::close(STDIN_FILENO);
    {
        const FewDescriptors standard(STDERR_FILENO + 1);
        EXPECT_EQ(error_of(connect_to(listener.path, in(5s))), Errc::unavailable);
    }
    ::dup2(kept.get(), STDIN_FILENO);
}

TEST(Packets, go_whole_or_not_at_all) {
    const Pair pair;
    sends = Sends::half;
    errno = EINTR;  // of an earlier call
    const auto sent = send_packet(pair.ours.get(), three, in(5s));
    sends = Sends::whole;
    EXPECT_EQ(error_of(sent), Errc::unavailable);
}

TEST(Packets, that_signals_always_interrupt_end_at_their_deadline) {
    const Pair pair;
    sends = Sends::interrupted;
    const auto sent = send_packet(pair.ours.get(), three, in(10ms));
    sends = Sends::whole;
    EXPECT_EQ(error_of(sent), Errc::timed_out);
}

TEST(Packets, to_somebody_who_reads_nothing_wait_for_the_deadline_whatever_signals_arrive) {
    const Pair pair;
    while (::syscall(SYS_sendto, pair.ours.get(), three.data(), three.size(), MSG_DONTWAIT, nullptr, 0) > 0) { }
    const Alarms alarms;
    EXPECT_EQ(error_of(send_packet(pair.ours.get(), three, in(30ms))), Errc::timed_out);
}

TEST(Packets, do_not_mind_signals) {
    const Pair pair;
    const Alarms alarms;
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(30ms))), Errc::timed_out);
}
