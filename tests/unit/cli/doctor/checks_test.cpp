#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor/checks.hpp"
#include "cli/doctor/policy.hpp"
#include "cli/doctor/program.hpp"
#include "cli/doctor/running.hpp"
#include "cli/doctor/sshd_matches.hpp"
#include "cli/pam/file.hpp"
#include "cli/pam/line.hpp"
#include "cli/people_check.hpp"
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

TEST(DoctorSshd, why_a_drop_in_is_not_heeded_names_the_line_to_change) {
    const auto why = [](std::string_view config, bool key = false) { return why_drop_in_is_not_heeded(config, key); };
    const std::string include = "/etc/ssh/sshd_config does not include it: write `Include "
                                "/etc/ssh/sshd_config.d/*.conf` as its first line.";
    const auto line = [](const std::string& place, const std::string& text) {
        return "/etc/ssh/sshd_config.d/00-stepup.conf does not change that: /etc/ssh/sshd_config:" + place + " says \""
            + text + "\" before it, and the first word counts. Take that line out.";
    };
    EXPECT_EQ(why("KbdInteractiveAuthentication no\n"), include);
    EXPECT_EQ(why("Match all\nInclude /etc/ssh/sshd_config.d/*.conf\n"), include);
    EXPECT_EQ(why("#Include /etc/ssh/sshd_config.d/*.conf\nInclude other.d/*.conf\n"), include);
    EXPECT_EQ(why("UsePAM yes\n\n  kbdinteractiveauthentication=no\ninclude sshd_config.d/*\nUsePAM no\n"),
              line("3", "kbdinteractiveauthentication=no"));
    EXPECT_EQ(why("AuthenticationMethods any\nInclude \"/etc/ssh/sshd_config.d/00-*\"\n", true),
              line("1", "AuthenticationMethods any"));
    const std::string elsewhere = "/etc/ssh/sshd_config.d/00-stepup.conf does not change that: another file that "
                                  "/etc/ssh/sshd_config includes says so first. Take it out there.";
    EXPECT_EQ(why("AuthenticationMethods any\nInclude a.conf sshd_config.d/*.conf\n"), elsewhere);
    EXPECT_EQ(why("Include sshd_config.d/*.conf\nKbdInteractiveAuthentication no\n"), elsewhere);
}

TEST(DoctorSshd, the_example_of_a_drop_in_says_what_enabling_writes) {
    const auto settings = [](const std::string& text) {
        Lines lines;
        for (const auto& line : pam::split(text))
            if (!line.starts_with('#')) lines.push_back(line);
        return lines;
    };
    const auto example
        = pam::contents(std::string(std::getenv("STEPUP_SOURCE")) + "/packaging/sshd_config.d/00-stepup.conf").value();
    EXPECT_EQ(settings(example), settings(sshd_drop_in_text(false)));
    EXPECT_NE(example.find("\n#" + settings(sshd_drop_in_text(true)).back() + '\n'), std::string::npos);
}

// --- sudo ---

bool none(const std::string&) { return false; }

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
        said(check_sudo(facts, none)),
        (Lines{
            "yellow: Asks no password of bob, %nopasswd, carol: the factor, or its window, is all that stands there.",
            "yellow: Forgets a password later than 15 minutes (timestamp_timeout).",
            "yellow: Asks for another user's password (targetpw), and so for that user's factor."}));
}

TEST(DoctorSudo, rules_that_ask_for_the_callers_password_are_green) {
    EXPECT_EQ(said(check_sudo(read_sudoers(R"({"User_Specs":[]})"), none)),
              Lines{"green: Asks for the caller's password."});
}

TEST(DoctorSudo, settings_by_which_it_never_asks_us_are_red) {
    // of: Defaults !pam_acct_mgmt; Defaults:bob !pam_acct_mgmt; Defaults pam_service=sudo,
    // pam_login_service=root-shell, pam_askpass_service=sudo-gui
    const auto facts = read_sudoers(R"({"Defaults":[{"Options":[{"pam_acct_mgmt":false}]},
        {"Binding":[{"username":"bob"}],"Options":[{"pam_acct_mgmt":false}]},{"Options":[{"pam_service":"sudo"},
        {"pam_login_service":"root-shell"},{"pam_askpass_service":"sudo-gui"}]}]})");
    EXPECT_EQ(
        said(check_sudo(facts, [](const std::string& name) { return name == "sudo-gui"; })),
        (Lines{"red: Does not ask PAM's account lines about ALL, bob (!pam_acct_mgmt): where it asks no password, it "
               "asks for no factor either.",
               "red: Calls itself root-shell towards PAM, and that service asks for no factor.",
               "yellow: Calls itself sudo-gui towards PAM: rules for the service sudo are not about it."}));
}

TEST(DoctorSudo, who_is_exempt_from_passwords_and_the_longest_ticket_are_told) {
    // of: Defaults exempt_group=admins; Defaults timestamp_timeout=60; Defaults:bob timestamp_timeout=5
    const auto facts = read_sudoers(R"({"Defaults":[{"Options":[{"exempt_group":"admins"}]},
        {"Options":[{"timestamp_timeout":"60"}]},
        {"Binding":[{"username":"bob"}],"Options":[{"timestamp_timeout":"5"}]}]})");
    EXPECT_EQ(said(check_sudo(facts, none)),
              (Lines{"yellow: Asks no password of %admins: the factor, or its window, is all that stands there.",
                     "yellow: Forgets a password later than 15 minutes (timestamp_timeout)."}));
    EXPECT_EQ(read_sudoers(R"({"Defaults":[{"Options":[{"timestamp_timeout":"-1"}]},
        {"Binding":[{"username":"bob"}],"Options":[{"timestamp_timeout":"5"}]}]})")
                  ->timestamp_timeout,
              -1);
}

TEST(DoctorSudo, what_is_no_sudoers_is_yellow) {
    for (const char* text : {"", "[]", "{", R"({"Defaults": 3})", R"({"User_Specs":[{"Cmnd_Specs":[3]}]})"})
        EXPECT_EQ(said(check_sudo(read_sudoers(text), none)), Lines{"yellow: Its rules cannot be read by cvtsudoers."})
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

TEST(DoctorDisk, little_room_is_yellow_and_hardly_any_red) {
    const testing::PamFolder folder;
    const auto where = folder.root.string();
    const auto of = [&](std::uint64_t mib) { return said(check_room(where, mib * 1024 * 1024)); };
    const std::string no_reserve = "yellow: No room is set aside for the day that the disk is full.";
    const auto left = [&](int mib) { return std::to_string(mib) + " MiB are free for " + where + "."; };
    EXPECT_EQ(of(31), Lines{"red: " + left(31) + " Logins cannot be written down soon."});
    EXPECT_EQ(of(255), (Lines{"yellow: " + left(255), no_reserve}));
    EXPECT_EQ(of(256), Lines{no_reserve});
    std::ofstream(folder.root / "stepup.reserve");
    EXPECT_EQ(of(32), Lines{"yellow: " + left(32)});
    EXPECT_EQ(of(256), Lines{"green: " + left(256)});
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
    EXPECT_EQ(said(check_services({service("cockpit", false), service("gdm-password", false),
                                   service("polkit-1", false), service("sudo", true)}))
                  .back(),
              "yellow: These do not ask for a factor: cockpit gdm-password polkit-1.");
}

TEST(DoctorServices, nothing_is_said_of_what_cannot_ask_but_includes_our_lines) {
    EXPECT_EQ(said(check_services({service("sshd", true), service("cron", true)})),
              Lines{"green: Asks for a factor; nothing passes by."});
}

TEST(DoctorServices, remarks_have_the_color_of_their_weight) {
    using Weight = pam::Remark::Weight;
    auto sudo = service("sudo", true);
    sudo.remarks = {{Weight::opens, "o", "f"}, {Weight::closes, "c", "f"}, {Weight::weak, "w", "f"}};
    EXPECT_EQ(said(check_services({sudo})), (Lines{"red: o", "red: c", "yellow: w"}));
}

// --- people ---

TEST(DoctorPeople, locked_accounts_and_factors_of_none_are_yellow) {
    EXPECT_EQ(said(cli::judge({.could_log_in = 3, .enrolled = 2, .without = 1}, true)),
              Lines{"green: 2 of 3 accounts that could log in have a factor."});
    EXPECT_EQ(said(cli::judge({.could_log_in = 1, .enrolled = 1, .locked = 1, .orphans = 2}, true)),
              (Lines{"yellow: 1 account locked after wrong codes.",
                     "yellow: Factors of 2 accounts that this host has no more."}));
}

TEST(DoctorPeople, nobody_enrolled_is_red_only_where_a_service_asks) {
    EXPECT_EQ(said(cli::judge({}, true)), Lines{"red: Nobody is enrolled."});
    EXPECT_EQ(said(cli::judge({}, false)), Lines{"yellow: Nobody is enrolled."});
    EXPECT_EQ(said(cli::judge({.enrolled = 1, .missing = {"anna", "bob"}, .required = 7}, true)),
              Lines{"yellow: Policy demands a factor, and there is none: anna, bob …."});
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

// --- sshd's Match blocks ---

std::vector<std::string> probes(std::string_view config) {
    std::vector<std::string> found;
    const auto member
        = [](const std::string& group) { return group == "staff" ? std::optional<std::string>("anna") : std::nullopt; };
    for (const auto& one : read_matches(config, member)) found.push_back(one.probe.value_or("-"));
    return found;
}
std::string probe(const std::string& user, const std::string& addr = "192.0.2.1",
                  const std::string& host = "host.invalid") {
    return "addr=" + addr + ",host=" + host + ",laddr=192.0.2.2,lport=22,user=" + user;
}

TEST(DoctorMatch, finds_a_connection_that_each_block_is_about) {
    EXPECT_EQ(probes("UsePAM yes\nMatch User backup,*adm\n  X11Forwarding no\nmatch Group staff\nMatch all\n"),
              (Lines{probe("backup"), probe("anna"), probe("nobody")}));
    EXPECT_EQ(probes("Match Address 10.0.0.0/8,192.168.0.0/16 User=\"!root,op*\"\n"), Lines{probe("opx", "10.0.0.0")});
    EXPECT_EQ(probes("Match Host *.example.org\n"), Lines{probe("nobody", "192.0.2.1", "x.example.org")});
}

TEST(DoctorMatch, says_where_it_cannot_make_one_up) {
    EXPECT_EQ(probes("Match Group nobody-in-it\nMatch User !root\nMatch exec \"true\"\nMatch User\n"),
              (Lines{"-", "-", "-", "-"}));
}

TEST(DoctorMatch, says_that_it_leaves_some_out_where_there_are_too_many) {
    std::string config;
    for (int number = 0; number < 70; ++number) config += "Match User u" + std::to_string(number) + '\n';
    const auto found = read_matches(config, [](const std::string&) { return std::optional<std::string>(); });
    EXPECT_EQ(found.size(), 65U);
    EXPECT_EQ(found.back().line, "any Match block behind the first 64");
    EXPECT_FALSE(found.back().probe);
}

TEST(DoctorMatch, tells_only_what_a_block_makes_worse) {
    const auto outside = read_sshd(good_sshd + "maxauthtries 1\n");
    const std::vector<SshdMatch> blocks{{"Match User a", "a"}, {"Match User b", "b"}, {"Match Group c", std::nullopt}};
    const auto ask = [&](const std::string& who) {
        return std::optional(who == "a" ? read_sshd(good_sshd + "maxauthtries 1\nkbdinteractiveauthentication no\n")
                                        : outside);
    };
    const auto found = said(check_matches(blocks, outside, false, ask));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].substr(0, 75),
              "red: Within \"Match User a\": sshd has \"KbdInteractiveAuthentication no\": eve");
    EXPECT_EQ(found[1], "yellow: What \"Match Group c\" changes cannot be told.");
}

// --- security keys that count ---

TEST(DoctorKeys, an_sshd_that_asks_security_keys_for_no_pin_is_red_where_the_policy_counts_on_it) {
    const auto outside = read_sshd(good_sshd + "pubkeyauthoptions none\n");
    const auto nobody = [](const std::string&) { return std::optional<SshdSettings>(); };
    EXPECT_EQ(said(check_security_keys({"rule \"r\" (p:1)", "[defaults]"}, outside, {}, nobody)),
              Lines{"red: Outside of Match blocks, a security key is taken without PIN or finger, and rule \"r\" (p:1) "
                    "lets a login by it pass for a verified one."});
    EXPECT_TRUE(check_security_keys({}, outside, {}, nobody).empty()) << "nobody counts on it";
    EXPECT_TRUE(check_security_keys({"[defaults]"}, std::nullopt, {}, nobody).empty()) << "said elsewhere";
    const auto touch = read_sshd(good_sshd + "pubkeyauthoptions touch-required\n");
    EXPECT_EQ(check_security_keys({"[defaults]"}, touch, {}, nobody).front().light, Light::red);
}

TEST(DoctorKeys, a_match_block_that_takes_the_pin_away_is_red_too) {
    const auto verified = read_sshd(good_sshd + "pubkeyauthoptions touch-required verify-required\n");
    const std::vector<SshdMatch> blocks{{"Match User a", "a"}, {"Match User b", "b"}, {"Match Group c", std::nullopt}};
    const auto ask
        = [&](const std::string& who) { return std::optional(who == "a" ? read_sshd(good_sshd) : verified); };
    const auto found = said(check_security_keys({"[defaults]"}, verified, blocks, ask));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].substr(0, 46), "red: Within \"Match User a\", a security key is ");
    EXPECT_EQ(said(check_security_keys({"[defaults]"}, verified, {blocks[1]}, ask)),
              Lines{"green: Has security keys check a PIN or a finger, as the policy counts on."});
}

TEST(DoctorKeys, finds_where_in_what_stepupd_says_of_the_policy) {
    EXPECT_EQ(places_with_security_keys(R"({"good":true,"counts_security_keys":["[defaults]",7]})"),
              Lines{"[defaults]"});
    for (const std::string odd : {"", "{", "[]", "{}", R"({"counts_security_keys":1})"})
        EXPECT_TRUE(places_with_security_keys(odd).empty()) << odd;
    EXPECT_TRUE(places_with_security_keys(std::nullopt).empty());
}

// --- what the trail tells ---

TEST(DoctorTrail, a_daemon_of_another_version_is_yellow) {
    const auto started = [](const std::string& fields) { return R"({"event":"MFA-1901","fields":)" + fields + "}\n"; };
    EXPECT_EQ(said(check_version(started(R"({"version":"1.2"})"), "1.2")),
              Lines{"green: It is version 1.2, as this program is."});
    EXPECT_EQ(said(check_version(started(R"({"version":"1.1"})"), "1.2")),
              Lines{"yellow: It was started as version 1.1, and this program is 1.2."});
    for (const std::string& odd : {std::string(), std::string("{"), std::string("[]"), started("{}"), started("1")})
        EXPECT_EQ(said(check_version(odd, "1.2")), Lines{"yellow: The audit trail knows of no start."}) << odd;
    EXPECT_EQ(said(check_version(std::nullopt, "1.2")), Lines{"yellow: The audit trail cannot be read."});
}

TEST(DoctorTrail, an_sshd_of_which_nothing_is_heard_is_yellow_once_the_trail_is_old_enough) {
    const std::string sshd = R"({"service":"sudo"})"
                             "\n"
                             R"({"service":"sshd"})"
                             "\n";
    const std::string sudo = R"({"service":"sudo"})"
                             "\n";
    EXPECT_TRUE(check_calls(sshd, sudo).empty());
    EXPECT_TRUE(check_calls(sudo, "").empty()) << "too early to say";
    EXPECT_TRUE(check_calls(std::nullopt, sudo).empty());
    EXPECT_EQ(said(check_calls(sudo, sudo)).front().substr(0, 60),
              "yellow: Its stack asks for a factor, and for 7 days stepupd ");
}

// --- SELinux and AppArmor ---

TEST(DoctorConfinement, goes_by_what_the_kernel_and_the_policy_store_say) {
    const testing::PamFolder folder;
    const auto write = [&](const std::string& name, const std::string& text) {
        std::filesystem::create_directories((folder.root / name).parent_path());
        std::ofstream(folder.root / name) << text;
    };
    EXPECT_TRUE(check_confinement(folder.root).empty());
    write("sys/fs/selinux/enforce", "1");
    EXPECT_EQ(said(check_confinement(folder.root)),
              Lines{"yellow: Enforces, and has no module stepup: sshd may not reach stepupd."});
    write("var/lib/selinux/targeted/active/modules/400/stepup/cil", "");
    EXPECT_EQ(said(check_confinement(folder.root)), Lines{"green: Enforces, and knows stepup."});
    write("sys/module/apparmor/parameters/enabled", "Y\n");
    EXPECT_EQ(said(check_confinement(folder.root)).back(), "green: Has no profile of stepupd: its unit confines it.");
    write("etc/apparmor.d/stepupd", "");
    EXPECT_EQ(said(check_confinement(folder.root)).back(), "yellow: Its profile of stepupd is not loaded.");
    write("sys/kernel/security/apparmor/profiles", "cupsd (enforce)\nstepupd (complain)\n");
    EXPECT_EQ(said(check_confinement(folder.root)).back(), "yellow: Its profile of stepupd only complains.");
    write("sys/kernel/security/apparmor/profiles", "stepupd (enforce)\n");
    EXPECT_EQ(said(check_confinement(folder.root)).back(), "green: Confines stepupd.");
}

// --- policy ---

/// What is said of a standing that is good but for `members`.
Lines of_policy(const std::string& members) {
    auto standing = nlohmann::json::parse(
        R"({"in_force":"files","problem":"","differs":false,"rules":2,"warnings":[],"report_only":[],"delays":[]})");
    standing.update(nlohmann::json::parse('{' + members + '}'));
    return said(check_policy(standing.dump()));
}
const std::string good_policy = "green: In force as the files say, with 2 rules.";

TEST(DoctorPolicy, files_that_are_in_force_are_green) {
    EXPECT_EQ(of_policy(""), Lines{good_policy});
    EXPECT_EQ(of_policy(R"("rules":1)"), Lines{"green: In force as the files say, with 1 rule."});
}

TEST(DoctorPolicy, files_that_are_not_good_are_red_and_the_place_is_named) {
    EXPECT_EQ(of_policy(R"("in_force":"last good","problem":"p:7:1: unknown key")"),
              Lines{"red: The files are not good, and the last good policy stays in force: p:7:1: unknown key"});
    EXPECT_EQ(of_policy(R"("in_force":"built in","problem":"p: is missing")"),
              Lines{"red: The files are not good, and never were: everybody is asked every time: p: is missing"});
}

TEST(DoctorPolicy, files_that_say_something_else_than_what_is_in_force_are_yellow) {
    EXPECT_EQ(of_policy(R"("differs":true)"), Lines{"yellow: The files say something else than what is in force."});
}

TEST(DoctorPolicy, warnings_are_yellow_and_one_stands_for_all) {
    EXPECT_EQ(of_policy(R"("warnings":["p:3:1: no group x"])"), Lines{"yellow: p:3:1: no group x."});
    EXPECT_EQ(of_policy(R"("warnings":["a","b","c"])"), Lines{"yellow: a. And 2 more."});
}

TEST(DoctorPolicy, what_only_reports_is_yellow) {
    EXPECT_EQ(of_policy(R"("report_only":["[defaults]","rule \"a\""])"),
              (Lines{good_policy, "yellow: Nobody is asked or refused, it only reports: [defaults], rule \"a\"."}));
    EXPECT_EQ(of_policy(R"("report_only":["a","b","c","d","e","f","g"])").back(),
              "yellow: Nobody is asked or refused, it only reports: a, b, c, d, e and 2 more.");
}

TEST(DoctorPolicy, time_that_is_left_to_enroll_is_told) {
    EXPECT_EQ(of_policy(R"("delays":[{"where":"[defaults]","days":40,"grace":"7d"},{"where":"rule \"a\"","days":1,)"
                        R"("grace":""},{"where":"rule \"b\"","days":0,"grace":"2h"}])")
                  .back(),
              "green: Who has no factor is still let in by [defaults], for 40 days and then for 7d from each one's "
              "first login on; rule \"a\", for 1 day; rule \"b\", for 2h from each one's first login on.");
}

TEST(DoctorPolicy, what_is_laxer_than_the_chosen_profile_is_yellow) {
    const auto of_profile
        = [](const std::string& members) { return of_policy(R"("profile":{"name":"stig",)" + members + '}').back(); };
    EXPECT_EQ(of_profile(R"("problem":"","laxer":[])"), "green: Nowhere laxer than the profile stig.");
    EXPECT_EQ(of_profile(R"("problem":"","laxer":["window","key_only in sshd"])"),
              "yellow: Laxer than the profile stig in window, key_only in sshd.");
    EXPECT_EQ(of_profile(R"("problem":"/p/stig.toml: No such file","laxer":[])"),
              "yellow: This host's profile cannot be read: /p/stig.toml: No such file.");
}

TEST(DoctorPolicy, what_cannot_be_told_is_yellow) {
    for (const std::optional<std::string>& odd :
         {std::optional<std::string>(), std::optional<std::string>("{"), std::optional<std::string>("{}")})
        EXPECT_EQ(said(check_policy(odd)), Lines{"yellow: What it comes to cannot be told."});
}

}  // namespace
}  // namespace stepup::doctor
