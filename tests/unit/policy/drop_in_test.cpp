#include "policy/drop_in.hpp"

#include <gtest/gtest.h>

#include "policy/load.hpp"

using namespace stepup;
namespace fs = std::filesystem;

namespace {

const std::string main_text
    = "[defaults]\nrequirement = 'optional'\n[[rule]]\nname = 'al'\nmatch = { users = ['al'] }\n";
std::string rule(const std::string& user) {
    return "[[rule]]\nname = 'set for " + user + "'\nmatch = { users = ['" + user + "'] }\nrequirement = 'disabled'\n";
}

struct DropIn : testing::Test {
    DropIn() {
        fs::create_directories(state);
        EXPECT_TRUE(write_durably(main, main_text));
    }
    ~DropIn() override { fs::remove_all(folder); }
    const fs::path folder = fs::path(testing::TempDir()) / ("drop_in" + std::to_string(::getpid()));
    const fs::path state = folder / "state";
    const fs::path main = folder / "policy.toml";

    std::string set(const std::string& name, const std::string& text) {
        const auto change = drop_in_change(main, state, name, text, {FactorKind::totp, FactorKind::recovery_code});
        if (!change) return change.error().text();
        const auto stored = store(*change);
        return stored ? "from \"" + change->before + "\"" : stored.error().text();
    }
    std::string rules() {
        std::string names;
        for (const auto& one : load_or_last_good(main, state).policy.rules) names += one.name + ", ";
        return names;
    }
};

}  // namespace

TEST_F(DropIn, stands_behind_all_others_in_the_order_of_the_names) {
    fs::create_directory(folder / "policy.d");
    EXPECT_TRUE(write_durably(folder / "policy.d/z.toml", rule("zoe")));
    EXPECT_EQ(set("b", rule("bo")), "from \"\"");
    EXPECT_EQ(set("a", rule("carl")), "from \"\"");
    EXPECT_EQ(rules(), "al, set for zoe, set for carl, set for bo, ");
}

TEST_F(DropIn, is_replaced_and_taken_away) {
    EXPECT_EQ(set("a", rule("bo")), "from \"\"");
    EXPECT_EQ(set("a", rule("carl")), "from \"" + rule("bo") + "\"");
    EXPECT_EQ(rules(), "al, set for carl, ");
    EXPECT_EQ(set("a", ""), "from \"" + rule("carl") + "\"");
    EXPECT_EQ(rules(), "al, ");
    EXPECT_EQ(set("a", ""), (state / "policy.d/a.toml").native() + ": there is no such drop-in");
}

TEST_F(DropIn, changes_nothing_if_nobody_could_pass_by_what_this_version_has) {
    EXPECT_EQ(set("a", "[[rule]]\nname = 'x'\nmatch = { services = ['sshd'] }\nallowed_factors = ['sms']\n"),
              (state / "policy.d/a.toml").native()
                  + ":1:1: nobody could pass: this version has no sms, it has totp and recovery-code");
    EXPECT_EQ(rules(), "al, ");
}

TEST_F(DropIn, changes_nothing_if_the_policy_would_not_be_good) {
    EXPECT_EQ(set("a", rule("bo")), "from \"\"");
    const auto file = (state / "policy.d/a.toml").native();
    EXPECT_EQ(set("a", "[[rule]]\nname = 'x'\n"),
              file
                  + ":1:1: the rule has no match; what holds for everyone stands in "
                    "[defaults]");
    EXPECT_EQ(set("a", "[defaults]\nrequirement = 'disabled'\n"),
              file + ":1:2: [defaults] belongs in the main file; a drop-in holds rules");
    EXPECT_EQ(set("a", rule("al")),
              file + ":1:1: the rule can never decide: the one at " + main.native()
                  + ":3 matches all that this one does");
    EXPECT_EQ(set("a", std::string(4097, ' ')), file + ": may have 4096 bytes at most");
    EXPECT_EQ(rules(), "al, set for bo, ");
}

TEST_F(DropIn, has_a_name_that_leads_nowhere_else) {
    for (const std::string name : {"", "../policy", "a/b", ".", "a.toml", "a b", std::string(65, 'a').c_str()})
        EXPECT_EQ(set(name, rule("bo")),
                  (state / "policy.d").native() + ": a name is 1 to 64 letters, digits, \"-\" and \"_\"");
}

TEST_F(DropIn, that_cannot_be_written_is_told) {
    EXPECT_TRUE(write_durably(state / "policy.d", "a file where the folder should be"));
    EXPECT_NE(set("a", rule("bo")).find("cannot be"), std::string::npos);
}
