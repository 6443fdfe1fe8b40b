#include <filesystem>

#include "application.hpp"
#include "program.hpp"

// Root becomes somebody else: with a daemon, without one, it is not asked. Everybody else is.

namespace stepup::test {
namespace {

/// A stack for `service` like that of stepup-test. Nobody listens on its socket.
class StackOf : public Stack {
public:
    explicit StackOf(const std::string& service) {
        std::filesystem::copy_file(folder() + "/stepup-test", folder() + "/" + service);
    }
};

int ask_as(uid_t real, uid_t effective, const std::string& service, const std::string& phase) {
    const StackOf stack(service);
    return Program({stack.folder(), service, "alice", "-", phase},
                   [=] {
                       if (::setresuid(real, effective, effective) != 0) ::_exit(126);
                   })
        .wait();
}

class Elevation : public testing::TestWithParam<const char*> { };

TEST_P(Elevation, of_root_itself_needs_no_daemon) {
    EXPECT_EQ(ask_as(0, 0, GetParam(), "auth"), ignored);
    EXPECT_EQ(ask_as(0, 0, GetParam(), "account"), ignored);
    EXPECT_EQ(ask_as(0, 0, GetParam(), "open"), PAM_SUCCESS);
}

TEST_P(Elevation, of_anybody_else_does) {
    constexpr uid_t somebody = 64'321;
    EXPECT_EQ(ask_as(somebody, 0, GetParam(), "auth"), PAM_AUTHINFO_UNAVAIL) << "setuid: his real uid stays";
    EXPECT_EQ(ask_as(somebody, 0, GetParam(), "account"), PAM_AUTHINFO_UNAVAIL);
    EXPECT_EQ(ask_as(0, somebody, GetParam(), "auth"), PAM_AUTHINFO_UNAVAIL) << "root's program, but not as root";
}

INSTANTIATE_TEST_SUITE_P(Services, Elevation, testing::Values("sudo", "sudo-i", "su", "su-l"));

TEST(Login, of_root_needs_the_daemon_like_everybody_s) {
    for (const char* service : {"sshd", "login", "sudoedit", "su-"}) {
        EXPECT_EQ(ask_as(0, 0, service, "auth"), PAM_AUTHINFO_UNAVAIL) << service;
        EXPECT_EQ(ask_as(0, 0, service, "account"), PAM_AUTHINFO_UNAVAIL) << service;
    }
}

}  // namespace
}  // namespace stepup::test
