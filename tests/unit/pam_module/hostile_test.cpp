#include <array>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

#include "application.hpp"
#include "fake_daemon.hpp"
#include "program.hpp"

// sudo and su are started by people who choose the limits, the descriptors, the signals and the environment.

namespace stepup::test {
namespace {

int log_in(const std::function<void()>& prepare, Decision decision, std::vector<std::string> steps = {"auth"}) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), [&](Peer& peer) {
        const auto login = peer.expect<wire::Begin>().login;
        peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
        if (peer.is_answered()) peer.say(wire::Verdict{login, decision, ""});
    });
    std::vector<std::string> words{stack.folder(), "stepup-test", "alice", "123456"};
    words.insert(words.end(), steps.begin(), steps.end());
    return Program(words, prepare).wait();
}

void lower(int resource, rlim_t most) {
    const rlimit limit{most, most};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

struct Hostility {
    const char* name;
    std::function<void()> prepare;
};

class Hostile : public testing::TestWithParam<Hostility> { };

TEST_P(Hostile, surroundings_change_no_verdict) {
    EXPECT_EQ(log_in(GetParam().prepare, Decision::granted), PAM_SUCCESS);
    EXPECT_EQ(log_in(GetParam().prepare, Decision::not_required), ignored);
    EXPECT_EQ(log_in(GetParam().prepare, Decision::denied), PAM_AUTH_ERR);
    EXPECT_EQ(log_in(GetParam().prepare, Decision::unavailable), PAM_AUTHINFO_UNAVAIL);
}

void close_standard_streams() {
    for (int fd = 0; fd <= 2; ++fd) ::close(fd);
}

void fill_environment() {
    for (int i = 0; i < 200; ++i) ::setenv(("STEPUP_" + std::to_string(i)).c_str(), std::string(200, '%').c_str(), 1);
    for (const char* name : {"SSH_CONNECTION",
                             "SSH_AUTH_INFO_0",
                             "SSH_AUTH_SOCK",
                             "STEPUP_SOCKET",
                             "XDG_CONFIG_HOME",
                             "XDG_RUNTIME_DIR",
                             "HOME",
                             "TMPDIR",
                             "LANG",
                             "LC_ALL",
                             "LANGUAGE",
                             "NLSPATH",
                             "TZ",
                             "http_proxy",
                             "https_proxy",
                             "RES_OPTIONS",
                             "LOCALDOMAIN",
                             "HOSTALIASES",
                             "PAM_USER",
                             "USER",
                             "LOGNAME",
                             "DBUS_SYSTEM_BUS_ADDRESS",
                             "NOTIFY_SOCKET",
                             "CREDENTIALS_DIRECTORY"})
        ::setenv(name, "../../../%s%n\n\x1B[2J", 1);
}

INSTANTIATE_TEST_SUITE_P(All, Hostile,
                         testing::Values(Hostility{"none", [] {}},
                                         Hostility{"standard_streams_closed", close_standard_streams},
                                         Hostility{"no_file_may_grow", [] { lower(RLIMIT_FSIZE, 0); }},
                                         Hostility{"stack_of_64k", [] { lower(RLIMIT_STACK, 64 * 1024); }},
                                         Hostility{"address_space_of_16m", [] { lower(RLIMIT_AS, 16 * 1024 * 1024); }},
                                         Hostility{"nothing_may_be_locked", [] { lower(RLIMIT_MEMLOCK, 0); }},
                                         Hostility{"no_processes", [] { lower(RLIMIT_NPROC, 0); }},
                                         Hostility{"hostile_environment", fill_environment},
                                         Hostility{"no_environment", [] { ::clearenv(); }},
                                         Hostility{"root_is_the_folder", [] { EXPECT_EQ(::chdir("/"), 0); }},
                                         Hostility{"umask_of_777", [] { ::umask(0777); }}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Descriptors, as_few_as_four_are_enough) {
    EXPECT_EQ(log_in([] {}, Decision::granted, {"nofile=4", "auth"}), PAM_SUCCESS);
    EXPECT_EQ(log_in(close_standard_streams, Decision::granted, {"nofile=4", "auth"}), PAM_SUCCESS);
}

TEST(Descriptors, too_few_deny) {
    // Here libpam's audit record fails as well, and makes it its own PAM_SYSTEM_ERR.
    EXPECT_EQ(log_in([] {}, Decision::granted, {"nofile=3", "auth"}), PAM_SYSTEM_ERR);
    EXPECT_EQ(log_in(close_standard_streams, Decision::granted, {"nofile=3", "auth"}), PAM_AUTHINFO_UNAVAIL);
}

TEST(Signals, a_daemon_that_hangs_up_kills_nobody) {
    Stack stack;
    int answer[2];
    ASSERT_EQ(::pipe2(answer, O_CLOEXEC), 0);
    FakeDaemon daemon(stack.socket(), [&](Peer& peer) {
        (void)peer.expect<wire::Begin>();
        peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
        peer.hang_up();
        EXPECT_EQ(::write(answer[1], "123456\n", 7), 7);  // only now is the question answered
    });
    Program program({stack.folder(), "stepup-test", "alice", "-", "auth"}, [&] {
        std::signal(SIGPIPE, SIG_DFL);
        ::dup2(answer[0], 0);
    });
    EXPECT_EQ(program.wait(), PAM_AUTH_ERR);
    ::close(answer[0]);
    ::close(answer[1]);
}

/// Descriptors that are open in this process.
int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) count += ::fcntl(fd, F_GETFD) != -1;
    return count;
}

TEST(Descriptors, are_all_closed_before_the_call_returns) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(Decision::granted));
    Application application(stack);
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    // The daemon's end of the last connection closes when its thread comes to it; a leak would show a hundred.
    const int before = open_descriptors();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_LE(open_descriptors(), before + 1);
}

TEST(Descriptors, are_not_left_to_a_program_that_is_executed_meanwhile) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), asks_and_decides(Decision::granted));
    Application application(stack);
    int inheritable = -1;
    application.replies = {{.text = "1", .meanwhile = [&](pam_handle_t*) {
                                inheritable = 0;
                                for (int fd = 3; fd < 256; ++fd) {
                                    const int flags = ::fcntl(fd, F_GETFD);
                                    sockaddr_un name{};
                                    socklen_t size = sizeof name;
                                    if (flags != -1 && (flags & FD_CLOEXEC) == 0
                                        && ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0)
                                        ++inheritable;
                                }
                            }}};
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(inheritable, 0);
}

}  // namespace
}  // namespace stepup::test
