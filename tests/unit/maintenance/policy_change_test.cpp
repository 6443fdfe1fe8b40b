#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/maintenance/policy_files.hpp"
#include "daemon/maintenance/text_diff.hpp"

namespace stepup {
namespace {

namespace fs = std::filesystem;

TEST(TextDiff, shows_what_was_changed_with_three_lines_around) {
    EXPECT_EQ(text_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "a", "b"),
              "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(TextDiff, is_empty_where_nothing_differs) { EXPECT_EQ(text_diff("1\n2\n", "1\n2\n", "a", "b"), ""); }

TEST(TextDiff, shows_a_new_text_whole_and_a_lost_one) {
    EXPECT_EQ(text_diff("", "1\n2\n", "a", "b"), "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+1\n+2\n");
    EXPECT_EQ(text_diff("1\n", "", "a", "b"), "--- a\n+++ b\n@@ -1 +0,0 @@\n-1\n");
}

TEST(TextDiff, keeps_changes_far_apart_in_hunks_of_their_own_and_near_ones_in_one) {
    std::string text;
    for (char c = 'a'; c <= 'z'; ++c) text += std::string(1, c) + "\n";
    auto far = text;
    far.replace(far.find('c'), 1, "C").replace(far.find('x'), 1, "X");
    const auto diff = text_diff(text, far, "a", "b");
    EXPECT_NE(diff.find("@@ -1,6 +1,6 @@"), std::string::npos) << diff;
    EXPECT_NE(diff.find("@@ -21,6 +21,6 @@"), std::string::npos) << diff;
    auto near = text;
    near.replace(near.find('c'), 1, "C").replace(near.find('h'), 1, "H");
    EXPECT_NE(text_diff(text, near, "a", "b").find("@@ -1,11 +1,11 @@"), std::string::npos);
}

TEST(TextDiff, lets_nothing_control_the_terminal) {
    EXPECT_EQ(text_diff("", "\x1b[2J\tx\n", "a\n", "b"), "--- a?\n+++ b\n@@ -0,0 +1 @@\n+?[2J x\n");
}

struct PolicyFiles : testing::Test {
    PolicyFiles() { fs::create_directory(folder); }
    ~PolicyFiles() override { fs::remove_all(folder); }
    const fs::path folder = fs::path(testing::TempDir()) / ("policy_files" + std::to_string(::getpid()));
    const fs::path file = folder / "policy.toml";

    void has(const std::string& text) { ASSERT_TRUE(write_durably(file, text)); }
    [[nodiscard]] mode_t mode() const {
        struct stat about { };
        ::stat(file.c_str(), &about);
        return about.st_mode & 07777U;
    }
};

TEST_F(PolicyFiles, keep_their_mode_when_they_are_replaced) {
    has("old\n");
    ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
    ASSERT_TRUE(put_in_place({file, "old\n", "new\n"}));
    EXPECT_EQ(read_text(file).value(), "new\n");
    EXPECT_EQ(mode(), 0640U);
}

TEST_F(PolicyFiles, are_everybodys_to_read_when_they_are_new) {
    ASSERT_TRUE(put_in_place({file, "", "new\n"}));
    EXPECT_EQ(mode(), 0644U);
}

TEST_F(PolicyFiles, are_not_replaced_if_somebody_else_changed_them_meanwhile) {
    has("theirs\n");
    const auto done = put_in_place({file, "old\n", "new\n"});
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().text().find("was changed by somebody else meanwhile"), std::string::npos);
    EXPECT_EQ(read_text(file).value(), "theirs\n");
}

TEST_F(PolicyFiles, stay_links_where_they_are_links) {
    has("old\n");
    const auto link = folder / "link.toml";
    fs::create_symlink("policy.toml", link);
    ASSERT_TRUE(put_in_place({link, "old\n", "new\n"}));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(read_text(file).value(), "new\n");
}

TEST_F(PolicyFiles, are_changed_by_one_at_a_time) {
    const auto mine = lock_folder(folder);
    ASSERT_TRUE(mine);
    EXPECT_FALSE(lock_folder(folder));
    EXPECT_FALSE(lock_folder(folder / "missing"));
}

TEST(PolicyTexts, get_a_new_drop_in_in_the_order_of_the_names) {
    const ConfigTexts texts{{"/p.toml", "m"}, {"/p.d/1.toml", "1"}, {"/p.d/3.toml", "3"}};
    const auto with = [&](const char* name) {
        std::string names;
        for (const auto& one : with_change(texts, {name, "", "new"})) names += one.name + "=" + one.text + " ";
        return names;
    };
    EXPECT_EQ(with("/p.d/2.toml"), "/p.toml=m /p.d/1.toml=1 /p.d/2.toml=new /p.d/3.toml=3 ");
    EXPECT_EQ(with("/p.d/4.toml"), "/p.toml=m /p.d/1.toml=1 /p.d/3.toml=3 /p.d/4.toml=new ");
    EXPECT_EQ(with("/p.toml"), "/p.toml=new /p.d/1.toml=1 /p.d/3.toml=3 ");
}

}  // namespace
}  // namespace stepup
