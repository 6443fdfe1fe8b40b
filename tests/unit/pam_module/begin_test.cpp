#include <set>
#include <string>

#include "application.hpp"
#include "captured_log.hpp"
#include "fake_daemon.hpp"

// What the module tells the daemon about a login, and what it never tells.

namespace stepup::test {
namespace {

struct Told {
    std::uint16_t protocol;
    std::uint32_t flags;
    std::uint64_t login;
    std::string service, user, remote_user, remote_host, terminal, ssh_authenticated, ssh_connection;
};

class Begin : public testing::Test {
protected:
    Stack stack;
    Told told{};
    FakeDaemon daemon{stack.socket(), [this](Peer& peer) {
                          const auto m = peer.expect<wire::Begin>();
                          told = {m.protocol,
                                  m.flags,
                                  m.login,
                                  std::string(m.service),
                                  std::string(m.user),
                                  std::string(m.remote_user),
                                  std::string(m.remote_host),
                                  std::string(m.terminal),
                                  std::string(m.ssh_authenticated),
                                  std::string(m.ssh_connection)};
                          peer.say(wire::Verdict{m.login, Decision::granted, ""});
                      }};
};

TEST_F(Begin, carries_what_the_application_says) {
    Application application(stack);
    pam_set_item(application.pam, PAM_RUSER, "bob");
    pam_set_item(application.pam, PAM_RHOST, "192.0.2.7");
    pam_set_item(application.pam, PAM_TTY, "/dev/pts/3");
    pam_putenv(application.pam, "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA\n");
    pam_putenv(application.pam, "SSH_CONNECTION=192.0.2.7 40000 192.0.2.1 22");
    ASSERT_EQ(application.authenticate(PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK), PAM_SUCCESS);
    EXPECT_EQ(told.protocol, wire::version);
    EXPECT_EQ(told.flags, static_cast<std::uint32_t>(PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK));
    EXPECT_EQ(told.service, "stepup-test");
    EXPECT_EQ(told.user, "alice");
    EXPECT_EQ(told.remote_user, "bob");
    EXPECT_EQ(told.remote_host, "192.0.2.7");
    EXPECT_EQ(told.terminal, "/dev/pts/3");
    EXPECT_EQ(told.ssh_authenticated, "publickey ssh-ed25519 AAAA\n");
    EXPECT_EQ(told.ssh_connection, "192.0.2.7 40000 192.0.2.1 22");
}

TEST_F(Begin, leaves_empty_what_the_application_does_not_say) {
    Application application(stack);
    ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(told.remote_user + told.remote_host + told.terminal + told.ssh_authenticated + told.ssh_connection, "");
}

TEST_F(Begin, takes_nothing_from_the_process_environment) {
    ::setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22", 1);
    ::setenv("SSH_AUTH_INFO_0", "publickey forged", 1);
    Application application(stack);
    ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
    ::unsetenv("SSH_CONNECTION");
    ::unsetenv("SSH_AUTH_INFO_0");
    EXPECT_EQ(told.ssh_authenticated + told.ssh_connection, "");
}

TEST_F(Begin, after_key_refuses_whoever_did_not_come_with_a_public_key) {
    stack.write("after_key");
    for (const char* before : {"", "password\n", "keyboard-interactive/pam\n", "publickeyless\n", "x publickey y\n"}) {
        Application application(stack);
        pam_putenv(application.pam, (std::string("SSH_AUTH_INFO_0=") + before).c_str());
        EXPECT_EQ(application.authenticate(), PAM_AUTH_ERR) << before;
    }
    for (const char* before : {"publickey ssh-ed25519 AAAA\n", "password\npublickey ssh-ed25519 AAAA\n"}) {
        Application application(stack);
        pam_putenv(application.pam, (std::string("SSH_AUTH_INFO_0=") + before).c_str());
        EXPECT_EQ(application.authenticate(), PAM_SUCCESS) << before;
    }
}

TEST_F(Begin, names_every_login_differently) {
    std::set<std::uint64_t> seen;
    Application application(stack);
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
        seen.insert(told.login);
    }
    EXPECT_EQ(seen.size(), 100U);
}

TEST_F(Begin, passes_hostile_names_on_untouched) {
    for (const char* name : {"../x", "a/b", ".", "a\nb", "a:b", "%s%n", "$(id)", "\xFF\xFE",
                             "\xE2\x80\xAE"
                             "gnp"}) {
        Application application(stack, name);
        ASSERT_EQ(application.authenticate(), PAM_SUCCESS) << name;
        EXPECT_EQ(told.user, name);
    }
}

TEST_F(Begin, carries_a_name_of_256_bytes_and_refuses_a_longer_one) {
    const std::string longest(256, 'a');
    EXPECT_EQ(Application(stack, longest.c_str()).authenticate(), PAM_SUCCESS);
    EXPECT_EQ(told.user, longest);
    EXPECT_EQ(Application(stack, (longest + "a").c_str()).authenticate(), PAM_AUTH_ERR);
    EXPECT_EQ(Application(stack, (longest + "a").c_str()).account(), PAM_PERM_DENIED);
    EXPECT_EQ(Application(stack, (longest + "a").c_str()).open_session(), PAM_SUCCESS);
    EXPECT_EQ(daemon.connections(), 1);
}

TEST_F(Begin, carries_a_long_certificate) {
    Application application(stack);
    const std::string key = "publickey " + std::string(12000, 'A');
    pam_putenv(application.pam, ("SSH_AUTH_INFO_0=" + key).c_str());
    ASSERT_EQ(application.authenticate(), PAM_SUCCESS);
    EXPECT_EQ(told.ssh_authenticated, key);
}

// The daemon sees a connection without a message, which is why this one has a daemon of its own.
TEST(OverlongItem, refuses_instead_of_being_cut) {
    for (const std::size_t size : {std::size_t(17'000), std::size_t(70'000)}) {
        Stack stack;
        FakeDaemon daemon(stack.socket(), [](Peer& peer) { EXPECT_TRUE(peer.hung_up()); });
        Application application(stack);
        // Not PAM_RHOST: libpam's own audit record already fails on a long one.
        pam_set_item(application.pam, PAM_RUSER, std::string(size, 'h').c_str());
        (void)take_log();
        EXPECT_EQ(application.authenticate(), PAM_AUTH_ERR);
        EXPECT_NE(take_log().find("too long"), std::string::npos);
        EXPECT_EQ(application.open_session(), PAM_SUCCESS);
    }
}

}  // namespace
}  // namespace stepup::test
