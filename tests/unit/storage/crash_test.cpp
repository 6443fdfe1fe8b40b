#include "support.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepup::test {
namespace {

/// What a child tells its parent through a pipe, after the writer told it.
struct Told {
    enum What : std::uint64_t { accepted, enrolled, removed } what;
    std::uint64_t value;
};

/// Hands in counters from `first` on, each one twice, and enrolls and removes in between, until it is killed.
[[noreturn]] void live(const std::string& path, std::int64_t phone, std::uint64_t first, int out) {
    KernelRandom random;
    const auto seal = Seal::open(master_key(), random).value();
    const auto tell = [out](Told::What what, std::uint64_t value) {
        const Told told{what, value};
        if (::write(out, &told, sizeof told) != sizeof told) ::_exit(1);
    };
    WriterParts parts{path, "boot-1", [](const std::function<void()>& work) { work(); }, event_name};
    parts.start = at(0);
    auto writer = Writer::open(std::move(parts), seal);
    if (!writer) ::_exit(1);
    std::uint64_t last_enrolled = 0;
    for (std::uint64_t step = first;; ++step) {
        for (int twice = 0; twice < 2; ++twice) {
            auto answer = counter(alice, phone, step, at(static_cast<double>(step)));
            answer.limits = {.delay_from = 1000, .lock_after = 1000, .ceiling = 1'000'000};
            (*writer)->judge(std::move(answer), [=](const Result<Judged>& judged) {
                if (judged && judged->outcome == Outcome::accepted) tell(Told::accepted, step);
            });
        }
        if (step % 5 != 0) continue;
        const AccountKey account{bob.uid, "user" + std::to_string(step)};
        const auto id = wait_for<std::int64_t>([&](auto done) {
            (*writer)->start_enrollment({account,
                                         FactorKind::totp,
                                         "phone",
                                         {},
                                         secret_of("seed"),
                                         entry(Event::enrollment_started, account, at(0))},
                                        done);
        });
        const auto confirmed = wait_for<void>([&](auto done) {
            (*writer)->confirm(
                {account, id.value_or(0), 1, {}, at(0), entry(Event::enrollment_confirmed, account, at(0))}, done);
        });
        if (confirmed) tell(Told::enrolled, static_cast<std::uint64_t>(*id));
        if (last_enrolled != 0) {
            const AccountKey last{bob.uid, "user" + std::to_string(step - 5)};
            auto audit = entry(Event::factor_removed, last, at(0));
            audit.fields.emplace_back("id", std::to_string(last_enrolled));
            const auto removed = wait_for<void>([&](auto done) {
                (*writer)->remove({last, static_cast<std::int64_t>(last_enrolled), audit}, done);
            });
            if (removed) tell(Told::removed, last_enrolled);
        }
        last_enrolled = confirmed ? static_cast<std::uint64_t>(*id) : 0;
    }
}

/// What all children together were told.
struct Memory {
    std::set<std::uint64_t> accepted;
    std::set<std::uint64_t> enrolled;
    std::set<std::uint64_t> removed;
    unsigned twice = 0;

    void keep(const Told& told) {
        if (told.what == Told::accepted && !accepted.insert(told.value).second) ++twice;
        if (told.what == Told::enrolled) enrolled.insert(told.value);
        if (told.what == Told::removed) removed.insert(told.value);
    }
};

/// One life: starts a child, kills it `lifetime` after its start or after its first word, and keeps what it told.
void one_life(const Store& store, std::int64_t phone, Memory& memory, bool at_work,
              std::chrono::microseconds lifetime) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    // The last ones accepted are tried again: they may have been told by a child that died right after.
    const std::uint64_t last = memory.accepted.empty() ? 2 : *memory.accepted.rbegin();
    const std::uint64_t first = last > 5 ? last - 3 : 2;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(ends[0]);
        live(store.path(), phone, first, ends[1]);
    }
    ::close(ends[1]);
    Told told{};
    const auto read = [&] { return ::read(ends[0], &told, sizeof told) == sizeof told; };
    if (at_work && read()) memory.keep(told);
    std::promise<void> never;
    never.get_future().wait_for(lifetime);  // what it tells meanwhile fits into the pipe
    ::kill(child, SIGKILL);
    while (read()) memory.keep(told);
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
}

// I1, I3, I4, I5.
TEST(Crash, kill_9_at_random_moments_loses_nothing_told_and_repeats_nothing_granted) {
    Store store;
    const auto phone = store.enroll(alice);
    store.close();
    std::mt19937 dice(20261122);
    Memory memory;
    for (int life = 0; life < 50; ++life) {
        ASSERT_NO_FATAL_FAILURE(
            one_life(store, phone, memory, life % 2 == 0, std::chrono::microseconds(dice() % 60'000)));
        ASSERT_EQ(memory.twice, 0u) << "a counter was accepted twice";
    }
    ASSERT_GT(memory.accepted.size(), 50u);
    ASSERT_GT(memory.enrolled.size(), 5u);
    store.open();
    EXPECT_TRUE(store.chain().whole);
    EXPECT_GE(static_cast<std::size_t>(store.number("SELECT count(*) FROM audit WHERE event = 'accepted'")),
              memory.accepted.size());
    for (const auto id : memory.enrolled) {
        const auto text = std::to_string(id);
        const bool there = store.number("SELECT count(*) FROM enrollment WHERE active = 1 AND id = " + text) == 1;
        const bool removed = store.number("SELECT count(*) FROM audit WHERE event = 'removed'"
                                          " AND json_extract(fields, '$.id') = '"
                                          + text + "'")
            == 1;
        EXPECT_NE(there, removed) << "enrollment " << id;
        if (memory.removed.count(id) != 0) {
            EXPECT_FALSE(there) << "removed, told, and back: " << id;
        }
    }
    for (const auto step : {*memory.accepted.begin(), *memory.accepted.rbegin()})
        EXPECT_EQ(store.outcome_of(counter(alice, phone, step, at(1e6))), Outcome::replayed);
}

TEST(Crash, a_database_whose_making_was_interrupted_is_finished_by_the_next_start) {
    std::mt19937 dice(20261122);
    for (int life = 0; life < 20; ++life) {
        const TempFolder folder;
        const auto path = folder.file("stepup.db");
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto opened = Database::open(path, Database::Access::write);
            ::_exit(opened ? 0 : 1);
        }
        std::promise<void> never;
        never.get_future().wait_for(std::chrono::microseconds(dice() % 40'000));
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        const auto opened = Database::open(path, Database::Access::write);
        EXPECT_TRUE(opened) << opened.error().why;
    }
}

}  // namespace
}  // namespace stepup::test
