#include "common/frame.hpp"

#include <gtest/gtest.h>

#include "tests/unit/common/sockets.hpp"

using namespace stepup;
using namespace stepup::testing;

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

TEST(ConnectTo, finds_nobody_where_a_daemon_ended) {
    Listener listener;
    listener.fd.reset();
    EXPECT_EQ(error_of(connect_to(listener.path, in(5s))), Errc::not_found);
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

TEST(Packets, that_nobody_read_before_the_end_are_a_hang_up_too) {
    Pair pair;
    ASSERT_TRUE(send_packet(pair.ours.get(), three, in(5s)));
    pair.theirs.reset();
    EXPECT_EQ(error_of(receive_packet(pair.ours.get(), buffer, in(5s))), Errc::closed);
}

TEST(Packets, need_a_socket) {
    EXPECT_EQ(error_of(receive_packet(-1, buffer, in(5s))), Errc::unavailable);
    EXPECT_EQ(error_of(send_packet(-1, three, in(5s))), Errc::unavailable);
    EXPECT_EQ(error_of(server_uid(-1)), Errc::unavailable);
}
