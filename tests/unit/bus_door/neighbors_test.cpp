#include <csignal>

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dbus/client.hpp"
#include "dbus/names.hpp"
#include "tests/support/fake_services.hpp"
#include "tests/support/private_bus.hpp"
#include "tests/unit/bus_door/door.hpp"

// What else lives on the system bus: polkit and logind.

namespace stepup::testing {
namespace {

using bus::Client;
using Says = FakePolkit::Says;
using Text = std::string_view;

constexpr uid_t a_neighbor = 1;  // "daemon", on every Debian

struct Neighbors : ::testing::Test {
    Neighbors() {
        bus.start();
        door.open();
        EXPECT_TRUE(door.waits_for_name(1));
    }
    [[nodiscard]] std::size_t resets() {
        std::size_t count = 0;
        door.on_loop([&] { count = door.bench.recorder.resets.size(); });
        return count;
    }
    [[nodiscard]] std::vector<WindowsGone> gone() {
        std::vector<WindowsGone> all;
        door.on_loop([&] { all = door.bench.recorder.departed; });
        return all;
    }
    [[nodiscard]] bool waits_for_gone(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + long_enough;
        while (gone().size() < count && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        return gone().size() == count;
    }
    PrivateBus bus;
    Door door;
};

/// Runs `task` in a process of somebody's; it ends with what that gives.
pid_t as_somebody(const std::function<int()>& task) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const bool done = ::setgroups(0, nullptr) == 0 && ::setresgid(a_neighbor, a_neighbor, a_neighbor) == 0
        && ::setresuid(a_neighbor, a_neighbor, a_neighbor) == 0;
    ::_exit(done ? task() : 99);
}

int status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Reset of `user`: 0 if it was done, 1 if it was refused as not authorized, else 2.
int reset(const char* user, bool polkit_may_ask = false) {
    auto client = Client::open();
    if (!client) return 3;
    if (polkit_may_ask) client->let_polkit_ask();
    const auto reply = client->call(bus::admin_interface, "Reset", Text(user), std::int64_t{-1}, Text());
    return reply ? 0 : reply.error().error == ManagementError::not_authorized ? 1 : 2;
}

int reset_by_somebody(const char* user) {
    return status_of(as_somebody([&] { return reset(user); }));
}

// --- polkit ---

TEST_F(Neighbors, without_polkit_nobody_but_root_looks_after_others) {
    EXPECT_EQ(reset_by_somebody("alice"), 1);
    EXPECT_EQ(reset("alice"), 0);
    EXPECT_EQ(resets(), 1U);
}

TEST_F(Neighbors, whom_polkit_lets_looks_after_others) {
    FakePolkit polkit(Says::yes);
    EXPECT_EQ(reset_by_somebody("alice"), 0);
    ASSERT_EQ(polkit.asked().size(), 1U);
    const auto asked = polkit.asked()[0];
    EXPECT_EQ(asked.action, "org.stepup.manage-users");
    EXPECT_EQ(asked.user, "alice") << "rules can see whom it is about";
    EXPECT_EQ(asked.caller.substr(0, 1), ":") << "a name that the bus gave, and nobody else gets";
    EXPECT_EQ(asked.flags, 0U) << "nobody is asked unless the caller lets him be";
    EXPECT_EQ(resets(), 1U);
    door.on_loop([&] { EXPECT_EQ(door.bench.recorder.resets[0].audit.fields.at(0).second, "user"); });
}

TEST_F(Neighbors, whatever_is_not_a_clear_yes_is_no) {
    FakePolkit polkit(Says::no);
    for (const auto answer : {Says::no, Says::challenge, Says::error, Says::garbage}) {
        polkit.says(answer);
        EXPECT_EQ(reset_by_somebody("alice"), 1) << static_cast<int>(answer);
    }
    EXPECT_EQ(resets(), 0U);
}

TEST_F(Neighbors, what_polkit_said_is_not_remembered) {
    FakePolkit polkit(Says::yes);
    EXPECT_EQ(reset_by_somebody("alice"), 0);
    polkit.says(Says::no);
    EXPECT_EQ(reset_by_somebody("alice"), 1);
    EXPECT_EQ(polkit.asked().size(), 2U);
}

TEST_F(Neighbors, root_and_ones_own_factors_never_depend_on_polkit) {
    FakePolkit polkit(Says::nothing);
    EXPECT_EQ(reset("alice"), 0);
    EXPECT_EQ(status_of(as_somebody([] {
                  auto client = Client::open();
                  return client && client->call(bus::factors_interface, "List") ? 0 : 1;
              })),
              0);
    EXPECT_TRUE(polkit.asked().empty());
}

TEST_F(Neighbors, everybody_else_is_served_while_polkit_asks_somebody) {
    FakePolkit polkit(Says::nothing);
    const auto waiting = as_somebody([] { return reset("alice", true); });
    ASSERT_TRUE(polkit.waits_until([&] { return polkit.asked().size() == 1; }));
    EXPECT_EQ(polkit.asked()[0].flags, 1U);
    EXPECT_EQ(reset("bob"), 0);
    EXPECT_EQ(resets(), 1U);
    ::kill(waiting, SIGKILL);
    (void)status_of(waiting);
}

TEST_F(Neighbors, a_question_is_withdrawn_when_its_caller_vanishes_and_nothing_is_done) {
    FakePolkit polkit(Says::nothing);
    for (std::size_t i = 1; i <= 25; ++i) {
        const auto caller = as_somebody([] { return reset("alice", true); });
        ASSERT_TRUE(polkit.waits_until([&] { return polkit.asked().size() == i; })) << i;
        ::kill(caller, SIGKILL);
        (void)status_of(caller);
        ASSERT_TRUE(polkit.waits_until([&] { return polkit.withdrawn().size() == i; })) << i;
        EXPECT_EQ(polkit.withdrawn().back(), polkit.asked().back().id);
    }
    EXPECT_EQ(resets(), 0U);
    polkit.says(Says::yes);
    EXPECT_EQ(reset_by_somebody("alice"), 0) << "and no place in the quota is lost";
}

TEST_F(Neighbors, polkit_is_not_asked_about_a_call_that_makes_no_sense) {
    FakePolkit polkit(Says::yes);
    EXPECT_EQ(status_of(as_somebody([] {
                  auto client = Client::open();
                  const auto reply = client->call(bus::admin_interface, "Reset", Text("alice"));
                  return !reply && reply.error().error == ManagementError::invalid_argument ? 0 : 1;
              })),
              0);
    EXPECT_TRUE(polkit.asked().empty());
}

// --- logind ---

TEST_F(Neighbors, who_logs_out_or_locks_his_screen_keeps_no_window) {
    FakeLogind logind;
    logind.session_removed("7");
    logind.lock("c3");
    ASSERT_TRUE(waits_for_gone(2));
    EXPECT_EQ(gone()[0].sessions, (std::vector<std::string>{"audit:7", "scope:session-7.scope"}));
    EXPECT_EQ(gone()[0].audit.fields.at(0).second, "logout");
    EXPECT_EQ(gone()[1].sessions, (std::vector<std::string>{"audit:c3", "scope:session-c3.scope"}));
    EXPECT_EQ(gone()[1].audit.fields.at(0).second, "screen lock");
}

TEST_F(Neighbors, nobody_keeps_a_window_when_the_host_goes_to_sleep) {
    FakeLogind logind;
    logind.prepare_for_sleep(false);
    logind.prepare_for_sleep(true);
    ASSERT_TRUE(waits_for_gone(1));
    EXPECT_FALSE(gone()[0].sessions);
}

TEST_F(Neighbors, nobody_else_can_say_that_somebody_left) {
    FakeLogind impostor(false);
    impostor.session_removed("8");
    impostor.prepare_for_sleep(true);
    FakeLogind logind;
    logind.session_removed("7");
    ASSERT_TRUE(waits_for_gone(1));
    EXPECT_EQ(gone()[0].sessions->front(), "audit:7");
}

TEST_F(Neighbors, logind_is_heard_again_after_the_bus_restarted) {
    bus.stop();
    ASSERT_TRUE(door.waits_for_loss(1));
    bus.start();
    ASSERT_TRUE(door.waits_for_name(2));
    FakeLogind logind;
    logind.session_removed("7");
    EXPECT_TRUE(waits_for_gone(1));
}

}  // namespace
}  // namespace stepup::testing
