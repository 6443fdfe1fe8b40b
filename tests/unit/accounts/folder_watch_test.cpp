#include "daemon/loop/folder_watch.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace stepup {
namespace {

namespace fs = std::filesystem;

struct FolderWatchTest : ::testing::Test {
    FolderWatchTest() {
        std::string name = fs::temp_directory_path() / "stepup-etc-XXXXXX";
        folder = ::mkdtemp(name.data());
        write("passwd");
        watch = std::make_unique<FolderWatch>(loop.get_executor(), folder.string(), "passwd", [this] { ++changes; });
        asio::co_spawn(loop, watch->run(), asio::detached);
    }
    ~FolderWatchTest() override { fs::remove_all(folder); }
    void write(const std::string& name) const { std::ofstream(folder / name) << "root:x:0:0::/root:/bin/sh\n"; }
    int told() {
        loop.poll();
        return changes;
    }
    fs::path folder;
    asio::io_context loop;
    int changes = 0;
    std::unique_ptr<FolderWatch> watch;
};

TEST_F(FolderWatchTest, tells_when_another_file_takes_the_place_of_passwd) {
    EXPECT_EQ(told(), 0);
    write("passwd+");
    EXPECT_EQ(told(), 0);
    fs::rename(folder / "passwd+", folder / "passwd");
    EXPECT_EQ(told(), 1);
}

TEST_F(FolderWatchTest, tells_when_passwd_is_written) {
    EXPECT_EQ(told(), 0);
    write("passwd");
    EXPECT_EQ(told(), 1);
    write("shadow");
    EXPECT_EQ(told(), 1) << "and of nothing else";
}

TEST_F(FolderWatchTest, tells_of_a_folder_that_is_made_later_and_of_what_comes_into_it) {
    const auto later = folder / "suspicious.d";
    int seen = 0;
    FolderWatch any(loop.get_executor(), later / "", "", [&] { ++seen; });
    asio::co_spawn(loop, any.run(), asio::detached);
    const auto told = [&] {
        loop.poll();
        return std::exchange(seen, 0) > 0;
    };
    write("another");
    EXPECT_FALSE(told()) << "beside it";
    for (const char* round : {"first", "again"}) {
        fs::create_directory(later);
        EXPECT_TRUE(told()) << round;
        write("suspicious.d/list");
        EXPECT_TRUE(told()) << round;
        fs::rename(later, folder / round);
        EXPECT_TRUE(told()) << round;
        std::ofstream(folder / round / "list") << "more\n";
        EXPECT_FALSE(told()) << "it is another folder now";
    }
}

TEST(FolderWatch, where_there_is_no_folder_nor_one_above_it_ends_at_once) {
    asio::io_context loop;
    FolderWatch watch(loop.get_executor(), "/nonexistent/folder", "", [] { FAIL(); });
    bool ended = false;
    asio::co_spawn(loop, watch.run(), [&](const std::exception_ptr& broken) { ended = !broken; });
    loop.poll();
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace stepup
