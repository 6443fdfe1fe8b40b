#include "daemon/stepup/session.hpp"

#include <cstddef>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace stepup;

TEST(ParseStat, reads_the_fields_of_proc_5) {
    const auto stat
        = parse_stat("4242 (sudo) S 4200 4242 4100 34816 4242 4194560 1 0 0 0 1 2 0 0 20 0 1 0 987654 0 0\n");
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->parent, 4200);
    EXPECT_EQ(stat->group, 4242);
    EXPECT_EQ(stat->session, 4100);
    EXPECT_EQ(stat->terminal, 34816U);
    EXPECT_EQ(stat->foreground_group, 4242);
    EXPECT_EQ(stat->start, 987654U);
}

TEST(ParseStat, a_process_name_cannot_pose_as_fields) {  // security.md V-73
    const auto stat = parse_stat("1 () R 1 1 1 34816 (\n)) S 10 11 12 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 5 0 0\n");
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->parent, 10);
    EXPECT_EQ(stat->terminal, 0U);
    EXPECT_EQ(stat->start, 5U);
}

TEST(ParseStat, gives_nothing_rather_than_a_guess) {
    for (const auto* text : {"", "1 (x", "1 (x)", "1 (x) S 1 2 3", "1 (x) S a b c d e f g h i j k l m n o p q r s t"})
        EXPECT_FALSE(parse_stat(text)) << text;
}

TEST(ParseUids, takes_real_and_effective_from_the_uid_line_alone) {
    EXPECT_EQ(parse_uids("Name:\tsudo\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n"), std::pair(1000U, 0U));
    EXPECT_FALSE(parse_uids("Name:\tUid:\t0\t0\n"));
    EXPECT_FALSE(parse_uids("Name:\tx\nUid:\tnobody\n"));
}

TEST(PidNamespace, of_its_own_has_whoever_bears_more_than_one_pid) {
    EXPECT_FALSE(has_own_pid_namespace("Name:\tsshd\nNSpid:\t77\nNSpgid:\t77\n"));
    EXPECT_TRUE(has_own_pid_namespace("Name:\tsshd\nNSpid:\t77\t1\nNSpgid:\t77\t1\n"));
    EXPECT_TRUE(has_own_pid_namespace("Name:\tNSpid:\t1\nState:\tS\n")) << "no such line: nobody knows";
}

TEST(ParseAuditNumber, the_kernels_minus_one_is_not_set) {
    EXPECT_EQ(parse_audit_number("12"), 12U);
    EXPECT_EQ(parse_audit_number("0"), 0U);
    EXPECT_FALSE(parse_audit_number("4294967295"));
    EXPECT_FALSE(parse_audit_number(""));
    EXPECT_FALSE(parse_audit_number("12x"));
}

TEST(ParseScope, finds_logind_sessions_and_nothing_that_only_looks_like_one) {
    EXPECT_EQ(parse_scope("0::/user.slice/user-1000.slice/session-4.scope\n"), "session-4.scope");
    EXPECT_EQ(parse_scope("1:name=systemd:/user.slice/user-0.slice/session-c2.scope/x\n"), "session-c2.scope");
    EXPECT_EQ(parse_scope("0::/system.slice/ssh.service\n"), "");
    EXPECT_EQ(parse_scope("0::/user.slice/session-4.service\n"), "");
    EXPECT_EQ(parse_scope("0::/user.slice/user-1000.slice/user@1000.service/app.slice/session-4.scope\n"), "")
        << "systemd-run --user --scope --unit=session-4";
    EXPECT_EQ(
        parse_scope("0::/user.slice/user-1000.slice/user@1000.service/user.slice/user-1000.slice/session-4.scope"), "");
}

TEST(Session, is_named_by_audit_before_logind) {
    Session session;
    EXPECT_EQ(session.key(), "");
    session.scope = "session-4.scope";
    EXPECT_EQ(session.key(), "scope:session-4.scope");
    session.audit_session = 9;
    EXPECT_EQ(session.key(), "audit:9");
}

TEST(ProcReader, sees_this_very_process) {
    const auto session = ProcReader().session_of(getpid()).value();
    EXPECT_EQ(session.process.pid, getpid());
    EXPECT_EQ(session.parent.pid, getppid());
    EXPECT_EQ(session.real_uid, getuid());
    EXPECT_EQ(session.leader.pid, getsid(0));
}

TEST(ProcReader, a_process_that_ended_is_not_alive_nor_is_another_with_its_pid) {
    const ProcReader proc;
    const auto me = proc.reference(getpid()).value();
    EXPECT_TRUE(proc.alive(me));
    EXPECT_FALSE(proc.alive({me.pid, me.start + 1}));
    const pid_t child = fork();
    if (child == 0) _exit(0);
    const auto born = proc.reference(child).value();
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(proc.alive(born));
}

TEST(ProcReader, follows_parents_up) {
    const auto lineage = ProcReader().lineage(ProcReader().reference(getpid()).value());
    ASSERT_GE(lineage.size(), 2U);
    EXPECT_EQ(lineage[0].pid, getpid());
    EXPECT_EQ(lineage[1].pid, getppid());
}

TEST(IdentifyPeer, knows_who_is_at_the_other_end) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd mine(ends[0]);
    const UniqueFd other(ends[1]);
    const auto peer = identify_peer(mine.get(), ProcReader()).value();
    EXPECT_EQ(peer.uid, geteuid());
    EXPECT_EQ(peer.session.process.pid, getpid());
}

TEST(IdentifyPeer, trusts_nobody_who_is_gone) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;  // an abstract name: nothing is left in the file system
    const auto name = "stepup-peer-" + std::to_string(getpid());
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    const UniqueFd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(listener.get(), where, size), 0);
    ASSERT_EQ(listen(listener.get(), 1), 0);
    const pid_t child = fork();
    if (child == 0) _exit(connect(socket(AF_UNIX, SOCK_SEQPACKET, 0), where, size) == 0 ? 0 : 1);
    const UniqueFd accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    EXPECT_FALSE(identify_peer(accepted.get(), ProcReader()));
}
