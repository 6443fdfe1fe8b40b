#include "policy/setting.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

const std::string file = R"(# our policy
[defaults]   # everybody
requirement = "optional"   # for now
window      = "15m"
allowed_factors = [
    "totp",   # phones
    "hotp",
]

[[rule]]
name  = "admins"   # größe
match = { groups = ["sudo"] }
limits = { lock_after = 5 }   # few

[[rule]]
name = "last"
match = { users = ["zoe"] })";

std::string set(std::string_view key, std::string_view value, std::string_view rule = "", std::string text = file) {
    const auto done = with_setting(text, "p", setting_path(key, rule), value);
    return done ? *done : "refused: " + done.error().text();
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
    return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST(Setting, puts_a_value_in_the_place_of_the_old_one_and_leaves_every_other_byte) {
    EXPECT_EQ(set("window", "\"5m\""), replaced(file, "\"15m\"", "\"5m\""));
    EXPECT_EQ(set("defaults.requirement", "\"required\""), replaced(file, "\"optional\"", "\"required\""));
    EXPECT_EQ(set("match", "{ users = [\"al\"] }", "admins"),
              replaced(file, "{ groups = [\"sudo\"] }", "{ users = [\"al\"] }"));
    EXPECT_EQ(set("limits.lock_after", "7", "admins"), replaced(file, "lock_after = 5", "lock_after = 7"));
}

TEST(Setting, replaces_a_value_of_several_lines_as_a_whole) {
    EXPECT_EQ(set("allowed_factors", "[\"hotp\"]"),
              replaced(file, "[\n    \"totp\",   # phones\n    \"hotp\",\n]", "[\"hotp\"]"));
}

TEST(Setting, adds_a_new_key_as_the_last_line_of_its_table) {
    EXPECT_EQ(set("key_only", "\"deny\""), replaced(file, "\"hotp\",\n]\n", "\"hotp\",\n]\nkey_only = \"deny\"\n"));
    EXPECT_EQ(set("window", "\"1m\"", "admins"), replaced(file, "# few\n", "# few\nwindow = \"1m\"\n"));
    EXPECT_EQ(set("window", "\"1m\"", "last"), file + "\nwindow = \"1m\"\n") << "the file ended within a line";
    const std::string aligned = "[defaults]\nrequirement        = \"optional\"\n";
    EXPECT_EQ(set("window", "\"1m\"", "", aligned), aligned + "window             = \"1m\"\n");
}

TEST(Setting, adds_a_table_that_there_is_not) {
    EXPECT_EQ(set("lock_after", "5"), file + "\n\n[limits]\nlock_after = 5\n");
    EXPECT_EQ(set("limits.lock_after", "5"), set("lock_after", "5"));
}

TEST(Setting, gives_up_where_it_cannot_be_sure_to_change_that_value_alone) {
    const std::string braces = "defaults = { requirement = \"optional\" }\n";
    EXPECT_EQ(set("window", "\"1m\"", "", braces),
              "refused: p: \"window\" stands in a table that only `stepup policy edit` can change");
    EXPECT_EQ(set("requirement", "\"required\"", "", braces), replaced(braces, "optional", "required"));
    EXPECT_EQ(set("limits.delay_from", "2", "admins"),
              "refused: p: \"delay_from\" stands in a table that only `stepup policy edit` can change");
}

TEST(Setting, refuses_what_is_no_single_value) {
    EXPECT_EQ(set("window", "1\nkey_only = \"allow\""), "refused: value: must stand on one line");
    EXPECT_NE(set("window", "15m").find("refused: value:1:"), std::string::npos);
    EXPECT_NE(set("window", "").find("refused: value:1:"), std::string::npos);
    EXPECT_EQ(set("window", "\"1m\"", "nobody"), "refused: p: there is no rule \"nobody\"");
    EXPECT_EQ(set("limits.a.b", "1"), "refused: p: there is no table \"a\"");
    EXPECT_NE(set("window", "\"1m\"", "", "[defaults\n").find("is not TOML"), std::string::npos);
}

TEST(Setting, quotes_what_people_type) {
    EXPECT_EQ(as_toml_text("15m"), "\"15m\"");
    EXPECT_EQ(as_toml_text("a\"b\\c\n"), "\"a\\\"b\\\\c?\"");
    EXPECT_TRUE(is_toml_value("true"));
    EXPECT_TRUE(is_toml_value("[1, 2]"));
    EXPECT_FALSE(is_toml_value("15m"));
    EXPECT_FALSE(is_toml_value("1\nb = 2"));
}
