#include "policy/load.hpp"

#include <fstream>
#include <sstream>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/decide.hpp"

using namespace stepup;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

namespace {

namespace fs = std::filesystem;

const std::string lax = "[defaults]\nrequirement = 'disabled'\n";
const std::string middling = "[defaults]\nrequirement = 'optional'\n";
const std::string broken = "[defaults]\nrequirement = 'optionel'\n";

class LoadPolicy : public testing::Test {
protected:
    LoadPolicy() {
        std::string name = "/tmp/stepup-load-XXXXXX";
        folder = ::mkdtemp(name.data());
        fs::create_directories(folder / "state");
        fs::create_directories(folder / "policy.d");
    }
    ~LoadPolicy() override { fs::remove_all(folder); }
    LoadPolicy(const LoadPolicy&) = delete;
    LoadPolicy& operator=(const LoadPolicy&) = delete;

    void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(folder / name).rdbuf();
        return text.str();
    }
    [[nodiscard]] Loaded start() const { return load_or_last_good(folder / "policy.toml", folder / "state"); }
    [[nodiscard]] static std::vector<std::string> told(const Loaded& loaded) {
        std::vector<std::string> texts;
        for (const auto& problem : loaded.problems) texts.push_back(problem.text());
        return texts;
    }

    fs::path folder;
};

}  // namespace

TEST_F(LoadPolicy, reads_drop_ins_in_the_order_of_their_names_and_nothing_else) {
    const auto rule = [](const std::string& name) {
        return "[[rule]]\nname = '" + name + "'\nmatch = { users = ['" + name + "'] }\n";
    };
    write("policy.toml", middling);
    write("policy.d/20-b.toml", rule("b"));
    write("policy.d/10-a.toml", rule("a"));
    write("policy.d/30-c.toml.dpkg-old", "nonsense");
    write("policy.d/.hidden.toml", "nonsense");
    const auto policy = load(folder / "policy.toml");
    ASSERT_TRUE(policy) << policy.error().text();
    ASSERT_EQ(policy->rules.size(), 2U);
    EXPECT_EQ(policy->rules[0].name, "a");
    EXPECT_EQ(policy->rules[1].name, "b");
    EXPECT_EQ(policy->rules[1].file, folder / "policy.d/20-b.toml");
}

TEST_F(LoadPolicy, needs_no_folder_of_drop_ins) {
    fs::remove(folder / "policy.d");
    write("policy.toml", middling);
    EXPECT_TRUE(load(folder / "policy.toml"));
}

TEST_F(LoadPolicy, names_the_drop_in_that_is_wrong) {
    write("policy.toml", middling);
    write("policy.d/x.toml", "[[rule]]\n");
    EXPECT_EQ(load(folder / "policy.toml").error().text(),
              (folder / "policy.d/x.toml").native() + ":1:1: the rule has no name");
}

TEST_F(LoadPolicy, refuses_what_is_no_plain_file_of_reasonable_size) {
    const auto told_of_main = [&] { return load(folder / "policy.toml").error().text(); };
    const auto main = (folder / "policy.toml").native();
    EXPECT_EQ(told_of_main(), main + ": cannot be opened: No such file or directory");
    ASSERT_EQ(::mkfifo(main.c_str(), 0600), 0);
    EXPECT_EQ(told_of_main(), main + ": is not a regular file");  // and does not wait for a writer
    fs::remove(main);
    write("policy.toml", std::string(1024 * 1024 + 1, '#'));
    EXPECT_EQ(told_of_main(), main + ": is larger than 1 MiB");
    write("policy.toml", middling);
    fs::remove(folder / "policy.d");
    write("policy.d", "");
    EXPECT_EQ(told_of_main(), (folder / "policy.d").native() + ": cannot be listed: Not a directory");
}

TEST_F(LoadPolicy, names_the_drop_in_that_is_no_plain_file) {
    write("policy.toml", middling);
    fs::create_directory(folder / "policy.d/x.toml");
    EXPECT_EQ(load(folder / "policy.toml").error().text(),
              (folder / "policy.d/x.toml").native() + ": is not a regular file");
}

TEST_F(LoadPolicy, a_main_file_that_may_be_missing_counts_as_empty_but_is_read_if_it_is_there) {
    const auto main = folder / "policy.toml";
    EXPECT_EQ(read_config(main, MainFile::may_be_missing).value(), (ConfigTexts{{main.native(), ""}}));
    write("policy.toml", middling);
    EXPECT_EQ(read_config(main, MainFile::may_be_missing).value(), (ConfigTexts{{main.native(), middling}}));
    fs::remove(main);
    fs::create_symlink(folder / "nowhere", main);
    EXPECT_FALSE(read_config(main, MainFile::may_be_missing)) << "a link to nothing is not nothing";
}

TEST_F(LoadPolicy, uses_a_good_file_and_keeps_it_privately) {
    write("policy.toml", middling);
    const auto loaded = start();
    EXPECT_EQ(loaded.origin, Origin::files);
    EXPECT_THAT(loaded.problems, IsEmpty());
    struct stat about { };
    ASSERT_EQ(::stat((folder / "state/policy.good").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600U);
    EXPECT_FALSE(fs::exists(folder / "state/policy.good.new"));
}

TEST_F(LoadPolicy, goes_on_with_the_last_good_policy_when_the_file_breaks_also_after_a_restart) {
    write("policy.toml", middling);
    write("policy.d/a.toml", "[[rule]]\nname = 'a'\nmatch = { users = ['a'] }\nrequirement = 'required'\n");
    const auto before = start();
    write("policy.toml", broken);
    for (int restart = 0; restart < 2; ++restart) {
        const auto loaded = start();
        EXPECT_EQ(loaded.origin, Origin::last_good);
        EXPECT_EQ(loaded.policy, before.policy);
        EXPECT_THAT(told(loaded),
                    ElementsAre(EndsWith("policy.toml:2:15: requirement: \"optionel\" is none of "
                                         "\"disabled\", \"optional\", \"risk-based\", \"required\"; did you mean "
                                         "\"optional\"?")));
    }
}

TEST_F(LoadPolicy, goes_on_with_the_last_good_policy_when_the_file_is_gone_or_was_cut_to_nothing) {
    write("policy.toml", middling);
    const auto before = start();
    write("policy.toml", "");
    EXPECT_EQ(start().origin, Origin::last_good);
    fs::remove(folder / "policy.toml");
    EXPECT_EQ(start().origin, Origin::last_good);
    EXPECT_EQ(start().policy, before.policy);
}

TEST_F(LoadPolicy, keeps_the_newer_of_two_good_ones) {
    write("policy.toml", lax);
    EXPECT_EQ(start().policy.defaults.level, Level::disabled);
    write("policy.toml", middling);
    EXPECT_EQ(start().policy.defaults.level, Level::optional);
    write("policy.toml", broken);
    EXPECT_EQ(start().policy.defaults.level, Level::optional);
}

TEST_F(LoadPolicy, does_not_write_again_what_it_has_kept) {
    write("policy.toml", middling);
    (void)start();
    struct stat first { };
    struct stat second { };
    ASSERT_EQ(::stat((folder / "state/policy.good").c_str(), &first), 0);
    (void)start();
    ASSERT_EQ(::stat((folder / "state/policy.good").c_str(), &second), 0);
    EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(LoadPolicy, is_the_strictest_when_there_never_was_a_good_one) {
    for (const bool exists : {false, true}) {
        if (exists) write("policy.toml", broken);
        const auto loaded = start();
        EXPECT_EQ(loaded.origin, Origin::built_in);
        EXPECT_EQ(decide(loaded.policy, {"sshd", "al", {{}}, "al"}), strictest());
        EXPECT_EQ(loaded.problems.size(), 2U);
        EXPECT_FALSE(fs::exists(folder / "state/policy.good"));
    }
}

TEST_F(LoadPolicy, never_believes_a_kept_copy_that_is_cut_short_or_strange) {
    write("policy.toml", middling);
    (void)start();
    const auto kept = read("state/policy.good");
    write("policy.toml", broken);
    ASSERT_EQ(start().origin, Origin::last_good);
    for (std::size_t length = 0; length < kept.size(); ++length) {
        write("state/policy.good", kept.substr(0, length));
        EXPECT_EQ(start().origin, Origin::built_in) << length;
    }
    for (const std::string_view strange : {"stepup policy 2\n", "stepup policy 1\nx p\n", "stepup policy 1\n1\nx",
                                           "stepup policy 1\n1x p\nx", "stepup policy 1\n99999999999999999999 p\n"}) {
        write("state/policy.good", std::string(strange));
        EXPECT_EQ(start().origin, Origin::built_in) << strange;
    }
    write("state/policy.good", kept + "x");
    EXPECT_EQ(start().origin, Origin::built_in);
}

TEST_F(LoadPolicy, keeps_names_with_line_breaks_from_passing_for_another_file) {
    write("policy.toml", middling);
    write("policy.d/a\nb.toml", "[[rule]]\nname = 'a'\nmatch = { users = ['a'] }\n");
    ASSERT_EQ(start().origin, Origin::files);
    write("policy.toml", broken);
    EXPECT_EQ(start().origin, Origin::last_good);
}

TEST_F(LoadPolicy, uses_a_good_file_although_the_copy_cannot_be_kept_and_says_so) {
    write("policy.toml", middling);
    fs::remove(folder / "state");
    const auto loaded = start();
    EXPECT_EQ(loaded.origin, Origin::files);
    EXPECT_EQ(loaded.policy.defaults.level, Level::optional);
    EXPECT_THAT(told(loaded), ElementsAre(EndsWith("policy.good.new: cannot be made: No such file or directory")));
}

TEST_F(LoadPolicy, replaces_what_a_crash_left_and_follows_no_link) {
    write("policy.toml", middling);
    write("victim", "untouched");
    fs::create_symlink(folder / "victim", folder / "state/policy.good.new");
    EXPECT_THAT(start().problems, IsEmpty());
    EXPECT_EQ(read("victim"), "untouched");
    EXPECT_FALSE(fs::is_symlink(folder / "state/policy.good"));
}
