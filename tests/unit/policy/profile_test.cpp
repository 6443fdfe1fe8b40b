#include "policy/profile.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "policy/decide.hpp"
#include "policy/parse.hpp"
#include "policy/setting.hpp"

using namespace stepup;
using namespace std::chrono_literals;

namespace {

constexpr std::array names{"cis", "nist-aal2", "pci", "stig"};

std::string text_of(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(std::string(std::getenv("STEPUP_SOURCE")) + "/packaging/profiles/" + name + ".toml").rdbuf();
    return text.str();
}

Profile profile(const std::string& text) {
    auto read = read_profile(text, "profile");
    if (!read) ADD_FAILURE() << read.error().text();
    return read ? *std::move(read) : Profile{};
}
Policy policy(const std::string& text) {
    auto read = parse(text, "host");
    if (!read) ADD_FAILURE() << read.error().text();
    return read ? *std::move(read) : Policy{};
}

/// "key service bearing wanted found where", a line each.
std::string told(const std::vector<Deviation>& all, bool as_wanted_too = false) {
    std::string text;
    for (const auto& one : all)
        if (as_wanted_too || one.bearing != Bearing::as_wanted)
            text += one.key + (one.service.empty() ? "" : " in " + one.service) + " "
                + std::string(name_of(one.bearing)) + ": " + one.wanted + ", " + one.found + ", " + one.where + "\n";
    return text;
}

/// One line of a profile, and a value that would be laxer.
struct Line {
    std::string profile;
    std::string key;
    std::string laxer;
    std::string rule{};
};
void PrintTo(const Line& line, std::ostream* out) { *out << line.profile << " " << line.rule << " " << line.key; }

const std::string sudo = "privileges are asked for every time";
const std::string with_email = R"(["security-key", "webauthn", "ssh-security-key", "totp", "hotp", "yubikey-otp", )"
                               R"("recovery-code", "email"])";

const std::vector<Line> lines{
    {"cis", "requirement", "\"disabled\""},
    {"cis", "window", "\"16m\""},
    {"cis", "limits.lock_after", "5"},
    {"cis", "limits.lock_for", "\"14m\""},
    {"nist-aal2", "requirement", "\"optional\""},
    {"nist-aal2", "grace_period", "\"7d\""},
    {"nist-aal2", "allowed_factors", with_email},
    {"nist-aal2", "key_only", "\"allow\""},
    {"nist-aal2", "window", "\"2h\""},
    {"nist-aal2", "window_scope", "\"user\""},
    {"nist-aal2", "trusted_keys", "{ enabled = true }"},
    {"nist-aal2", "recovery_codes", "11"},
    {"nist-aal2", "first_enrollment", "\"self\""},
    {"nist-aal2", "limits.ceiling", "101"},
    {"pci", "requirement", "\"optional\""},
    {"pci", "grace_period", "\"7d\""},
    {"pci", "allowed_factors", with_email},
    {"pci", "key_only", "\"allow\""},
    {"pci", "trusted_keys", "{ enabled = true }"},
    {"pci", "window", "\"16m\""},
    {"pci", "window_scope", "\"user\""},
    {"pci", "window_without_tty", "\"session\""},
    {"pci", "limits.lock_after", "11"},
    {"pci", "limits.lock_for", "\"29m\""},
    {"stig", "requirement", "\"optional\""},
    {"stig", "grace_period", "\"7d\""},
    {"stig", "key_only", "\"allow\""},
    {"stig", "first_enrollment", "\"self\""},
    {"stig", "limits.delay_from", "4"},
    {"stig", "limits.lock_after", "4"},
    {"stig", "limits.ceiling", "4"},
    {"stig", "window", "\"1m\"", sudo},
};

/// `line` of the profile made laxer, with whatever must give way so that the file stays good.
std::string loosened(const Line& line) {
    auto text = text_of(line.profile);
    const auto set = [&](const std::string& key, const std::string& value, const std::string& rule = "") {
        auto done = with_setting(text, "p", setting_path(key, rule), value);
        if (!done) ADD_FAILURE() << done.error().text();
        if (done) text = *std::move(done);
    };
    const bool is_size = line.profile == "stig" && line.key.starts_with("limits.");
    if (is_size) set("limits.ceiling", "4");
    if (is_size && line.key == "limits.delay_from") set("limits.lock_after", "4");
    set(line.key, line.laxer, line.rule);
    return text;
}

constexpr std::chrono::sys_days today = std::chrono::year(2027) / 6 / 1;
std::vector<Deviation> compare(const Profile& profile, const Policy& host) { return compare(profile, host, today); }

class ProfileLine : public testing::TestWithParam<Line> { };

}  // namespace

TEST_P(ProfileLine, is_missed_by_a_host_that_is_laxer_there) {
    const auto& line = GetParam();
    const auto host = parse(loosened(line), "host");
    if (!host) {
        EXPECT_NE(host.error().message.find("must be"), std::string::npos) << "no policy can be laxer";
        return;
    }
    const auto all = compare(profile(text_of(line.profile)), *host);
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Deviation& one) {
        return one.key == line.key && one.bearing == Bearing::laxer && one.service.empty() == line.rule.empty();
    })) << told(all, true);
}
INSTANTIATE_TEST_SUITE_P(All, ProfileLine, testing::ValuesIn(lines));

TEST(Profiles, have_a_test_and_a_source_for_each_line) {
    const std::regex states("([a-z_]+) *= [^#]*(# (.*))?");
    const std::regex source(
        "([0-9]+\\.[0-9.]+|SRG-OS-[0-9]+|(RHEL|UBTU)-[0-9-]+|no item|the pam_faillock items)[^:]*: .*");
    for (const std::string name : names) {
        std::istringstream text(text_of(name));
        std::string table;
        std::size_t count = 0;
        for (std::string line; std::getline(text, line);) {
            if (line.starts_with("[")) table = line;
            std::smatch found;
            if (line.starts_with("#") || !std::regex_match(line, found, states) || found[1] == "name") continue;
            EXPECT_TRUE(std::regex_match(found[3].str(), source)) << name << ": " << line;
            if (found[1] == "match") continue;
            ++count;
            const auto key = (table == "[limits]" ? "limits." : "") + found[1].str();
            EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                                    [&](const Line& one) {
                                        return one.profile == name && one.key == key
                                            && one.rule.empty() == (table != "[[rule]]");
                                    }))
                << name << ": " << line;
        }
        EXPECT_EQ(count,
                  std::count_if(lines.begin(), lines.end(), [&](const Line& one) { return one.profile == name; }));
    }
}

TEST(Profiles, want_nothing_of_a_host_that_has_one_as_its_policy) {
    for (const std::string name : names)
        EXPECT_EQ(told(compare(profile(text_of(name)), policy(text_of(name)))), "") << name;
}

TEST(Profiles, ask_of_attempts_what_they_say) {
    const auto demanded = [](const char* name, const char* service) {
        return decide(profile(text_of(name)).policy, {service, "al", {{}}, "al"});
    };
    EXPECT_EQ(demanded("stig", "sudo-i").window, 0s);
    EXPECT_EQ(demanded("stig", "su").window, 0s);
    EXPECT_EQ(demanded("stig", "sshd").window, 15min);
    EXPECT_EQ(demanded("stig", "sudo").level, Level::required);
    EXPECT_FALSE(demanded("pci", "sshd").key_only_allowed);
    EXPECT_FALSE(demanded("nist-aal2", "sshd").permits(FactorKind::email));
    EXPECT_FALSE(demanded("nist-aal2", "sshd").permits(FactorKind::sms));
    EXPECT_EQ(demanded("cis", "login").window, 15min);
}

TEST(Profiles, match_by_services_alone) {
    const auto refused = read_profile("[defaults]\nrequirement = 'required'\n[[rule]]\nname = 'r'\n"
                                      "match = { groups = ['a'], services = ['su'] }\n",
                                      "p");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(), "p:3:1: a rule of a profile matches by services alone");
}

namespace {

const std::string wants = "[defaults]\nrequirement = 'required'\nwindow = '15m'\nkey_only = 'deny'\n"
                          "first_enrollment = 'invite'\n[limits]\nlock_after = 10\n"
                          "[[rule]]\nname = 's'\nmatch = { services = ['sudo'] }\nwindow = '0'\n";
const std::string strict_enough = "[defaults]\nrequirement = 'required'\nwindow = '15m'\nfirst_enrollment = 'invite'\n"
                                  "[[rule]]\nname = 'sudo'\nmatch = { services = ['sudo'] }\nwindow = '0'\n";

}  // namespace

TEST(Deviations, are_found_in_every_rule_that_may_decide_the_same) {
    EXPECT_EQ(told(compare(profile(wants), policy(strict_enough))), "");
    EXPECT_EQ(told(compare(profile(wants),
                           policy(strict_enough
                                  + "[[rule]]\nname = 'robots'\nmatch = { users = ['r'] }\n"
                                    "requirement = 'disabled'\n"))),
              "requirement laxer: required, disabled, rule \"robots\" (host:9)\n");
    EXPECT_EQ(
        told(compare(profile(wants),
                     policy(strict_enough
                            + "[[rule]]\nname = 'keys'\nmatch = { services = ['sshd'] }\n"
                              "key_only = 'allow'\nwindow = '5m'\n"))),
        "window stricter: 15m, 5m, rule \"keys\" (host:9)\nkey_only laxer: deny, allow, rule \"keys\" (host:9)\n");
    EXPECT_EQ(told(compare(profile(wants),
                           policy(strict_enough
                                  + "[[rule]]\nname = 'few'\nmatch = { users = ['al'] }\n"
                                    "limits = { lock_after = 20 }\n"))),
              "limits.lock_after laxer: 10, 20, rule \"few\" (host:9)\n");
}

TEST(Deviations, of_a_service_with_a_rule_of_its_own_are_found_where_that_is_decided) {
    EXPECT_EQ(
        told(compare(profile(wants), policy("[defaults]\nrequirement = 'required'\nfirst_enrollment = 'invite'\n"))),
        "window in sudo laxer: 0s, 15m, [defaults]\n");
    const std::string before = "[defaults]\nrequirement = 'required'\nfirst_enrollment = 'invite'\nwindow = '15m'\n"
                               "[[rule]]\nname = 'dev'\nmatch = { services = ['sudo'], groups = ['dev'] }\n"
                               "requirement = 'optional'\nwindow = '0'\n";
    EXPECT_EQ(told(compare(profile(wants),
                           policy(before
                                  + "[[rule]]\nname = 'sudo'\nmatch = { services = ['sudo'] }\n"
                                    "window = '0'\n"))),
              "requirement in sudo laxer: required, optional, rule \"dev\" (host:5)\n");
}

TEST(Deviations, are_all_told_with_what_is_as_wanted) {
    EXPECT_EQ(told(compare(profile("[defaults]\nrequirement = 'optional'\n[limits]\nceiling = 50\n"),
                           policy("[defaults]\nrequirement = 'optional'\n")),
                   true),
              "requirement as wanted: optional, optional, [defaults]\nlimits.ceiling laxer: 50, 100, [limits]\n");
}

TEST(Deviations, in_factors_are_laxer_by_what_passes_and_stricter_by_what_does_not) {
    const auto bearing = [](const std::string& wanted, const std::string& found) {
        const auto with = [](const std::string& factors) {
            return "[defaults]\nrequirement = 'required'\nallowed_factors = " + factors + "\n";
        };
        return compare(profile(with(wanted)), policy(with(found))).at(1).bearing;
    };
    EXPECT_EQ(bearing("['totp', 'hotp']", "['hotp', 'totp']"), Bearing::as_wanted);
    EXPECT_EQ(bearing("['totp', 'hotp']", "['hotp']"), Bearing::stricter);
    EXPECT_EQ(bearing("['totp', 'hotp']", "['hotp', 'webauthn']"), Bearing::laxer);
}

TEST(Deviations, can_be_found_in_every_key_there_is) {
    const std::string strict = R"([defaults]
requirement = "required"
allowed_factors = ["security-key", "webauthn"]
min_strength = "webauthn"
two_different_factors = true
window = "0"
window_scope = "session"
window_without_tty = "none"
foreground_only = true
weaker_factors = false
key_only = "deny"
security_key_login = "off"
recovery_codes = 0
first_enrollment = "invite"
trusted_keys = { enabled = false }
grace_period = "1d"
required_from = 2027-01-01
report_only = false
[limits]
delay_from = 1
lock_after = 3
lock_for = "24h"
ceiling = 3
source_lock_after = 3
)";
    const std::string lax = R"([defaults]
requirement = "optional"
window = "1h"
window_scope = "user"
window_without_tty = "session"
weaker_factors = true
security_key_login = "verified"
trusted_keys = { enabled = true }
)";
    const auto all = compare(profile(strict), policy(lax));
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& one) { return one.bearing == Bearing::laxer; }), 19)
        << told(all, true);
    for (const auto& key : policy_keys()) {
        if ((key.table != "defaults" && key.table != "limits") || key.name == "triggers") continue;
        const auto name = (key.table == "limits" ? "limits." : "") + std::string(key.name);
        EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Deviation& one) { return one.key == name; })) << name;
    }
}

TEST(Deviations, in_triggers_are_laxer_by_what_no_longer_asks) {
    const auto bearing = [](const std::string& wanted, const std::string& found) {
        const auto with = [](const std::string& triggers) {
            return "[defaults]\nrequirement = 'risk-based'\ntriggers = " + triggers + "\n";
        };
        const auto all = compare(profile(with(wanted)), policy(with(found)));
        return all.at(1).bearing;
    };
    EXPECT_EQ(bearing("['new-device']", "['new-device']"), Bearing::as_wanted);
    EXPECT_EQ(bearing("['new-device']", "['new-device', 'suspicious-ip']"), Bearing::stricter);
    EXPECT_EQ(bearing("['new-device']", "['new-location', 'suspicious-ip']"), Bearing::laxer);
}

TEST(Deviations, count_a_rule_that_only_reports_as_one_that_asks_nothing) {
    EXPECT_EQ(told(compare(profile(wants),
                           policy(strict_enough
                                  + "[[rule]]\nname = 'trial'\nmatch = { users = ['al'] }\n"
                                    "report_only = true\n"))),
              "requirement laxer: required, required, only reported, rule \"trial\" (host:9)\n");
}

TEST(Deviations, count_what_is_required_only_from_a_later_day_on_as_optional) {
    const auto from = [](const std::string& day) {
        return told(compare(profile(wants),
                            policy("[defaults]\nrequirement = 'required'\nwindow = '15m'\n"
                                   "first_enrollment = 'invite'\nrequired_from = "
                                   + day + '\n')));
    };
    EXPECT_NE(from("2099-01-01")
                  .find("requirement laxer: required, required from 2099-01-01 on, [defaults]\n"
                        "key_only laxer: deny, allow, [defaults]\n"),
              std::string::npos)
        << from("2099-01-01");
    EXPECT_EQ(from("2027-06-01"), "window in sudo laxer: 0s, 15m, [defaults]\n") << "the day has come";
    const auto trial
        = policy(strict_enough + "[[rule]]\nname = 'trial'\nmatch = { users = ['al'] }\nrequired_from = 2027-06-02\n");
    EXPECT_NE(
        told(compare(profile(wants), trial)).find("requirement laxer: required, required from 2027-06-02 on, rule"),
        std::string::npos);
}

TEST(Deviations, are_found_in_a_grace_of_which_the_profile_does_not_speak) {
    const auto host = policy("[defaults]\nrequirement = 'required'\ngrace_period = '1d'\n");
    EXPECT_EQ(told(compare(profile("[defaults]\nrequirement = 'required'\n"), host)),
              "grace_period laxer: 0s, 24h, [defaults]\n");
    EXPECT_EQ(told(compare(profile("[defaults]\nrequirement = 'optional'\n"), host)),
              "requirement stricter: optional, required, [defaults]\n");
}
