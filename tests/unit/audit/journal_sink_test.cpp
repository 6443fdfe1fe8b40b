#include "daemon/audit/journal_sink.hpp"

#include <array>
#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace stepup {
namespace {

/// A journald that reads when the test does.
class SlowJournal : public testing::Test {
protected:
    SlowJournal() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        std::string folder = std::filesystem::temp_directory_path() / "stepup-journal-XXXXXX";
        EXPECT_NE(::mkdtemp(folder.data()), nullptr);
        folder_ = folder;
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    }
    ~SlowJournal() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_ / "socket"; }

    /// The next entry; waits for it.
    [[nodiscard]] std::string read() const {
        std::array<char, 8192> bytes{};
        const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }
    void hang_up() { socket_ = UniqueFd(); }

private:
    std::filesystem::path folder_;
    UniqueFd socket_;
};

AuditEntry numbered(int number) {
    AuditEntry entry{.event = Event::locked, .at = {}, .account = {1000, "alice"}, .service = "sudo", .fields = {}};
    entry.fields.emplace_back("failures", std::to_string(number));
    return entry;
}

std::string field(const std::string& entry, const std::string& name) {
    const auto at = ('\n' + entry).find('\n' + name + '=');
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 1;
    return entry.substr(from, entry.find('\n', from) - from);
}

TEST(JournalSink, writes_a_line_to_stderr_where_there_is_no_journal) {
    JournalSink sink("/nonexistent/socket");
    testing::internal::CaptureStderr();
    sink.show({.event = Event::locked, .at = {}, .account = {1000, "alice"}, .service = "sudo", .fields = {}});
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "MFA-1004 locked user=alice uid=1000 service=sudo\n");
}

TEST_F(SlowJournal, gets_an_entry_with_its_fields_before_show_returns) {
    JournalSink sink(path());
    sink.show(numbered(10));
    EXPECT_EQ(read(),
              "MESSAGE=MFA-1004 locked user=alice uid=1000 service=sudo failures=10\n"
              "MESSAGE_ID=242fa09c39e54f11b8c3ffd4733c1af9\nPRIORITY=4\nSYSLOG_IDENTIFIER=stepupd\n"
              "STEPUP_EVENT=MFA-1004\nSTEPUP_USER=alice\nSTEPUP_UID=1000\nSTEPUP_SERVICE=sudo\n"
              "STEPUP_FAILURES=10\n");
}

TEST_F(SlowJournal, holds_nobody_up_and_gets_what_was_kept_in_order_and_the_number_of_the_rest) {
    constexpr int sent = 6000;
    JournalSink sink(path());
    for (int i = 0; i < sent; ++i) sink.show(numbered(i));  // hangs the test if it waits: nobody reads
    int got = 0;
    std::string entry = read();
    for (; field(entry, "STEPUP_EVENT") == "MFA-1004"; entry = read())
        ASSERT_EQ(field(entry, "STEPUP_FAILURES"), std::to_string(got++));
    EXPECT_GE(got, static_cast<int>(JournalSink::most_kept));
    EXPECT_EQ(field(entry, "STEPUP_EVENT"), "MFA-1912");
    EXPECT_EQ(field(entry, "STEPUP_LOST"), std::to_string(sent - got));
    sink.show(numbered(sent));
    EXPECT_EQ(field(read(), "STEPUP_FAILURES"), std::to_string(sent)) << "as if nothing had been";
}

TEST_F(SlowJournal, does_not_hold_up_the_stop) {
    JournalSink sink(path());
    for (int i = 0; i < 1000; ++i) sink.show(numbered(i));
}

TEST_F(SlowJournal, that_goes_away_leaves_lines_on_stderr) {
    JournalSink sink(path());
    hang_up();
    testing::internal::CaptureStderr();
    sink.show(numbered(1));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "MFA-1004 locked user=alice uid=1000 service=sudo failures=1\n");
}

/// Standard error is a pipe for as long as this lives.
class PipedStderr {
public:
    PipedStderr() : kept_(::dup(STDERR_FILENO)) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        from_ = UniqueFd(ends[0]);
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    ~PipedStderr() { ::dup2(kept_.get(), STDERR_FILENO); }
    PipedStderr(const PipedStderr&) = delete;
    PipedStderr& operator=(const PipedStderr&) = delete;
    [[nodiscard]] std::string read() const {
        std::array<char, 4096> bytes{};
        const auto got = ::read(from_.get(), bytes.data(), bytes.size());
        return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }

private:
    UniqueFd kept_;
    UniqueFd from_;
};

TEST(StderrOutlet, never_waits_for_whoever_reads_a_pipe) {
    const PipedStderr pipe;
    StderrOutlet outlet;
    std::string all;
    for (char letter = 'a'; letter <= 'z'; ++letter) all += std::string(10'000, letter);
    std::string left = all;
    ASSERT_EQ(outlet.send(left), Outlet::Sent::not_now);
    EXPECT_LT(left.size(), all.size());
    std::string got;
    while (got.size() < all.size()) {
        got += pipe.read();
        (void)outlet.send(left);
    }
    EXPECT_EQ(got, all) << "nothing twice, nothing missing";
}

}  // namespace
}  // namespace stepup
