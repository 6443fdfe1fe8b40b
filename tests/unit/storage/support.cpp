#include "support.hpp"

#include <array>

namespace stepup::test {

const AccountKey alice{1000, "alice"};
const AccountKey bob{1001, "bob"};

TempFolder::TempFolder() {
    std::string name = std::filesystem::temp_directory_path() / "stepup-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string_view event_name(Event event) {
    using enum Event;
    static constexpr std::array<std::pair<Event, std::string_view>, 22> names{{
        {factor_accepted, "accepted"},
        {factor_refused, "refused"},
        {replay_refused, "replayed"},
        {locked, "locked"},
        {refused_while_locked, "refused-while-locked"},
        {recovery_code_used, "code-used"},
        {recovery_codes_issued, "codes-issued"},
        {enrollment_started, "started"},
        {enrollment_confirmed, "confirmed"},
        {factor_removed, "removed"},
        {session_attached, "attached"},
        {windows_ended, "ended"},
        {passed_by_window, "passed"},
        {unlocked, "unlocked"},
        {account_reset, "reset"},
        {bypass_issued, "bypass-issued"},
        {invite_issued, "invite-issued"},
        {handed_out_code_used, "handed-out-used"},
        {key_trusted, "key-trusted"},
        {trusted_key_used, "trusted-key-used"},
        {trusted_keys_forgotten, "trusted-keys-forgotten"},
        {weaker_factor_used, "weaker-factor-used"},
    }};
    for (const auto& [known, name] : names)
        if (known == event) return name;
    return "other";
}

Secret secret_of(std::string_view text) {
    Secret secret;
    EXPECT_TRUE(secret.copy(text));
    return secret;
}

Secret master_key(char filler) { return secret_of(std::string(32, filler)); }

Instant at(double seconds) {
    const Millis later(static_cast<std::int64_t>(seconds * 1000));
    return {Millis(1'800'000'000'000) + later, Millis(1'000'000) + later};
}

AuditEntry entry(Event event, const AccountKey& account, Instant now) {
    return {.event = event, .at = now, .account = account, .service = "sudo", .fields = {}};
}

Judgement judgement(const AccountKey& account, Instant now) {
    Judgement made;
    made.account_limit = "uid:" + std::to_string(account.uid);
    made.now = now;
    made.audit = entry(Event::factor_refused, account, now);
    return made;
}

Judgement proving(Judgement judgement, Spend spend) {
    Proof proof;
    proof.enrollment = std::visit([](const auto& what) { return what.enrollment; }, spend);
    proof.spend = spend;
    proof.opens.account = judgement.audit.account;
    proof.opens.factor = FactorKind::totp;
    proof.opens.strength = Strength::otp;
    proof.opens.service = judgement.audit.service;
    judgement.proof = proof;
    return judgement;
}

Judgement counter(const AccountKey& account, std::int64_t enrollment, std::uint64_t counter, Instant now) {
    return proving(judgement(account, now), SpendCounter{enrollment, counter});
}

void Store::open(const std::string& boot) {
    seal_ = std::make_unique<Seal>(Seal::open(master_key(), random_).value());
    auto post = [](const std::function<void()>& work) { work(); };
    WriterParts parts{path(), boot, post, event_name, journal_, vfs_, audit_keep, notes_wait, anchor_wait};
    parts.start = at(0);
    parts.queued_as = [](Event event) { return event == Event::unlocked ? event_name(event) : std::string_view(); };
    writer_ = Writer::open(std::move(parts), *seal_).value();
    records_ = std::make_unique<StoredRecords>(StoredRecords::open(path(), *seal_, boot).value());
}

void Store::close() {
    records_.reset();
    writer_.reset();
}

void Store::reopen(const std::string& boot) {
    close();
    open(boot);
}

Result<Judged> Store::judge(Judgement judgement) {
    return wait_for<Judged>([&](auto done) { writer_->judge(std::move(judgement), done); });
}

Outcome Store::outcome_of(Judgement judgement) { return judge(std::move(judgement)).value().outcome; }

Result<std::int64_t> Store::start(const AccountKey& account, const std::string& label, Instant now, FactorKind kind) {
    return wait_for<std::int64_t>([&](auto done) {
        writer_->start_enrollment({.account = account,
                                   .kind = kind,
                                   .label = label,
                                   .oath = {},
                                   .seed = secret_of("seed of " + account.name + " on " + label),
                                   .audit = entry(Event::enrollment_started, account, now)},
                                  done);
    });
}

Result<> Store::confirm(const AccountKey& account, std::int64_t enrollment, std::vector<HashedCode> codes,
                        Instant now) {
    return wait_for<void>([&](auto done) {
        writer_->confirm(
            {account, enrollment, 1, std::move(codes), now, entry(Event::enrollment_confirmed, account, now)}, done);
    });
}

Result<> Store::remove(const AccountKey& account, std::int64_t enrollment) {
    return wait_for<void>([&](auto done) {
        writer_->remove({account, enrollment, entry(Event::factor_removed, account, at(0))}, done);
    });
}

std::int64_t Store::enroll(const AccountKey& account, const std::string& label) {
    const auto id = start(account, label).value();
    EXPECT_TRUE(confirm(account, id));
    return id;
}

Enrollment Store::recovery_set(const AccountKey& account) {
    const auto all = records_->enrollments(account, at(0)).value();
    for (const auto& enrollment : all)
        if (enrollment.kind == FactorKind::recovery_code) return enrollment;
    return {};
}

std::unique_ptr<sqlite3, int (*)(sqlite3*)> Store::raw() const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 5000);
    return {database, sqlite3_close};
}

void Store::execute(const std::string& sql) const {
    const auto database = raw();
    EXPECT_EQ(sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(database.get());
}

std::int64_t Store::number(const std::string& sql) const {
    const auto database = raw();
    auto statement = Statement::prepare(database.get(), sql).value();
    EXPECT_TRUE(statement.step().value()) << sql;
    return statement.row().get<std::int64_t>(0);
}

std::vector<std::string> Store::events() const {
    const auto database = raw();
    auto statement = Statement::prepare(database.get(), "SELECT event FROM audit ORDER BY seq").value();
    std::vector<std::string> names;
    while (statement.step().value()) names.push_back(statement.row().get<std::string>(0));
    return names;
}

ChainReport Store::chain() const {
    auto database = Database::open(path(), Database::Access::read).value();
    return verify_chain(database).value();
}

}  // namespace stepup::test
