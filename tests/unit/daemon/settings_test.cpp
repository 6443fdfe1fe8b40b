#include "daemon/settings.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace stepup;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;

namespace {

namespace fs = std::filesystem;

Settings good(const std::string& text) {
    auto settings = parse_settings({{"s", text}});
    if (!settings) ADD_FAILURE() << settings.error().text();
    return settings ? *std::move(settings) : Settings{};
}

}  // namespace

TEST(Settings, have_the_documented_defaults_when_nothing_is_said) {
    const auto settings = good("");
    EXPECT_EQ(settings.state, "/var/lib/stepup");
    EXPECT_EQ(settings.runtime, "/run/stepup");
    EXPECT_EQ(settings.policy, "/etc/stepup/policy.toml");
    EXPECT_EQ(settings.master_key, "");
    EXPECT_EQ(settings.max_connections, 1024U);
    EXPECT_EQ(settings.max_per_user, 64U);
    EXPECT_EQ(settings.attempt, 90s);
    EXPECT_THAT(settings.lockers, Contains("swaylock"));
    EXPECT_EQ(settings.issuer, "");
    EXPECT_TRUE(settings.bus);
    EXPECT_EQ(settings.audit_keep, 400 * 24h);
    EXPECT_EQ(settings.log_level, LogLevel::info);
}

TEST(Settings, reads_every_option) {
    const auto settings = good(R"(
[paths]
state = "/s"
runtime = "/r"
policy = "/p"
suspicious = "/l"
locations = "/m.mmdb"
[policy]
profile = "stig"
[keys]
master = "/k"
[door]
max_connections = 100
max_per_user = 50
attempt = "2m"
[lockers]
services = ["mylock"]
[enroll]
issuer = "Example Ltd"
[bus]
enabled = false
[audit]
keep = "90d"
[log]
level = "debug"
)");
    const Settings expected{.state = "/s",
                            .runtime = "/r",
                            .policy = "/p",
                            .profile = "stig",
                            .suspicious = "/l",
                            .locations = "/m.mmdb",
                            .master_key = "/k",
                            .max_connections = 100,
                            .max_per_user = 50,
                            .attempt = 120s,
                            .lockers = {"mylock"},
                            .issuer = "Example Ltd",
                            .bus = false,
                            .audit_keep = 90 * 24h,
                            .log_level = LogLevel::debug};
    EXPECT_EQ(settings, expected);
}

TEST(Settings, let_the_last_file_that_speaks_have_the_last_word) {
    const auto settings = parse_settings({{"stepup.toml", "[paths]\nstate = '/a'\nruntime = '/a'\n"},
                                          {"stepup.d/1.toml", "[paths]\nstate = '/b'\n"},
                                          {"stepup.d/2.toml", "[enroll]\nissuer = 'x'\n"}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->state, "/b");
    EXPECT_EQ(settings->runtime, "/a");
    EXPECT_EQ(settings->issuer, "x");
}

namespace {

struct Refused {
    std::string text;
    std::string told;
};
void PrintTo(const Refused& one, std::ostream* out) { *out << one.told; }
class SettingsRefused : public testing::TestWithParam<Refused> { };

}  // namespace

TEST_P(SettingsRefused, is_told_with_its_place) {
    const auto settings = parse_settings({{"s", GetParam().text}});
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().text(), GetParam().told);
}

INSTANTIATE_TEST_SUITE_P(
    Files, SettingsRefused,
    testing::Values(
        Refused{"[path]\n", "s:1:2: unknown key \"path\" at the top; did you mean \"paths\"?"},
        Refused{"state = '/x'\n",
                "s:1:1: unknown key \"state\" at the top; there is \"paths\", \"policy\", \"keys\", \"door\", "
                "\"lockers\", \"enroll\", \"bus\", \"audit\", \"log\""},
        Refused{"paths = '/x'\n", "s:1:1: paths: must be a table"},
        Refused{"[paths]\nstatus = '/x'\n", "s:2:1: unknown key \"status\" in [paths]; did you mean \"state\"?"},
        Refused{"[paths]\nstate = 'x'\n", "s:2:9: state: must be an absolute path"},
        Refused{"[paths]\nstate = ''\n", "s:2:9: state: must be an absolute path"},
        Refused{"[paths]\nstate = \"/a\\u0000b\"\n", "s:2:9: state: must be printable"},
        Refused{"[keys]\nmaster = 7\n", "s:2:10: master: must be a string, not an integer"},
        Refused{"[keys]\nmaster = 'key'\n", "s:2:10: master: must be an absolute path"},
        Refused{"[door]\nattempt = '9s'\n", "s:2:11: attempt: must be 10s to 5m"},
        Refused{"[door]\nattempt = '301s'\n", "s:2:11: attempt: must be 10s to 5m"},
        Refused{"[door]\nattempt = 90\n", "s:2:11: attempt: needs a unit: \"90s\" for seconds, or m, h, d"},
        Refused{"[door]\nmax_connections = 15\n", "s:2:19: max_connections: must be 16 to 65536"},
        Refused{"[door]\nmax_connections = 100\nmax_per_user = 51\n",
                "s: door.max_per_user is more than half of door.max_connections: one user could keep the others out"},
        Refused{"[lockers]\nservices = ['a', 'a']\n", "s:2:18: services: \"a\" is named twice"},
        Refused{"[enroll]\nissuer = 'a:b'\n",
                "s:2:10: issuer: must be at most 64 printable characters without a colon"},
        Refused{"[bus]\nenabled = 'yes'\n", "s:2:11: enabled: must be true or false, not a string"},
        Refused{"[log]\nlevel = 'verbose'\n",
                "s:2:9: level: \"verbose\" is none of \"error\", \"warning\", \"info\", \"debug\""}));

namespace {

/// Removes the # before each `key = value`; prose has a blank behind its #.
std::string uncommented(std::string text) {
    for (auto at = text.find("\n#"); at != text.npos; at = text.find("\n#", at + 1))
        if (text[at + 2] != ' ') text.erase(at + 1, 1);
    return text;
}

}  // namespace

TEST(ExampleFile, is_the_one_that_is_packaged) {
    std::ostringstream packaged;
    packaged << std::ifstream(std::string(std::getenv("STEPUP_SOURCE")) + "/packaging/stepup.toml").rdbuf();
    EXPECT_EQ(packaged.str(), example_file()) << "write it anew from stepup::example_file()";
}

TEST(ExampleFile, changes_nothing_as_it_is_nor_with_every_default_spelled_out) {
    EXPECT_EQ(good(example_file()), good(""));
    EXPECT_EQ(good(uncommented(example_file())), good(""));
    EXPECT_NE(uncommented(example_file()), example_file());
}

TEST(LoadSettings, reads_drop_ins_beside_the_file_and_takes_a_missing_file_for_an_empty_one) {
    std::string name = "/tmp/stepup-settings-XXXXXX";
    const fs::path folder = ::mkdtemp(name.data());
    const auto settings = load_settings(folder / "stepup.toml");
    ASSERT_TRUE(settings);
    EXPECT_EQ(*settings, good(""));

    fs::create_directory(folder / "stepup.d");
    std::ofstream(folder / "stepup.d/b.toml") << "[enroll]\nissuer = 'b'\n";
    std::ofstream(folder / "stepup.d/a.toml") << "[enroll]\nissuer = 'a'\n";
    EXPECT_EQ(load_settings(folder / "stepup.toml")->issuer, "b");
    std::ofstream(folder / "stepup.toml") << "[enrol]\n";
    EXPECT_EQ(load_settings(folder / "stepup.toml").error().text(),
              (folder / "stepup.toml").native() + ":1:2: unknown key \"enrol\" at the top; did you mean \"enroll\"?");

    // A file that is there but cannot be read is no missing file.
    fs::remove(folder / "stepup.toml");
    fs::create_symlink(folder / "nowhere", folder / "stepup.toml");
    EXPECT_FALSE(load_settings(folder / "stepup.toml"));
    fs::remove_all(folder);
}
