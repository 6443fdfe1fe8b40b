#include <gtest/gtest.h>

#include "cli/pam/survey.hpp"
#include "tests/unit/cli/pam/folder.hpp"

namespace stepup::pam {
namespace {

const std::string ours = "[success=ok ignore=ignore default=die] pam_stepup.so\n";
const std::string good_auth = "@include common-auth\nauth " + ours;
const std::string good_account = "account " + ours + "@include common-account\n";

class PamPosture : public ::testing::Test {
protected:
    Posture of(const std::string& text, const std::string& service = "sudo") {
        folder.write(service, text);
        return posture_of(service, stacks_of(folder.places, service));
    }
    /// The first remark, and what the whole comes to.
    std::string golden(const std::string& text, const std::string& service = "sudo") {
        const auto posture = of(text, service);
        auto said = std::string(name_of(verdict_on(posture)));
        if (!posture.remarks.empty()) said += ": " + posture.remarks.front().what;
        const auto root = folder.places.services.front() + "/";
        for (auto at = said.find(root); at != std::string::npos; at = said.find(root)) said.erase(at, root.size());
        return said;
    }
    stepup::testing::PamFolder folder;
};

TEST_F(PamPosture, as_shipped_is_good) { EXPECT_EQ(golden(good_auth + good_account), "good"); }

TEST_F(PamPosture, without_our_lines_is_off) {
    EXPECT_EQ(golden("@include common-auth\n@include common-account\n"), "off");
}

TEST_F(PamPosture, optional_opens) {
    EXPECT_EQ(golden("@include common-auth\nauth optional pam_stepup.so\n" + good_account),
              "opens: sudo:2 (optional) lets in whom StepUp refuses.");
}

TEST_F(PamPosture, sufficient_behind_the_password_opens) {
    EXPECT_EQ(golden("@include common-auth\nauth sufficient pam_stepup.so\n" + good_account),
              "opens: sudo:2 (sufficient) lets in whom StepUp refuses.");
}

TEST_F(PamPosture, default_ignore_opens) {
    EXPECT_EQ(golden("@include common-auth\nauth [success=ok default=ignore] pam_stepup.so\n" + good_account),
              "opens: sudo:2 ([success=ok default=ignore]) lets in whom StepUp refuses.");
}

TEST_F(PamPosture, something_sufficient_before_ours_opens) {
    EXPECT_EQ(golden("auth sufficient pam_fprintd.so\n" + good_auth + good_account),
              "opens: sudo:1 (sufficient pam_fprintd.so) lets in before pam_stepup.so is asked.");
}

TEST_F(PamPosture, a_jump_over_ours_opens) {
    EXPECT_EQ(golden("auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth " + ours
                     + "auth required pam_permit.so\n" + good_account),
              "opens: sudo:1 ([success=2 default=ignore] pam_unix.so) lets in before pam_stepup.so is asked.");
}

TEST_F(PamPosture, an_account_line_behind_the_password_is_passed_by_an_expired_one) {
    EXPECT_EQ(golden(good_auth + "@include common-account\naccount " + ours),
              "opens: common-account:1 ([success=1 new_authtok_reqd=done default=ignore] pam_unix.so) lets in before "
              "pam_stepup.so is asked.");
}

TEST_F(PamPosture, an_exemption_by_the_administrator_is_worth_a_look) {
    EXPECT_EQ(
        golden("@include common-auth\nauth [success=1 default=ignore] pam_succeed_if.so user ingroup robots\nauth "
               + ours + "auth optional pam_cap.so\n" + good_account),
        "weak: sudo:2 ([success=1 default=ignore] pam_succeed_if.so) lets some people in before pam_stepup.so is "
        "asked.");
}

TEST_F(PamPosture, root_passing_by_is_as_it_should_be) {
    EXPECT_EQ(golden("auth sufficient pam_rootok.so\n" + good_auth + good_account, "su"), "good");
}

TEST_F(PamPosture, trusting_wheel_is_not) {
    EXPECT_EQ(golden("auth sufficient pam_wheel.so trust\n" + good_auth + good_account, "su"),
              "opens: su:1 (sufficient pam_wheel.so) lets in before pam_stepup.so is asked.");
}

TEST_F(PamPosture, a_missing_module_closes_or_opens_by_its_control) {
    folder.remove_module("pam_stepup.so");
    EXPECT_EQ(golden(good_auth + good_account),
              "closes: sudo:2 names a pam_stepup.so that is not there: nobody gets in by this.");
    EXPECT_EQ(of("@include common-auth\nauth optional pam_stepup.so\n" + good_account).remarks.at(1).what,
              folder.places.services.front()
                  + "/sudo:2 names a pam_stepup.so that is not there: everybody gets in by this.");
}

TEST_F(PamPosture, going_on_without_the_daemon_is_a_choice_but_not_in_sshd) {
    const auto text = "@include common-auth\nauth [success=ok ignore=ignore authinfo_unavail=ignore default=die] "
                      "pam_stepup.so\nsession required pam_loginuid.so\nsession optional pam_stepup.so\n"
        + good_account;
    EXPECT_EQ(golden(text, "login"), "weak: login:2 lets in without a factor while stepupd does not answer.");
    EXPECT_EQ(golden(text, "sshd"), "opens: sshd:2 lets in without a factor while stepupd does not answer.");
}

TEST_F(PamPosture, a_factor_alone_opens_unless_it_is_behind_a_key) {
    const auto rest = "auth required pam_permit.so\n" + good_account
        + "session required pam_loginuid.so\nsession optional pam_stepup.so\n";
    EXPECT_EQ(golden("auth " + ours + rest, "sshd"), "opens: sshd:1: a code alone gets in, without a password.");
    EXPECT_EQ(golden("auth [success=ok ignore=ignore default=die] pam_stepup.so after_key\n" + rest, "sshd"), "good");
}

TEST_F(PamPosture, a_code_before_the_password_is_worth_a_look) {
    EXPECT_EQ(golden("auth " + ours + "@include common-auth\n" + good_account),
              "weak: sudo:1 asks for a code before the password: strangers can use up anybody's attempts, and "
              "begin anybody's grace_period.");
}

TEST_F(PamPosture, a_code_behind_a_wrong_password_is_worth_a_look) {
    const auto in_vain = [](const std::string& line) {
        return "weak: sudo:" + line
            + " asks for a code also behind a wrong password: strangers can use up anybody's "
              "attempts, and begin anybody's grace_period.";
    };
    const auto behind = [](const std::string& lines) { return lines + "auth " + ours + good_account; };
    EXPECT_EQ(golden(behind("auth substack common-auth\n")), in_vain("2"));
    EXPECT_EQ(golden(behind("auth include common-auth\n")), "good");
    EXPECT_EQ(golden(behind("auth required pam_unix.so\n")), in_vain("2"));
    EXPECT_EQ(golden(behind("auth requisite pam_unix.so\n")), "good");
}

TEST_F(PamPosture, a_stack_that_even_a_right_code_does_not_pass_closes) {
    const auto closes = [](const std::string& place, const std::string& control = "") {
        return "closes: sudo:" + place + " (" + (control.empty() ? "[success=ok ignore=ignore default=die]" : control)
            + "): even a right code gets nobody in.";
    };
    const std::string jump = "[success=1 ignore=ignore default=die]";
    const std::string jumps = "@include common-auth\nauth " + jump + " pam_stepup.so\n";
    EXPECT_EQ(golden(jumps + good_account), closes("2", jump)) << "over more lines than there are";
    EXPECT_EQ(golden(jumps + "auth required pam_unix.so\n" + good_account), "good") << "over one that is there";
    EXPECT_EQ(golden(good_auth + "auth required pam_deny.so\n" + good_account), closes("2"));
    EXPECT_EQ(golden(good_auth + good_account + "account required pam_deny.so\n"), closes("3"));
    EXPECT_EQ(golden(good_auth + "auth required pam_gone.so\n" + good_account), closes("2"));
    EXPECT_EQ(golden(good_auth + "auth optional pam_deny.so\n" + good_account), "good");
    EXPECT_EQ(golden("@include common-auth\nauth [success=bad default=die] pam_stepup.so\n" + good_account),
              closes("2", "[success=bad default=die]"));
}

TEST_F(PamPosture, half_a_service_opens) {
    EXPECT_EQ(golden(good_auth + "@include common-account\n"),
              "opens: No account line: sudo passes by auth where its own ticket is fresh, or by NOPASSWD.");
    EXPECT_EQ(golden(good_auth + "@include common-account\n", "sshd"),
              "opens: No account line: sshd passes by auth for whoever comes with a key alone.");
    EXPECT_EQ(golden("@include common-auth\n" + good_account),
              "opens: No auth line: nobody is asked for a factor where the password is checked.");
}

TEST_F(PamPosture, a_service_that_cannot_ask_needs_no_lines_and_may_include_some) {
    folder.write("common-account", "account " + ours + "account required pam_unix.so\n");
    EXPECT_EQ(golden("@include common-account\n", "systemd-user"), "good");
    EXPECT_EQ(golden("@include common-auth\n@include common-account\n", "cron"), "good");
}

TEST_F(PamPosture, a_session_line_belongs_behind_loginuid) {
    EXPECT_EQ(golden(good_auth + good_account + "session required pam_loginuid.so\n", "sshd"),
              "weak: No session line: a code given at login does not count for sudo.");
    EXPECT_EQ(
        golden(good_auth + good_account + "session optional pam_stepup.so\nsession required pam_loginuid.so\n", "sshd"),
        "weak: sshd:5 stands before pam_loginuid.so.");
}

TEST_F(PamPosture, lines_in_an_included_file_or_a_substack_count) {
    folder.write("ours", "auth " + ours + "account " + ours);
    EXPECT_EQ(golden("@include common-auth\n@include ours\n@include common-account\n"), "good");
    EXPECT_EQ(golden("@include common-auth\nauth substack ours\naccount substack ours\n@include common-account\n"),
              "good");
}

TEST_F(PamPosture, a_stack_of_permissions_lets_anybody_in) {
    EXPECT_EQ(golden("auth required pam_permit.so\n"), "opens: Auth lets in anybody, without a password.");
}

TEST_F(PamPosture, an_include_that_leads_nowhere_or_in_a_circle_closes) {
    EXPECT_EQ(golden(good_auth + good_account + "@include gone\n"),
              "closes: Nobody gets in by this: sudo includes gone, which is not there.");
    EXPECT_EQ(golden(good_auth + good_account + "@include sudo\n").substr(0, 35),
              "closes: Nobody gets in by this: sud");
    EXPECT_EQ(golden(good_auth + good_account + "session include gone\n"),
              "closes: Nobody gets in by this: sudo includes gone, which is not there.");
}

TEST_F(PamPosture, a_line_that_nobody_understands_closes_where_it_is_not_optional) {
    const std::string closes = "closes: sudo:5 is no line that PAM understands: nobody gets in by it.";
    for (const char* line : {"acount required pam_permit.so\n", "auth required\n", "auth [success=0] pam_permit.so\n",
                             "\r\n", "session maybe pam_permit.so\n"})
        EXPECT_EQ(golden(good_auth + good_account + line), closes) << line;
    EXPECT_EQ(of(good_auth + good_account + "odd\n").remarks.size(), 1U);
    EXPECT_EQ(golden(good_auth + good_account + "acount optional pam_permit.so\n"), "good");
}

TEST_F(PamPosture, where_a_service_has_no_line_that_of_other_counts) {
    folder.write("other", "auth required pam_permit.so\n");
    EXPECT_EQ(golden("account " + ours + "@include common-account\n"),
              "opens: Auth lets in anybody, without a password.");
    folder.write("other", "account " + ours + "@include common-account\n");
    EXPECT_EQ(golden(good_auth), "good");
}

TEST_F(PamPosture, the_survey_names_known_services_and_gated_ones) {
    folder.write("sudo", good_auth + good_account);
    folder.write("su", "@include common-auth\n");
    folder.write("chfn", "@include common-auth\n");
    folder.write("shop", good_auth + good_account);
    std::vector<std::string> names;
    for (const auto& posture : survey(folder.places)) names.push_back(posture.service);
    EXPECT_EQ(names, (std::vector<std::string>{"shop", "su", "sudo"}));
}

// --- whose environment it is ---

const std::string loginuid = "session required pam_loginuid.so\n";
const std::string our_session = "session optional pam_stepup.so\n";
const std::string users_environment = "session required pam_env.so user_readenv=1 envfile=/etc/default/locale\n";

TEST_F(PamPosture, an_environment_of_the_users_own_before_our_session_line_opens) {
    const auto made_up = std::string(" (pam_env.so user_readenv=1) runs before pam_stepup.so opens the session: users "
                                     "can make up from where and with which key they came.");
    const auto login = good_auth + good_account;
    EXPECT_EQ(golden(login + loginuid + our_session + users_environment, "sshd"), "good") << "as Debian has it";
    EXPECT_EQ(golden(login + loginuid + users_environment + our_session, "sshd"), "opens: sshd:6" + made_up);
    EXPECT_EQ(golden("auth required pam_env.so user_readenv=1\n" + login + loginuid + our_session, "sshd"),
              "opens: sshd:1" + made_up)
        << "it is set in pam_setcred, which comes first";
    EXPECT_EQ(golden(login + loginuid + "session required pam_env.so\n" + our_session, "sshd"), "good");
    EXPECT_EQ(golden(login + loginuid + "session required pam_env.so user_readenv=0\n" + our_session, "sshd"), "good");
    EXPECT_EQ(golden(login + users_environment), "good") << "sudo opens no login session";
}

}  // namespace
}  // namespace stepup::pam
