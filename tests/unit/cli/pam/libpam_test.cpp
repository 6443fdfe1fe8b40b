#include <random>

#include <gtest/gtest.h>
#include <security/pam_appl.h>

#include "cli/pam/modules.hpp"
#include "cli/pam/walk.hpp"
#include "tests/unit/cli/pam/folder.hpp"

// Our reading of stacks beside libpam's own: pam_debug.so answers what its argument says.

namespace stepup::pam {
namespace {

int silent(int count, const pam_message**, pam_response** replies, void*) {
    *replies = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    return PAM_SUCCESS;
}

bool libpam_lets_in(const std::string& folder) {
    const pam_conv conversation{silent, nullptr};
    pam_handle_t* handle = nullptr;
    if (::pam_start_confdir("top", "nobody", &conversation, folder.c_str(), &handle) != PAM_SUCCESS) return false;
    const int result = ::pam_authenticate(handle, PAM_SILENT);
    ::pam_end(handle, result);
    return result == PAM_SUCCESS;
}

constexpr std::array answers{std::pair("success", Code::success), std::pair("auth_err", Code::auth_err),
                             std::pair("ignore", Code::ignore), std::pair("authinfo_unavail", Code::authinfo_unavail),
                             std::pair("user_unknown", Code::user_unknown)};
constexpr std::array controls{"required",
                              "requisite",
                              "sufficient",
                              "optional",
                              "[success=1 default=ignore]",
                              "[success=2 default=bad]",
                              "[success=ok ignore=ignore default=die]",
                              "[success=done authinfo_unavail=ignore default=die]",
                              "[success=ok auth_err=reset default=bad]",
                              "[success=ok default=1]",
                              "[default=done]",
                              "[success=ok]",
                              "[auth_err=ok default=reset]"};

/// Stacks at random, of a few lines, some in a substack or an include.
class Dice {
public:
    /// `below`: the file that others include, by its whole path, since libpam looks for names in /etc/pam.d alone.
    Dice(unsigned seed, std::string below) : random_(seed), below_(std::move(below)) { }

    std::size_t up_to(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

    std::string lines(bool top) {
        std::string text;
        for (std::size_t left = 1 + up_to(5); left > 0; --left) {
            const auto kind = up_to(top ? 8 : 20);
            if (top && kind == 0)
                text += "auth substack " + below_ + "\n";
            else if (top && kind == 1)
                text += "@include " + below_ + "\n";
            else
                text += "auth " + std::string(controls[up_to(controls.size())])
                    + " pam_debug.so auth=" + answers[up_to(answers.size())].first + "  # as it fell\n";
        }
        return text;
    }

private:
    std::mt19937 random_;
    const std::string below_;
};

std::vector<Code> as_told(const Entry& entry) {
    const auto word = entry.line.arguments.front().substr(5);
    for (const auto& [name, code] : answers)
        if (word == name) return {code};
    return {};
}

TEST(PamWalk, ends_as_libpam_does_on_three_thousand_stacks) {
    const stepup::testing::PamFolder folder;
    Dice dice(20261122, folder.places.services.front() + "/below");
    int let_in = 0;
    for (int round = 0; round < 3000; ++round) {
        const auto below = dice.lines(false);
        const auto top = dice.lines(true);
        folder.write("below", below);
        folder.write("top", top);
        const bool really = libpam_lets_in(folder.places.services.front());
        const bool read = passes(effective(folder.places, "top", Phase::auth), as_told).has_value();
        ASSERT_EQ(read, really) << "top:\n" << top << "below:\n" << below;
        let_in += really ? 1 : 0;
    }
    EXPECT_GT(let_in, 300);
    EXPECT_LT(let_in, 2700);
}

TEST(PamWalk, ends_as_libpam_does_on_stacks_that_are_written_oddly) {
    const stepup::testing::PamFolder folder;
    const auto below = folder.places.services.front() + "/below";
    const std::string permit = "auth required pam_permit.so\n";
    const std::string deny = "auth required pam_deny.so\n";
    folder.write("below", "odd\n" + permit + "account required pam_permit.so\n");
    folder.write("other", permit);
    int let_in = 0;
    const std::vector<std::string> texts{
        permit,
        deny,
        "auth requisite pam_permit.so \\ # this goes no further\nauth required pam_deny.so\n",
        "auth sufficient \\\n# why\n  pam_permit.so\n" + deny,
        "auth sufficient \\\n\n  pam_permit.so\n" + deny,
        "auth sufficient \\  \n\tpam_permit.so \\\n" + deny + deny,
        "auth sufficient pam_permit.so\r\n" + deny,
        "auth required pam_permit.so\r\n",
        "auth required pam_permit.so a\\b\r\n",
        "@include " + below + "\r\n",
        "\r\n" + permit,
        permit + "odd\n",
        permit + "acount required pam_permit.so\n",
        permit + "acount optional pam_permit.so\n",
        permit + "auth\n",
        permit + "auth required\n",
        permit + "session required\n",
        permit + "session include /nowhere\n",
        "@include " + below + "\n",
        "auth include " + below + "\n",
        "account include " + below + "\n" + permit,
        "-auth required pam_nowhere.so\n" + permit,
        "-auth optional pam_nowhere.so\n" + permit,
        "auth [SUCCESS=OK DEFAULT=DIE] pam_permit.so\n",
        "auth REQUIRED pam_permit.so\n",
        "auth [success = ok  default= die] pam_permit.so\n",
        "auth [success=0 default=ignore] pam_permit.so\n" + permit,
        "auth [] pam_permit.so\n",
        "auth [success=ok]pam_permit.so\n",
        "auth sufficient [pam_permit.so]\n" + deny,
        "auth maybe pam_permit.so\n" + permit,
        "@INCLUDE " + below + "\n",
        "  # nothing for auth: that of other\naccount required pam_deny.so\n",
    };
    for (const auto& text : texts) {
        folder.write("top", text);
        const bool really = libpam_lets_in(folder.places.services.front());
        const auto stack = or_others(effective(folder.places, "top", Phase::auth), folder.places, Phase::auth);
        EXPECT_EQ(passes(stack, [](const Entry& one) { return known_answer(one).value(); }).has_value(), really)
            << text;
        let_in += really ? 1 : 0;
    }
    EXPECT_GT(let_in, 10);
}

}  // namespace
}  // namespace stepup::pam
