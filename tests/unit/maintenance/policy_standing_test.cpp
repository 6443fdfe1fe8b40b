#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/maintenance/policy.hpp"
#include "policy/load.hpp"

namespace stepup {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Millis a_sunday = Millis(1'795'325'149'983);  // 2026-11-22 05:25:49 UTC

const std::string by_default = "[defaults]\nrequirement = \"optional\"\n";
const std::string for_sudo
    = "[[rule]]\nname = \"sudo\"\nmatch = { services = [\"sudo\"] }\nrequirement = \"required\"\n";

class PolicyStandingTest : public ::testing::Test {
protected:
    PolicyStandingTest() {
        ::setenv("TZ", "UTC0", 1);
        ::tzset();
        std::string name = fs::temp_directory_path() / "stepup-standing-XXXXXX";
        root = ::mkdtemp(name.data());
        settings.policy = root / "policy.toml";
        settings.state = root / "state";
        fs::create_directory(settings.state);
    }
    ~PolicyStandingTest() override { fs::remove_all(root); }

    void write(const std::string& text) const { std::ofstream(settings.policy) << text; }
    /// What stepupd does when it starts or reloads.
    void load() const { (void)load_or_last_good(settings.policy, settings.state); }
    [[nodiscard]] json told() const { return json::parse(standing_json(settings, a_sunday)); }
    /// The same of a policy that is in force.
    [[nodiscard]] json told_of(const std::string& text) const {
        write(text);
        load();
        return told();
    }

    fs::path root;
    Settings settings;
};

TEST_F(PolicyStandingTest, is_that_of_the_files_once_they_are_in_force) {
    write(by_default + for_sudo);
    EXPECT_TRUE(told().at("differs")) << "stepupd has not read them yet";
    load();
    EXPECT_EQ(told(),
              json({{"in_force", "files"},
                    {"problem", ""},
                    {"differs", false},
                    {"rules", 1},
                    {"warnings", json::array()},
                    {"report_only", json::array()},
                    {"delays", json::array()}}));
    write(by_default);
    EXPECT_TRUE(told().at("differs"));
}

TEST_F(PolicyStandingTest, is_that_of_the_last_good_policy_while_the_files_are_broken) {
    write(by_default + "windw = \"1m\"\n");
    EXPECT_EQ(told().at("in_force"), "built in");
    (void)told_of(by_default + for_sudo);
    write(by_default + "windw = \"1m\"\n");
    const auto broken = told();
    EXPECT_EQ(broken.at("in_force"), "last good");
    EXPECT_NE(broken.at("problem").get<std::string>().find("policy.toml:3:1: unknown key"), std::string::npos);
    EXPECT_EQ(broken.at("rules"), 1);
}

TEST_F(PolicyStandingTest, names_groups_that_nobody_knows) {
    const auto warnings = told_of(by_default
                                  + "[[rule]]\nname = \"a\"\nmatch = { groups = [\"no-such-group\"] }\n"
                                    "requirement = \"required\"\n")
                              .at("warnings");
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].get<std::string>().find("knows no group \"no-such-group\""), std::string::npos);
}

TEST_F(PolicyStandingTest, names_what_only_reports_where_it_stands) {
    EXPECT_EQ(told_of(by_default + for_sudo + "report_only = true\n").at("report_only"), json({"rule \"sudo\""}));
    EXPECT_EQ(told_of(by_default + "report_only = true\n" + for_sudo).at("report_only"), json({"[defaults]"}));
}

TEST_F(PolicyStandingTest, tells_how_long_who_has_not_enrolled_is_let_in) {
    EXPECT_EQ(told_of(by_default + for_sudo + "required_from = 2026-12-02\ngrace_period = \"7d\"\n").at("delays"),
              json({{{"where", "rule \"sudo\""}, {"days", 10}, {"grace", "7d"}}}));
    EXPECT_EQ(told_of(by_default + for_sudo + "required_from = 2026-11-22\n").at("delays"), json::array())
        << "the day has come";
    EXPECT_EQ(told_of(by_default + for_sudo + "report_only = true\ngrace_period = \"7d\"\n").at("delays"),
              json::array())
        << "everybody is let in";
    const std::string required = "[defaults]\nrequirement = \"required\"\ngrace_period = \"2h\"\n";
    EXPECT_EQ(told_of(required + for_sudo).at("delays"),
              json({{{"where", "[defaults]"}, {"days", 0}, {"grace", "2h"}}}))
        << "the rule has it from there";
}

TEST_F(PolicyStandingTest, names_what_is_laxer_than_the_profile_that_the_host_follows) {
    settings.profile = root / "ours.toml";
    EXPECT_NE(told_of(by_default).at("profile").at("problem"), "") << "there is none";
    std::ofstream(settings.profile) << "[defaults]\nrequirement = \"required\"\nwindow = \"15m\"\n";
    EXPECT_EQ(told().at("profile"), json({{"name", settings.profile}, {"problem", ""}, {"laxer", {"requirement"}}}));
    EXPECT_EQ(told_of("[defaults]\nrequirement = \"required\"\n").at("profile").at("laxer"), json::array());
}

}  // namespace
}  // namespace stepup
