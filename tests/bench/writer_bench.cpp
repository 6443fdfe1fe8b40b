// What a judgement costs from submit to answer, alone and in crowds. Not run by CI: build target writer_bench.
//
//   writer_bench [FOLDER]     FOLDER (default /var/tmp) decides which disk is measured

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "common/random.hpp"
#include "daemon/storage/records.hpp"
#include "daemon/storage/writer.hpp"

namespace {

using namespace stepup;
using Stopwatch = std::chrono::steady_clock;

template <class T, class Begin> Result<T> wait_for(Begin begin) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto answer = promise->get_future();
    begin([promise](Result<T> result) { promise->set_value(std::move(result)); });
    return answer.get();
}

AuditEntry entry(const AccountKey& account, Instant now) {
    return {.event = Event::factor_accepted,
            .at = now,
            .account = account,
            .service = "sshd",
            .fields = {{"source", "192.0.2.7"}}};
}

std::int64_t enroll(Writer& writer, const AccountKey& account, Instant now) {
    Secret seed;
    (void)seed.copy("12345678901234567890");
    const auto id = wait_for<std::int64_t>([&](auto done) {
        writer.start_enrollment({account, FactorKind::totp, "phone", {}, std::move(seed), entry(account, now)}, done);
    });
    (void)wait_for<void>([&](auto done) {
        writer.confirm({account, id.value(), 1, {}, now, entry(account, now)}, done);
    });
    return id.value();
}

Judgement right_answer(const AccountKey& account, std::int64_t enrollment, std::uint64_t step, Instant now) {
    Judgement made;
    made.account_limit = "uid:" + std::to_string(account.uid);
    made.source_limit = "source:192.0.2.7";
    made.now = now;
    made.proof = Proof{enrollment, SpendCounter{enrollment, step}, {}};
    made.proof->opens.account = account;
    made.proof->opens.binding = Binding::pending;
    made.audit = entry(account, now);
    return made;
}

void report(const char* what, std::vector<double> micros) {
    std::sort(micros.begin(), micros.end());
    std::printf("%-44s p50 %7.1f us   p99 %7.1f us\n", what, micros[micros.size() / 2],
                micros[micros.size() * 99 / 100]);
}

double since(Stopwatch::time_point start) {
    return std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count();
}

/// The floor: overwriting 20 KiB of a file that has its size, and flushing it.
void bench_disk(const std::string& folder) {
    const auto path = folder + "/floor";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const std::string page(20480, 'x');
    for (int i = 0; i < 100; ++i) (void)!::pwrite(fd, page.data(), page.size(), i * 20480);
    ::fsync(fd);
    std::vector<double> micros;
    for (int i = 0; i < 2000; ++i) {
        const auto start = Stopwatch::now();
        (void)!::pwrite(fd, page.data(), page.size(), (i % 100) * 20480);
        ::fdatasync(fd);
        micros.push_back(since(start));
    }
    ::close(fd);
    report("disk: write 20 KiB, fdatasync", micros);
}

void bench_lone(Writer& writer, const std::vector<std::int64_t>& ids, Instant now) {
    std::vector<double> micros;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const auto who = i % ids.size();
        auto answer
            = right_answer({static_cast<uid_t>(10'000 + who), "user" + std::to_string(who)}, ids[who], 2 + i, now);
        const auto start = Stopwatch::now();
        const auto judged = wait_for<Judged>([&](auto done) { writer.judge(std::move(answer), done); });
        micros.push_back(since(start));
        if (!judged || judged->outcome != Outcome::accepted) std::puts("not accepted");
    }
    report("a lone judgement", micros);
}

void bench_crowd(Writer& writer, const std::vector<std::int64_t>& ids, unsigned threads, std::uint64_t first,
                 Instant now) {
    const unsigned each = 20'000 / threads;
    std::vector<std::vector<double>> micros(threads);
    std::vector<std::thread> crowd;
    const auto start = Stopwatch::now();
    for (unsigned thread = 0; thread < threads; ++thread)
        crowd.emplace_back([&, thread] {
            for (unsigned i = 0; i < each; ++i) {
                const auto who = (i * threads + thread) % ids.size();
                auto answer = right_answer({static_cast<uid_t>(10'000 + who), "user" + std::to_string(who)}, ids[who],
                                           first + i, now);
                const auto begun = Stopwatch::now();
                (void)wait_for<Judged>([&](auto done) { writer.judge(std::move(answer), done); });
                micros[thread].push_back(since(begun));
            }
        });
    for (auto& one : crowd) one.join();
    const double seconds = since(start) / 1e6;
    std::vector<double> all;
    for (const auto& some : micros) all.insert(all.end(), some.begin(), some.end());
    std::printf("%u at once: %.0f judgements/s\n", threads, static_cast<double>(all.size()) / seconds);
    report("  each", all);
}

void bench_reads(const StoredRecords& records, Instant now) {
    const AccountKey account{10'007, "user7"};
    std::vector<double> listing;
    std::vector<double> material;
    std::vector<double> windows;
    for (int i = 0; i < 5000; ++i) {
        auto start = Stopwatch::now();
        const auto found = records.enrollments(account, now).value();
        listing.push_back(since(start));
        start = Stopwatch::now();
        (void)records.material(found[0], {});
        material.push_back(since(start));
        start = Stopwatch::now();
        (void)records.verifications(account, now);
        windows.push_back(since(start));
    }
    report("enrollments of an account", listing);
    report("unsealing a seed", material);
    report("verifications of an account", windows);
}

}  // namespace

int main(int argc, char** argv) {
    std::string folder = std::string(argc > 1 ? argv[1] : "/var/tmp") + "/writer-bench-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    KernelRandom random;
    Secret master;
    (void)master.copy(std::string(32, 'k'));
    const auto seal = Seal::open(master, random).value();
    const Instant now = SystemClock().now();
    WriterParts parts{folder + "/stepup.db", "boot", [](const std::function<void()>& work) { work(); },
                      [](Event) -> std::string_view { return "MFA-1001"; }};
    auto start = Stopwatch::now();
    const auto writer = Writer::open(std::move(parts), seal).value();
    std::printf("opening a new database: %.1f ms\n", since(start) / 1000);
    std::vector<std::int64_t> ids;
    for (uid_t i = 0; i < 1000; ++i) ids.push_back(enroll(*writer, {10'000 + i, "user" + std::to_string(i)}, now));
    bench_disk(folder);
    bench_lone(*writer, ids, now);
    bench_crowd(*writer, ids, 8, 10'000, now);
    bench_crowd(*writer, ids, 64, 100'000, now);
    bench_reads(StoredRecords::open(folder + "/stepup.db", seal, "boot").value(), now);
    writer->stop();
    std::filesystem::remove_all(folder);
    return 0;
}
