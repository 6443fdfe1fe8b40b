#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor/checks.hpp"
#include "cli/doctor/program.hpp"
#include "tests/unit/cli/pam/folder.hpp"

namespace stepup::doctor {
namespace {

/// "red: what" for each finding.
std::vector<std::string> said(const Findings& findings) {
    std::vector<std::string> lines;
    for (const auto& one : findings) {
        EXPECT_EQ(one.fix.empty(), one.light == Light::green) << one.what;
        lines.push_back(std::string(name_of(one.light)) + ": " + one.what);
    }
    return lines;
}
using Lines = std::vector<std::string>;

// --- sshd ---

const std::string good_sshd = "port 22\nusepam yes\nkbdinteractiveauthentication yes\nauthenticationmethods any\n"
                              "maxauthtries 6\nlogingracetime 120\n";

TEST(DoctorSshd, an_sshd_that_can_ask_is_green) {
    EXPECT_EQ(said(check_sshd(read_sshd(good_sshd), false)), Lines{"green: Its settings let it ask for codes."});
}

TEST(DoctorSshd, one_that_cannot_ask_is_red) {
    const auto first
        = [](std::string_view text, bool key = false) { return said(check_sshd(read_sshd(text), key)).front(); };
    EXPECT_EQ(first("usepam no\nkbdinteractiveauthentication yes\n"),
              "red: sshd has \"UsePAM no\": it would not call pam_stepup.so at all.");
    EXPECT_EQ(first("usepam yes\nkbdinteractiveauthentication no\n").substr(0, 54),
              "red: sshd has \"KbdInteractiveAuthentication no\": every");
    EXPECT_EQ(first(good_sshd, true).substr(0, 41), "red: sshd has \"AuthenticationMethods any\"");
    EXPECT_EQ(first(good_sshd + "authenticationmethods publickey,keyboard-interactive:pam\n", true),
              "green: Its settings let it ask for codes.");
}

TEST(DoctorSshd, limits_that_are_too_tight_or_too_wide_are_yellow) {
    EXPECT_EQ(
        said(check_sshd(read_sshd(good_sshd + "maxauthtries 1\nlogingracetime 20\npersourcepenalties no\n"), false)),
        (Lines{"yellow: \"MaxAuthTries 1\": whoever offers a key first is not asked for a code.",
               "yellow: \"LoginGraceTime 20\" is short for password and code.",
               "yellow: \"PerSourcePenalties no\": sshd does not slow down who guesses."}));
    EXPECT_EQ(said(check_sshd(read_sshd(good_sshd + "logingracetime 0\n"), false)),
              Lines{"yellow: \"LoginGraceTime 0\": strangers can hold logins open for ever."});
    EXPECT_EQ(said(check_sshd(read_sshd(good_sshd + "authenticationmethods publickey,password\n"), false)),
              Lines{"yellow: \"AuthenticationMethods publickey,password\" never asks for a code."});
}

TEST(DoctorSshd, one_that_tells_nothing_is_yellow) {
    EXPECT_EQ(said(check_sshd(std::nullopt, false)), Lines{"yellow: `sshd -T` fails: its settings cannot be told."});
}

// --- sudo ---

TEST(DoctorSudo, sudoers_are_read_as_cvtsudoers_prints_them) {
    // cvtsudoers 1.9.13p3, of: Defaults timestamp_timeout=-1; Defaults:bob !authenticate; Defaults targetpw;
    // %nopasswd ALL=(ALL:ALL) NOPASSWD: ALL; carol ALL=(root) NOPASSWD: /usr/bin/apt, PASSWD: /bin/ls
    const auto facts = read_sudoers(R"({"Defaults":[{"Options":[{"timestamp_timeout":"-1"}]},
        {"Binding":[{"username":"bob"}],"Options":[{"authenticate":false}]},{"Options":[{"targetpw":true}]}],
        "User_Specs":[{"User_List":[{"usergroup":"nopasswd"}],"Host_List":[{"hostname":"ALL"}],"Cmnd_Specs":
        [{"runasusers":[{"username":"ALL"}],"Options":[{"authenticate":false},{"setenv":true}],"Commands":
        [{"command":"ALL"}]}]},{"User_List":[{"username":"carol"}],"Host_List":[{"hostname":"ALL"}],"Cmnd_Specs":
        [{"Options":[{"authenticate":false}],"Commands":[{"command":"/usr/bin/apt"}]},{"Options":
        [{"authenticate":true}],"Commands":[{"command":"/bin/ls"}]}]}]})");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->timestamp_timeout, -1);
    EXPECT_EQ(facts->without_password, (Lines{"bob", "%nopasswd", "carol"}));
    EXPECT_EQ(facts->other_password, Lines{"targetpw"});
    EXPECT_EQ(
        said(check_sudo(facts)),
        (Lines{
            "yellow: Asks no password of bob, %nopasswd, carol: the factor, or its window, is all that stands there.",
            "yellow: Forgets a password later than 15 minutes (timestamp_timeout).",
            "yellow: Asks for another user's password (targetpw), and so for that user's factor."}));
}

TEST(DoctorSudo, rules_that_ask_for_the_callers_password_are_green) {
    EXPECT_EQ(said(check_sudo(read_sudoers(R"({"User_Specs":[]})"))), Lines{"green: Asks for the caller's password."});
}

TEST(DoctorSudo, what_is_no_sudoers_is_yellow) {
    for (const char* text : {"", "[]", "{", R"({"Defaults": 3})", R"({"User_Specs":[{"Cmnd_Specs":[3]}]})"})
        EXPECT_EQ(said(check_sudo(read_sudoers(text))), Lines{"yellow: Its rules cannot be read by cvtsudoers."})
            << text;
}

// --- the machine ---

TEST(DoctorClock, only_a_synchronized_and_precise_clock_is_green) {
    EXPECT_EQ(said(check_clock(ClockState{true, 0.25})), Lines{"green: Synchronized, and off by 0.2 s at most."});
    EXPECT_EQ(said(check_clock(ClockState{true, 16.5})), Lines{"yellow: It may be off by 16.5 s."});
    EXPECT_EQ(check_clock(ClockState{false, 0}).front().light, Light::yellow);
    EXPECT_EQ(check_clock(std::nullopt).front().light, Light::yellow);
}

TEST(DoctorProc, a_daemon_that_cannot_see_who_calls_is_red) {
    const auto mounted = [](const std::string& options) {
        return check_proc("dev /dev devtmpfs rw 0 0\nproc /proc proc rw," + options + " 0 0\n", {7, 998}).front().light;
    };
    EXPECT_EQ(mounted("relatime"), Light::green);
    EXPECT_EQ(mounted("hidepid=0"), Light::green);
    EXPECT_EQ(mounted("hidepid=2"), Light::red);
    EXPECT_EQ(mounted("hidepid=invisible"), Light::red);
    EXPECT_EQ(mounted("hidepid=invisible,gid=998"), Light::green);
    EXPECT_EQ(mounted("gid=99,hidepid=invisible"), Light::red);
}

TEST(DoctorDisk, a_folder_that_is_not_there_is_yellow) {
    EXPECT_EQ(check_disk("/no/such/folder").front().light, Light::yellow);
}

TEST(DoctorFiles, owners_modes_and_kinds_are_looked_at) {
    const stepup::testing::PamFolder folder;
    const std::string path = folder.root / "file";
    std::ofstream(path) << "x";
    ::chmod(path.c_str(), 0640);
    const auto rule = [&](uid_t owner, mode_t kind, mode_t forbidden, mode_t needed) {
        return check_files({{path, kind, owner, forbidden, needed, false, "Mend it."}}).front();
    };
    const auto me = ::getuid();
    EXPECT_EQ(rule(me, S_IFREG, S_IRWXO, 0).light, Light::green);
    EXPECT_EQ(rule(me, S_IFREG, S_IRWXG, 0).what, path + " has mode 0640, which lets others do too much.");
    EXPECT_EQ(rule(me, S_IFREG, 0, S_IWOTH).what, path + " has mode 0640, which lets logins not reach stepupd.");
    EXPECT_EQ(rule(me, S_IFDIR, 0, 0).what, path + " is another kind of file than it must be.");
    EXPECT_EQ(rule(me + 1, S_IFREG, 0, 0).light, Light::red);
}

TEST(DoctorFiles, what_is_missing_is_red_unless_it_may_be) {
    EXPECT_EQ(said(check_files({{"/no/file", S_IFREG, 0, 0, 0, false, "Make it."}})),
              Lines{"red: /no/file is not there."});
    EXPECT_EQ(check_files({{"/no/file", S_IFREG, 0, 0, 0, true, "Make it."}}).front().light, Light::green);
}

// --- services ---

pam::Posture service(const std::string& name, bool gated) { return {name, gated, gated, gated, {}}; }

TEST(DoctorServices, a_host_where_nobody_is_asked_is_yellow) {
    EXPECT_EQ(said(check_services({service("sshd", false), service("sudo", false)})),
              Lines{"yellow: No service asks for a factor."});
}

TEST(DoctorServices, doors_beside_the_gate_are_named) {
    EXPECT_EQ(said(check_services({service("sshd", true), service("su", false), service("swaylock", false)})),
              (Lines{"green: Asks for a factor; nothing passes by.", "yellow: These do not ask for a factor: su."}));
}

TEST(DoctorServices, remarks_have_the_color_of_their_weight) {
    using Weight = pam::Remark::Weight;
    auto sudo = service("sudo", true);
    sudo.remarks = {{Weight::opens, "o", "f"}, {Weight::closes, "c", "f"}, {Weight::weak, "w", "f"}};
    EXPECT_EQ(said(check_services({sudo})), (Lines{"red: o", "red: c", "yellow: w"}));
}

// --- other programs ---

TEST(DoctorProgram, gives_what_a_program_printed) {
    EXPECT_EQ(output_of({"/bin/sh", "-c", "echo out; echo err >&2"}), "out\n");
    EXPECT_EQ(output_of({"/bin/sh", "-c", "echo $HOME$LC_ALL"}), "C\n");
}

TEST(DoctorProgram, failing_missing_or_endless_ones_give_nothing) {
    EXPECT_FALSE(output_of({"/bin/sh", "-c", "echo out; exit 3"}));
    EXPECT_FALSE(output_of({"/no/such/program"}));
    EXPECT_FALSE(output_of({"/bin/sleep", "1000"}, std::chrono::seconds(0)));
}

}  // namespace
}  // namespace stepup::doctor
