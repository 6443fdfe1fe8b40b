#include "faulty_disk.hpp"
#include "support.hpp"

#include <fstream>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/storage/mark.hpp"

namespace stepup::test {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t room = 64 * 1024;

/// What the trail calls what these tests look for.
std::string_view names(Event event) {
    if (event == Event::store_is_older) return "older";
    if (event == Event::reserve_released) return "released";
    return event == Event::reserve_made ? "made" : "other";
}

/// A store whose writer can be opened by hand.
class Faults : public testing::Test {
protected:
    Faults() {
        FaultyDisk::install();
        FaultyDisk::repair();
        phone_ = store_.enroll(alice);
        store_.close();
    }
    ~Faults() override { FaultyDisk::repair(); }

    Result<std::unique_ptr<Writer>> open(std::int64_t reserve = 0) {
        WriterParts parts{store_.path(), "boot-1", [](const std::function<void()>& work) { work(); }, names};
        parts.start = at(0);
        parts.vfs = FaultyDisk::name;
        parts.reserve = reserve;
        parts.trouble = [this](const Error* error) { told_.emplace_back(error != nullptr ? error->why : "again"); };
        return Writer::open(std::move(parts), seal_);
    }
    Outcome answer(Writer& writer, std::uint64_t step) {
        const auto judged
            = wait_for<Judged>([&](auto done) { writer.judge(counter(alice, phone_, step, at(1)), done); });
        return judged ? judged->outcome : Outcome::later;
    }
    [[nodiscard]] std::string file(const std::string& ending) const { return beside(store_.path(), ending); }
    [[nodiscard]] std::int64_t events(const std::string& name) {
        return store_.number("SELECT count(*) FROM audit WHERE event = '" + name + "'");
    }

    KernelRandom random_;
    Seal seal_ = Seal::open(master_key(), random_).value();
    Store store_;
    std::int64_t phone_ = 0;
    std::vector<std::string> told_;
};

// An older database.

class OlderDatabase : public Faults {
protected:
    /// Remembers the database as it is now.
    void take_copy() { fs::copy_file(store_.path(), file("copy"), fs::copy_options::overwrite_existing); }
    /// Puts the copy in its place.
    void put_copy_back() {
        for (const char* suffix : {"-wal", "-shm"}) fs::remove(store_.path() + suffix);
        fs::copy_file(file("copy"), store_.path(), fs::copy_options::overwrite_existing);
    }
    static std::uint64_t step_now() { return static_cast<std::uint64_t>(SystemClock().now().wall.count() / 1000 / 30); }
};

TEST_F(OlderDatabase, is_noticed_and_accepts_only_codes_later_than_now) {
    take_copy();
    const auto now = step_now();
    {
        const auto writer = open().value();
        ASSERT_EQ(answer(*writer, now), Outcome::accepted);
    }
    put_copy_back();
    const auto writer = open().value();
    EXPECT_TRUE(writer->was_behind());
    EXPECT_EQ(events("older"), 1);
    EXPECT_EQ(answer(*writer, now), Outcome::replayed) << "a code that was spent counts again";
    EXPECT_EQ(answer(*writer, now + 1), Outcome::replayed) << "a fast phone's code of the next step may be spent, too";
    EXPECT_EQ(answer(*writer, step_now() + 2), Outcome::accepted);
}

TEST_F(OlderDatabase, loses_its_windows_and_started_enrollments) {
    store_.open();
    (void)store_.start(bob, "phone");
    ASSERT_EQ(store_.outcome_of(counter(alice, phone_, 10, at(1))), Outcome::accepted);
    store_.close();
    take_copy();
    {
        const auto writer = open().value();
        ASSERT_EQ(answer(*writer, 11), Outcome::accepted);
    }
    put_copy_back();
    { const auto writer = open().value(); }
    EXPECT_EQ(store_.number("SELECT count(*) FROM verification"), 0);
    EXPECT_EQ(store_.number("SELECT count(*) FROM enrollment WHERE active = 0"), 0);
    EXPECT_EQ(store_.number("SELECT count(*) FROM enrollment WHERE active = 1"), 1);
}

TEST_F(OlderDatabase, is_noticed_also_when_it_went_on_and_is_as_long_as_the_other_was) {
    take_copy();
    {
        const auto writer = open().value();
        ASSERT_EQ(answer(*writer, 10), Outcome::accepted);
    }
    const auto mark = file("mark");
    fs::copy_file(mark, file("kept"), fs::copy_options::overwrite_existing);
    put_copy_back();
    fs::remove(mark);
    store_.execute("DELETE FROM meta WHERE name = 'marked'");
    {
        const auto writer = open().value();
        EXPECT_FALSE(writer->was_behind());
        (void)wait_for<Judged>([&](auto done) { writer->judge(judgement(bob, at(2)), done); });
        for (std::uint64_t step = 20; step < 30; ++step) ASSERT_EQ(answer(*writer, step), Outcome::accepted);
    }
    fs::copy_file(file("kept"), mark, fs::copy_options::overwrite_existing);
    EXPECT_TRUE(open().value()->was_behind());
}

TEST_F(OlderDatabase, is_told_once) {
    take_copy();
    { (void)answer(*open().value(), 10); }
    put_copy_back();
    EXPECT_TRUE(open().value()->was_behind());
    EXPECT_FALSE(open().value()->was_behind());
}

TEST_F(OlderDatabase, is_what_one_without_its_mark_or_with_a_damaged_one_counts_as) {
    fs::remove(file("mark"));
    EXPECT_TRUE(open().value()->was_behind());
    EXPECT_FALSE(open().value()->was_behind());
    std::ofstream(file("mark")) << "nonsense";
    EXPECT_TRUE(open().value()->was_behind());
    EXPECT_FALSE(open().value()->was_behind());
}

TEST_F(OlderDatabase, is_not_what_a_crash_leaves) {
    for (std::uint64_t life = 1; life <= 5; ++life) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto writer = open().value();
            for (std::uint64_t step = 10;; ++step)
                if (answer(*writer, step + 1000 * life) == Outcome::accepted && ::write(ends[1], "x", 1) != 1) break;
            ::_exit(1);
        }
        char told[3];
        for (auto& one : told) ASSERT_EQ(::read(ends[0], &one, 1), 1);
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        ::close(ends[0]);
        ::close(ends[1]);
        EXPECT_FALSE(open().value()->was_behind()) << life;
    }
}

TEST_F(OlderDatabase, does_not_depend_on_any_clock) {
    take_copy();
    { (void)answer(*open().value(), 10); }
    put_copy_back();
    const auto past = fs::file_time_type::clock::now() - std::chrono::hours(100'000);
    fs::last_write_time(file("mark"), past);
    EXPECT_TRUE(open().value()->was_behind());
}

// One that is gone.

TEST_F(Faults, a_database_that_is_gone_or_empty_is_never_made_anew) {
    fs::remove(store_.path());
    EXPECT_EQ(open().error().code, Errc::not_found);
    EXPECT_FALSE(fs::exists(store_.path()));
    std::ofstream(store_.path()) << "";
    fs::permissions(store_.path(), fs::perms::owner_read | fs::perms::owner_write);
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(store_.path() + suffix);
    EXPECT_EQ(open().error().code, Errc::not_found);
    fs::remove(store_.path());
    fs::remove(file("mark"));
    EXPECT_TRUE(open()) << "without the mark it is a new host";
}

TEST_F(Faults, a_database_that_is_deleted_or_replaced_grants_nothing_more) {
    std::uint64_t step = 10;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const auto writer = open().value();
        const auto records = StoredRecords::open(store_.path(), seal_, "boot-1").value();
        ASSERT_EQ(answer(*writer, ++step), Outcome::accepted);
        fs::rename(store_.path() + suffix, file("away"));
        EXPECT_FALSE(writer->still_in_place());
        EXPECT_EQ(answer(*writer, 2000), Outcome::later) << "granted on a file that nobody will find: " << suffix;
        fs::copy_file(file("away"), store_.path() + suffix);
        EXPECT_EQ(answer(*writer, 2000), Outcome::later);
        if (*suffix == '\0') {
            EXPECT_FALSE(records.verifications(alice, at(0)));
            EXPECT_FALSE(records.enrollments(alice, at(0)));
        }
        fs::rename(file("away"), store_.path() + suffix);
    }
    EXPECT_EQ(told_.front(), "the database was deleted or replaced while it was in use");
}

// Others at the same file.

TEST_F(Faults, a_database_that_another_process_holds_locked_grants_nothing_and_says_so) {
    const auto writer = open().value();
    const auto other = store_.raw();
    ASSERT_EQ(sqlite3_exec(other.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(answer(*writer, 10), Outcome::later);
    ASSERT_EQ(sqlite3_exec(other.get(), "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(answer(*writer, 10), Outcome::accepted) << "the code was not used up";
    EXPECT_EQ(told_, (std::vector<std::string>{"another process holds the database locked", "again"}));
}

TEST_F(Faults, what_another_connection_appended_to_the_trail_is_gone_on_from) {
    const auto writer = open().value();
    ASSERT_EQ(answer(*writer, 10), Outcome::accepted);
    {
        auto beside_it = Database::join(store_.path()).value();
        AuditChain chain("boot-1", names);
        ASSERT_TRUE(beside_it.run(queries::begin));
        ASSERT_TRUE(chain.load(beside_it));
        ASSERT_TRUE(chain.append(beside_it, entry(Event::reserve_made, {}, at(0))));
        ASSERT_TRUE(beside_it.run(queries::commit));
    }
    EXPECT_EQ(answer(*writer, 11), Outcome::accepted);
    EXPECT_TRUE(store_.chain().whole);
    EXPECT_EQ(events("made"), 1);
}

// A full disk.

TEST_F(Faults, a_full_disk_takes_the_reserve_so_that_a_login_can_be_written_down) {
    const auto writer = open(room).value();
    ASSERT_TRUE(fs::exists(file("reserve")));
    FaultyDisk::full_while = file("reserve");
    EXPECT_EQ(answer(*writer, 10), Outcome::accepted);
    EXPECT_EQ(events("released"), 1);
    EXPECT_EQ(answer(*writer, 10), Outcome::replayed);
    EXPECT_TRUE(told_.empty()) << "nobody was refused";
}

TEST_F(Faults, a_full_disk_without_a_reserve_grants_nothing_until_there_is_room) {
    const auto writer = open(room).value();
    fs::remove(file("reserve"));
    FaultyDisk::fail_writes = SQLITE_FULL;
    EXPECT_EQ(answer(*writer, 10), Outcome::later);
    FaultyDisk::repair();
    EXPECT_EQ(answer(*writer, 10), Outcome::accepted);
    EXPECT_EQ(told_, (std::vector<std::string>{"the disk of the database is full", "again"}));
}

TEST_F(Faults, the_reserve_is_made_again_when_there_is_room) {
    const auto writer = open(room).value();
    FaultyDisk::full_while = file("reserve");
    ASSERT_EQ(answer(*writer, 10), Outcome::accepted);
    FaultyDisk::repair();
    ASSERT_EQ(answer(*writer, 11), Outcome::accepted);
    ASSERT_EQ(answer(*writer, 12), Outcome::accepted);
    EXPECT_EQ(fs::file_size(file("reserve")), static_cast<std::uintmax_t>(room));
    EXPECT_EQ(events("made"), 1);
}

TEST_F(Faults, a_start_on_a_full_disk_takes_the_reserve) {
    { const auto writer = open(room).value(); }
    FaultyDisk::full_while = file("reserve");
    const auto writer = open(room);
    ASSERT_TRUE(writer) << writer.error().why;
    EXPECT_EQ(answer(**writer, 10), Outcome::accepted);
}

TEST_F(Faults, a_read_only_disk_grants_nothing_and_says_so) {
    const auto writer = open().value();
    FaultyDisk::fail_writes = SQLITE_READONLY;
    EXPECT_EQ(answer(*writer, 10), Outcome::later);
    FaultyDisk::repair();
    EXPECT_EQ(answer(*writer, 10), Outcome::accepted);
    EXPECT_EQ(told_.front(), "the database is read-only: its file, or the file system");
}

}  // namespace
}  // namespace stepup::test
