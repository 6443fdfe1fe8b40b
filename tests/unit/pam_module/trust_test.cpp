#include <csignal>
#include <string>

#include <sched.h>
#include <sys/mount.h>

#include "application.hpp"
#include "captured_log.hpp"
#include "fake_daemon.hpp"
#include "program.hpp"

// Whoever listens must be root (systemd made the socket) or the user stepup.

namespace stepup::test {
namespace {

constexpr uid_t somebody = 64'321;

/// A daemon in a process of its own, which listens as `somebody` and lets everybody in.
class ForeignDaemon {
public:
    explicit ForeignDaemon(const std::string& path) {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        child_ = ::fork();
        if (child_ == 0) serve(path, ready[1]);
        ::close(ready[1]);
        char byte = 0;
        EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "the daemon did not start";
        ::close(ready[0]);
    }
    ~ForeignDaemon() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }

private:
    [[noreturn]] static void serve(const std::string& path, int ready) {
        const auto listener = bind_socket(path);
        if (::setresuid(somebody, somebody, somebody) != 0 || ::listen(listener.get(), 8) != 0) ::_exit(1);
        if (::write(ready, "!", 1) != 1) ::_exit(1);
        for (;;) {
            Peer peer(UniqueFd(::accept(listener.get(), nullptr, nullptr)));
            if (const auto begin = peer.next<wire::Begin>())
                peer.say(wire::Verdict{begin->login, Decision::granted, ""});
        }
    }

    pid_t child_ = -1;
};

TEST(Listener, who_is_neither_root_nor_stepup_is_no_daemon) {
    Stack stack;
    ForeignDaemon daemon(stack.socket());
    Application application(stack);
    (void)take_log();
    EXPECT_EQ(application.authenticate(), PAM_AUTHINFO_UNAVAIL);
    EXPECT_NE(take_log().find("neither to root nor to the user stepup"), std::string::npos);
    EXPECT_EQ(application.account(), PAM_AUTHINFO_UNAVAIL);
    EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    EXPECT_EQ(application.change_password(), ignored);
}

/// Logs in on a host (a mount namespace) whose /etc/passwd is `users`.
int log_in_where(const std::string& users) {
    Stack stack;
    const auto passwd = stack.folder() + "/passwd";
    std::ofstream(passwd) << users;
    ForeignDaemon daemon(stack.socket());
    return Program({stack.folder(), "stepup-test", "alice", "-", "auth"},
                   [&] {
                       if (::unshare(CLONE_NEWNS) != 0
                           || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
                           || ::mount(passwd.c_str(), "/etc/passwd", nullptr, MS_BIND, nullptr) != 0)
                           ::_exit(126);
                   })
        .wait();
}

TEST(Listener, who_is_the_user_stepup_is_the_daemon) {
    const std::string root = "root:x:0:0::/root:/bin/sh\n";
    const int code = log_in_where(root + "stepup:x:64321:64321::/:/bin/false\n");
    if (code == 126) GTEST_SKIP() << "no mount namespace here";
    EXPECT_EQ(code, PAM_SUCCESS);
    EXPECT_EQ(log_in_where(root + "stepup:x:64322:64322::/:/bin/false\n"), PAM_AUTHINFO_UNAVAIL);
    EXPECT_EQ(log_in_where(root + "other:x:64321:64321::/:/bin/false\n"), PAM_AUTHINFO_UNAVAIL);
}

}  // namespace
}  // namespace stepup::test
