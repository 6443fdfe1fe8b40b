#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/storage/chain_check.hpp"
#include "daemon/storage/key_check.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/records.hpp"
#include "daemon/storage/writer.hpp"

namespace stepup::test {

/// A folder of mode 0700 that goes with the test.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::filesystem::path path() const { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// Calls `begin(done)` and waits for what `done` gets.
template <class T, class Begin> Result<T> wait_for(Begin begin) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto answer = promise->get_future();
    begin([promise](Result<T> result) { promise->set_value(std::move(result)); });
    return answer.get();
}

std::string_view event_name(Event event);
Secret secret_of(std::string_view text);
Secret master_key(char filler = 'k');

extern const AccountKey alice;
extern const AccountKey bob;
/// A moment on both clocks: 1,000 s after boot, and `seconds` later.
Instant at(double seconds);
AuditEntry entry(Event event, const AccountKey& account, Instant now);

/// A wrong answer; `proving()` makes it a right one.
Judgement judgement(const AccountKey& account, Instant now);
Judgement proving(Judgement judgement, Spend spend);
Judgement counter(const AccountKey& account, std::int64_t enrollment, std::uint64_t counter, Instant now);

/// A database in a folder of its own, with a writer that answers on its own thread, and records to read.
class Store {
public:
    explicit Store(const char* vfs = nullptr, AuditSink* journal = nullptr) : vfs_(vfs), journal_(journal) { open(); }

    void open(const std::string& boot = "boot-1");
    void close();
    void reopen(const std::string& boot = "boot-1");

    [[nodiscard]] Writer& writer() { return *writer_; }
    [[nodiscard]] StoredRecords& records() { return *records_; }
    [[nodiscard]] std::string path() const { return folder_.file("stepup.db"); }

    [[nodiscard]] Result<Judged> judge(Judgement judgement);
    [[nodiscard]] Outcome outcome_of(Judgement judgement);
    [[nodiscard]] Result<std::int64_t> start(const AccountKey& account, const std::string& label, Instant now = at(0),
                                             FactorKind kind = FactorKind::totp);
    [[nodiscard]] Result<> confirm(const AccountKey& account, std::int64_t enrollment,
                                   std::vector<HashedCode> codes = {}, Instant now = at(0));
    [[nodiscard]] Result<> remove(const AccountKey& account, std::int64_t enrollment);
    /// An active TOTP factor whose last spent counter is 1.
    [[nodiscard]] std::int64_t enroll(const AccountKey& account, const std::string& label = "phone");
    /// The account's recovery set; id 0 if it has none.
    [[nodiscard]] Enrollment recovery_set(const AccountKey& account);

    /// A plain connection of the test's own.
    [[nodiscard]] std::unique_ptr<sqlite3, int (*)(sqlite3*)> raw() const;
    void execute(const std::string& sql) const;
    [[nodiscard]] std::int64_t number(const std::string& sql) const;
    /// Names of the audit trail's events, in order.
    [[nodiscard]] std::vector<std::string> events() const;
    [[nodiscard]] ChainReport chain() const;

    Millis notes_wait = WriterParts().notes_wait;  ///< heeded by open()
    Millis audit_keep{};
    Millis anchor_wait = WriterParts().anchor_wait;

private:
    TempFolder folder_;
    KernelRandom random_;
    std::unique_ptr<Seal> seal_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<StoredRecords> records_;
    const char* vfs_;
    AuditSink* journal_;
};

}  // namespace stepup::test
