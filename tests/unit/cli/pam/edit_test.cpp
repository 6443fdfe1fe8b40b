#include <cstdlib>

#include <gtest/gtest.h>

#include "cli/pam/edit.hpp"
#include "cli/pam/file.hpp"
#include "cli/pam/posture.hpp"
#include "cli/pam/services.hpp"
#include "daemon/core/service.hpp"
#include "tests/unit/cli/pam/folder.hpp"

namespace stepup::pam {
namespace {

const std::string sudo_text = "#%PAM-1.0\n\n# Set up user limits\nsession    required   pam_limits.so\n\n"
                              "@include common-auth\n@include common-account\n@include common-session-noninteractive\n";

std::string shipped(const std::string& name) {
    return contents(std::string(std::getenv("STEPUP_SOURCE")) + "/packaging/pam/" + name).value();
}

/// What libpam sees of a text.
std::vector<std::string> rules(const std::string& text) {
    std::vector<std::string> seen;
    for (const auto& line : read_lines(text)) {
        auto rule = (line.phase ? std::string(name_of(*line.phase)) : "") + ' ' + line.control + ' ' + line.module;
        for (const auto& argument : line.arguments) rule += ' ' + argument;
        seen.push_back(rule);
    }
    return seen;
}

class PamEdit : public ::testing::Test {
protected:
    Told<std::string> enable(const std::string& service, const std::string& text, First first = First::password) {
        folder.write(service, text);
        return enabled(folder.places, service, text, first);
    }
    stepup::testing::PamFolder folder;
};

TEST_F(PamEdit, what_we_ship_is_what_enabling_makes_of_debians_stack) {
    for (const char* service : {"sshd", "sudo", "sudo-i", "su", "login", "cockpit", "polkit-1", "swaylock"}) {
        const auto plain = disabled(shipped(service));
        EXPECT_EQ(plain.find("pam_stepup"), std::string::npos) << service;
        const auto made = enable(service, plain);
        ASSERT_TRUE(made) << made.error();
        EXPECT_EQ(rules(*made), rules(shipped(service))) << service;
    }
}

TEST_F(PamEdit, key_and_code_is_what_we_ship_too) {
    const auto plain = disabled(shipped("sshd"));
    const auto made = enable("sshd", plain, First::key);
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(rules(*made), rules(shipped("sshd-key-and-code")));
    EXPECT_EQ(disabled(*made), plain);
}

TEST_F(PamEdit, disabling_gives_back_every_byte) {
    for (const auto& text :
         {sudo_text, "@include common-auth\n\n\n#x\n@include common-account\n" + std::string("#y\n")}) {
        const auto made = enable("sudo", text);
        ASSERT_TRUE(made) << made.error();
        EXPECT_NE(*made, text);
        EXPECT_EQ(disabled(*made), text);
    }
}

TEST_F(PamEdit, enabling_twice_changes_nothing) {
    const auto once = enable("sudo", sudo_text);
    ASSERT_TRUE(once);
    EXPECT_EQ(enable("sudo", *once), *once);
}

TEST_F(PamEdit, a_text_without_its_last_newline_stays_so) {
    EXPECT_EQ(disabled("@include common-auth"), "@include common-auth");
}

TEST_F(PamEdit, an_administrators_own_lines_stay_and_what_is_missing_comes) {
    const auto made
        = enable("sudo", "@include common-auth\nauth required pam_stepup.so timeout=30\n@include common-account\n");
    ASSERT_TRUE(made);
    EXPECT_EQ(rules(*made),
              (std::vector<std::string>{" @include common-auth", "auth required pam_stepup.so timeout=30",
                                        "account [success=ok ignore=ignore default=die] pam_stepup.so",
                                        " @include common-account"}));
}

TEST_F(PamEdit, lines_that_an_include_brings_are_not_added_again) {
    folder.write("common-auth", "auth required pam_unix.so\nauth required pam_stepup.so\n");
    folder.write("common-account", "account required pam_stepup.so\naccount required pam_unix.so\n");
    EXPECT_EQ(enable("sudo", sudo_text), sudo_text);
}

TEST_F(PamEdit, a_stack_of_fedoras_kind_gets_its_lines_as_well) {
    folder.write("system-auth",
                 "auth required pam_env.so\nauth sufficient pam_unix.so\nauth required pam_deny.so\n"
                 "account required pam_unix.so\naccount sufficient pam_localuser.so\n");
    const auto made = enable("sudo", "auth substack system-auth\naccount include system-auth\n");
    ASSERT_TRUE(made) << made.error();
    folder.write("sudo", *made);
    const auto remarks = posture_of("sudo", stacks_of(folder.places, "sudo")).remarks;
    ASSERT_EQ(remarks.size(), 1U) << *made;
    EXPECT_NE(remarks[0].what.find("also behind a wrong password"), std::string::npos) << "a substack goes on";
}

TEST_F(PamEdit, a_sufficient_include_would_leave_us_out_and_that_is_seen) {
    folder.write("system-auth", "auth sufficient pam_unix.so\nauth required pam_deny.so\n");
    const auto made = enable("sudo", "auth include system-auth\naccount required pam_unix.so\n");
    ASSERT_TRUE(made);
    folder.write("sudo", *made);
    EXPECT_TRUE(posture_of("sudo", stacks_of(folder.places, "sudo")).has(Remark::Weight::opens));
}

TEST_F(PamEdit, a_stack_without_a_password_is_left_to_its_administrator) {
    EXPECT_EQ(
        enable("sudo", "auth required pam_exotic.so\naccount required pam_permit.so\n").error(),
        "Where our auth line belongs in the stack of sudo cannot be told: no line there checks a password. Write it "
        "by hand, as pam_stepup(8) shows.");
}

TEST_F(PamEdit, a_jump_that_would_miss_its_aim_is_left_to_its_administrator) {
    const auto made = enable("sudo",
                             "auth [success=2 default=ignore] pam_unix.so\n"
                             "auth [success=1 default=ignore] pam_fprintd.so\n"
                             "auth requisite pam_deny.so\nauth required pam_permit.so\n@include common-account\n");
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find("sudo:1 jumps over the place of our auth line"), std::string::npos) << made.error();
}

TEST_F(PamEdit, services_that_cannot_ask_are_refused) {
    EXPECT_FALSE(enable("cron", sudo_text));
    EXPECT_FALSE(enable("common-auth", sudo_text));
    EXPECT_FALSE(enable("sudo", sudo_text, First::key));
}

TEST_F(PamEdit, taking_the_lines_out_of_a_key_stack_of_anybodys_hand_would_let_anybody_in) {
    const auto left = disabled(shipped("sshd-key-and-code"));
    EXPECT_TRUE(lets_anybody_in(effective(folder.places, "sshd", left, Phase::auth)));
}

TEST(Need, is_what_the_daemon_takes_the_service_for) {
    const auto needed = [](ServiceKind kind) {
        switch (kind) {
        case ServiceKind::sshd:
        case ServiceKind::console_login: return Need::login;
        case ServiceKind::locker: return Need::locker;
        case ServiceKind::silent: return Need::nothing;
        case ServiceKind::sudo:
        case ServiceKind::su:
        case ServiceKind::other: break;
        }
        return Need::gate;
    };
    for (const auto& service : known_services) {
        if (service.name == "polkit-1") continue;
        EXPECT_EQ(need_of(service.name), needed(service.kind)) << service.name;
    }
    // Its agent asks account, too, unlike a locker; the daemon opens no window there, as for lockers.
    EXPECT_EQ(need_of("polkit-1"), Need::gate);
}

TEST(PamDifference, shows_a_change_with_three_lines_around_it) {
    EXPECT_EQ(difference("/f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nnew\n5\n6\n7\n8\n9\n"),
              "--- /f\n+++ /f\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n");
    EXPECT_EQ(difference("/f", "same\n", "same\n"), "");
}

TEST(PamDifference, shows_changes_far_apart_in_hunks_of_their_own) {
    std::string before;
    for (int line = 0; line < 20; ++line) before += std::to_string(line) + '\n';
    const auto shown = difference("/f", before, "first\n" + before + "last\n");
    EXPECT_NE(shown.find("@@ -1,3 +1,4 @@\n+first\n"), std::string::npos) << shown;
    EXPECT_NE(shown.find("@@ -18,3 +19,4 @@\n 17\n 18\n 19\n+last\n"), std::string::npos) << shown;
}

TEST_F(PamEdit, a_file_keeps_its_mode_and_only_a_plain_unchanged_file_is_replaced) {
    namespace fs = std::filesystem;
    const std::string path = folder.root / "pam.d" / "sudo";
    folder.write("sudo", "old\n");
    fs::permissions(path, fs::perms{0640});
    EXPECT_FALSE(replace(path, "another\n", "new\n"));
    ASSERT_TRUE(replace(path, "old\n", "new\n"));
    EXPECT_EQ(contents(path), "new\n");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
    fs::create_symlink(path, path + "-link");
    EXPECT_FALSE(replace(path + "-link", "new\n", "newer\n"));
    EXPECT_EQ(contents(path), "new\n");
}

TEST_F(PamEdit, what_cannot_be_written_is_known_before) {
    namespace fs = std::filesystem;
    const std::string path = folder.root / "pam.d" / "sudo";
    EXPECT_TRUE(may_be_written(path)) << "not there yet";
    folder.write("sudo", "old\n");
    EXPECT_TRUE(may_be_written(path));
    fs::create_symlink(path, path + "-link");
    EXPECT_NE(may_be_written(path + "-link").error().find("no plain file"), std::string::npos);
    EXPECT_FALSE(may_be_written(folder.root / "gone" / "sudo"));
}

TEST_F(PamEdit, backups_are_roots_alone_and_never_replace_each_other) {
    const std::string backups = folder.root / "backup";
    const auto one = back_up(backups, "/etc/pam.d/sudo", "1\n");
    const auto two = back_up(backups, "/etc/pam.d/sudo", "2\n");
    ASSERT_TRUE(one && two);
    EXPECT_EQ(contents(*one), "1\n");
    EXPECT_EQ(contents(*two), "2\n");
    EXPECT_EQ(std::filesystem::status(*one).permissions(), std::filesystem::perms{0600});
    EXPECT_EQ(std::filesystem::status(backups).permissions(), std::filesystem::perms{0700});
}

}  // namespace
}  // namespace stepup::pam
