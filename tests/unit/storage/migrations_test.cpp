#include "killing.hpp"
#include "support.hpp"

#include "daemon/storage/migrations.hpp"

namespace stepup::test {
namespace {

namespace fs = std::filesystem;

/// Ours, and two that are yet to come.
std::vector<Migration> longer() {
    std::vector<Migration> steps(migrations().begin(), migrations().end());
    steps.push_back({"x",
                     "CREATE TABLE one(x INTEGER) STRICT; INSERT INTO one VALUES (1), (2);"
                     "ALTER TABLE enrollment ADD COLUMN extra INTEGER; UPDATE enrollment SET extra = 7;"});
    steps.push_back({"y",
                     "CREATE TABLE two(x INTEGER) STRICT; INSERT INTO two SELECT x FROM one;"
                     "DROP TABLE one; UPDATE enrollment SET extra = extra + 1;"});
    return steps;
}

class Migrating : public testing::Test {
protected:
    Migrating() {
        (void)store_.enroll(alice);
        store_.close();
        folder_ = fs::path(store_.path()).parent_path();
        fs::copy(folder_, before_.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    }
    void start_over() {
        for (const auto& file : fs::directory_iterator(folder_)) fs::remove(file);
        fs::copy(before_.path(), folder_, fs::copy_options::recursive);
    }
    Result<> migrate(const std::vector<Migration>& steps) {
        return Database::open(store_.path(), Database::Access::write, nullptr, steps).map([](const Database&) {});
    }
    [[nodiscard]] int version() { return static_cast<int>(store_.number("PRAGMA user_version")); }

    Store store_;
    TempFolder before_;
    fs::path folder_;
    const int ours_ = static_cast<int>(migrations().size());
};

TEST_F(Migrating, killed_before_any_change_of_a_file_is_finished_by_the_next_start) {
    const auto steps = longer();
    bool halfway = false;
    unsigned kills = 0;
    for (bool done = false; !done; ++kills) {
        start_over();
        const bool killed = killed_before_change(kills, [&]() -> std::function<void()> {
            return [&] {
                if (!migrate(steps)) ::_exit(1);
            };
        });
        const int reached = version();
        EXPECT_GE(reached, ours_);
        halfway = halfway || reached == ours_ + 1;
        done = !killed || reached == ours_ + 2;  // what comes after fills the log
        const auto finished = migrate(steps);
        ASSERT_TRUE(finished) << "killed before change " << kills << ": " << finished.error().why;
        EXPECT_EQ(version(), ours_ + 2);
        EXPECT_EQ(store_.number("SELECT extra FROM enrollment"), 8) << "killed before change " << kills;
        EXPECT_EQ(store_.number("SELECT count(*) FROM two"), 2);
    }
    EXPECT_GT(kills, 10u);
    EXPECT_TRUE(halfway) << "no kill between the two";
}

TEST_F(Migrating, a_new_database_whose_making_is_killed_before_any_change_is_finished_by_the_next_start) {
    for (unsigned kills = 0;; ++kills) {
        for (const auto& file : fs::directory_iterator(folder_)) fs::remove(file);
        const bool killed = killed_before_change(kills, [&]() -> std::function<void()> {
            return [&] {
                if (!migrate({migrations().begin(), migrations().end()})) ::_exit(1);
            };
        });
        ASSERT_TRUE(killed);
        const bool made = fs::exists(store_.path()) && version() == ours_;
        ASSERT_TRUE(migrate({migrations().begin(), migrations().end()})) << "killed before change " << kills;
        EXPECT_EQ(store_.number("SELECT count(*) FROM enrollment"), 0);
        if (made) break;
    }
}

TEST_F(Migrating, by_a_broken_file_leaves_the_old_schema_and_says_so) {
    auto steps = longer();
    steps[static_cast<std::size_t>(ours_) + 1].sql = "CREATE TABLE two(x INTEGER) STRICT; DROP TABLE one;"
                                                     "UPDATE enrollment SET nonsense = 1;";
    const auto migrated = migrate(steps);
    ASSERT_FALSE(migrated);
    EXPECT_STREQ(migrated.error().why, "the database cannot be brought up to date; it stays as it was");
    EXPECT_EQ(version(), ours_ + 1);
    EXPECT_EQ(store_.number("SELECT count(*) FROM one"), 2) << "half of the broken one stayed";
    EXPECT_TRUE(migrate(longer())) << "the repaired one finishes it";
}

TEST_F(Migrating, is_refused_for_a_database_that_a_newer_stepup_wrote) {
    ASSERT_TRUE(migrate(longer()));
    const auto opened = migrate({migrations().begin(), migrations().end()});
    ASSERT_FALSE(opened);
    EXPECT_STREQ(opened.error().why, "the database was written by a newer StepUp; install that version again");
    EXPECT_EQ(version(), ours_ + 2);
}

}  // namespace
}  // namespace stepup::test
