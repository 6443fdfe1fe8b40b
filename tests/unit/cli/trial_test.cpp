#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "cli/trial/record.hpp"

namespace stepup::trial {
namespace {

namespace fs = std::filesystem;

/// A /proc of our own.
class Trial : public ::testing::Test {
protected:
    Trial() {
        std::string name = fs::temp_directory_path() / "stepup-proc-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
        proc = name;
    }
    ~Trial() override { fs::remove_all(proc); }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    /// A process that began `ticks` after the boot, in hundredths of a second.
    void process(int pid, int parent, std::uint64_t ticks, const std::string& session) const {
        fs::create_directories(proc / std::to_string(pid));
        std::ofstream(proc / std::to_string(pid) / "stat")
            << pid << " (a) b) S " << parent << " 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " << ticks << " 0 0\n";
        std::ofstream(proc / std::to_string(pid) / "sessionid") << session;
    }
    fs::path proc;
};

constexpr std::uint64_t second = 1'000'000'000;

TEST_F(Trial, a_login_began_with_the_first_process_of_its_session) {
    process(1, 0, 0, "4294967295");
    process(10, 1, 500, "4294967295");
    process(20, 10, 1000, "7");
    process(30, 20, 1200, "7\n");
    process(40, 30, 9000, "7");
    const auto login = login_of(proc, 40);
    ASSERT_TRUE(login);
    EXPECT_EQ(login->session, 7U);
    EXPECT_EQ(login->began, 10 * second);
}

TEST_F(Trial, what_cannot_be_read_is_no_login) {
    EXPECT_FALSE(login_of(proc, 40));
    process(40, 1, 9000, "x");
    EXPECT_FALSE(login_of(proc, 40));
}

TEST_F(Trial, only_a_later_login_of_another_session_is_fresh) {
    const Record record{100 * second, 7, {}};
    EXPECT_TRUE(is_fresh({8, 101 * second}, record));
    EXPECT_FALSE(is_fresh({7, 101 * second}, record)) << "the session that began the trial";
    EXPECT_FALSE(is_fresh({8, 99 * second}, record)) << "older than the trial";
    EXPECT_FALSE(is_fresh({UINT32_MAX, 101 * second}, record)) << "no login at all";
}

TEST_F(Trial, a_record_is_read_as_it_was_written) {
    const Record record{123, 7, {{"/etc/pam.d/sudo", "/etc/stepup/backup/sudo.1"}, {"/etc/ssh/drop in", ""}}};
    const auto read = decode(encode(record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->began, 123U);
    EXPECT_EQ(read->session, 7U);
    ASSERT_EQ(read->files.size(), 2U);
    EXPECT_EQ(read->files[0].backup, "/etc/stepup/backup/sudo.1");
    EXPECT_EQ(read->files[1].path, "/etc/ssh/drop in");
    EXPECT_EQ(read->files[1].backup, "");
}

TEST_F(Trial, anything_else_is_no_record) {
    for (const char* text : {"", "began 1\nsession 2\n", "file /a\tb\nbegan x\n", "nonsense\n", "file /a\n"})
        EXPECT_FALSE(decode(text)) << text;
}

}  // namespace
}  // namespace stepup::trial
