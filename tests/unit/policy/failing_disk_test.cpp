#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/config_files.hpp"

// Reading and writing files when the disk, or a signal, gets in between.

using namespace stepup;

namespace {

namespace fs = std::filesystem;

/// What becomes of a call: of its first ones so many succeed, the next fails with this errno, those after it succeed.
struct Fault {
    int after = 0;
    int error = 0;
};
std::map<std::string, Fault> faults;

bool fails(const char* call) {
    const auto found = faults.find(call);
    if (found == faults.end() || found->second.after-- > 0) return false;
    errno = found->second.error;
    faults.erase(found);
    return true;
}

}  // namespace

// They stand before libc's own.
ssize_t read(int fd, void* out, size_t size) { return fails("read") ? -1 : ::syscall(SYS_read, fd, out, size); }
ssize_t write(int fd, const void* bytes, size_t size) {
    return fails("write") ? -1 : ::syscall(SYS_write, fd, bytes, size);
}
int fsync(int fd) { return fails("fsync") ? -1 : static_cast<int>(::syscall(SYS_fsync, fd)); }
int fstat(int fd, struct stat* about) noexcept {
    return fails("fstat") ? -1 : static_cast<int>(::syscall(SYS_newfstatat, fd, "", about, AT_EMPTY_PATH));
}

namespace {

class FailingDisk : public testing::Test {
protected:
    FailingDisk() {
        std::string name = "/tmp/stepup-disk-XXXXXX";
        folder = ::mkdtemp(name.data());
        path = folder / "kept";
        EXPECT_TRUE(write_durably(path, "old"));
    }
    ~FailingDisk() override {
        faults.clear();
        fs::remove_all(folder);
    }
    FailingDisk(const FailingDisk&) = delete;
    FailingDisk& operator=(const FailingDisk&) = delete;

    /// What write_durably() or read_text() says about `call` failing with `error`; "" if it does not mind.
    std::string told_of_writing(const std::string& call = {}, Fault fault = {}) {
        faults = {{call, fault}};
        const auto written = write_durably(path, "new");
        faults.clear();
        return written ? "" : written.error().text();
    }
    std::string told_of_reading(const std::string& call, Fault fault) {
        faults = {{call, fault}};
        const auto text = read_text(path);
        faults.clear();
        return text ? "" : text.error().text();
    }
    std::string kept() { return read_text(path).value(); }

    fs::path folder;
    fs::path path;
};

}  // namespace

TEST_F(FailingDisk, leaves_the_old_text_and_says_which_file_could_not_be_written) {
    const auto fresh = path.native() + ".new: cannot be written: ";
    EXPECT_EQ(told_of_writing("write", {0, ENOSPC}), fresh + "No space left on device");
    EXPECT_EQ(kept(), "old");
    EXPECT_EQ(told_of_writing("fsync", {0, EIO}), fresh + "Input/output error");
    EXPECT_EQ(kept(), "old");
}

TEST_F(FailingDisk, says_when_it_cannot_tell_that_the_new_text_will_stay) {
    EXPECT_EQ(told_of_writing("fsync", {1, EIO}), folder.native() + ": cannot be flushed: Input/output error");
    const int next_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next_free);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit one_more{static_cast<rlim_t>(next_free) + 1, before.rlim_max};  // for the file, none for its folder
    ::setrlimit(RLIMIT_NOFILE, &one_more);
    const auto told = told_of_writing();
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(told, folder.native() + ": cannot be flushed: Too many open files");
    EXPECT_EQ(kept(), "new");
}

TEST_F(FailingDisk, replaces_no_folder) {
    path = folder / "folder";
    fs::create_directory(path);
    EXPECT_EQ(told_of_writing(), path.native() + ": cannot be replaced: Is a directory");
}

TEST_F(FailingDisk, says_which_file_could_not_be_read) {
    EXPECT_EQ(told_of_reading("read", {0, EIO}), path.native() + ": cannot be read: Input/output error");
    EXPECT_EQ(told_of_reading("read", {1, EIO}), path.native() + ": cannot be read: Input/output error");
    EXPECT_EQ(told_of_reading("fstat", {0, EIO}), path.native() + ": cannot be examined: Input/output error");
}

TEST_F(FailingDisk, does_not_mind_signals) {
    EXPECT_EQ(told_of_writing("write", {0, EINTR}), "");
    EXPECT_EQ(kept(), "new");
    EXPECT_EQ(told_of_reading("read", {0, EINTR}), "");
}
