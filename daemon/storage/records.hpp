#pragma once

#include <string>
#include <string_view>

#include "daemon/core/ports.hpp"
#include "daemon/storage/database.hpp"
#include "daemon/storage/seal.hpp"

namespace stepup {

// Names that what is sealed is bound to; never changed.
constexpr std::string_view enrollment_table = "enrollment";
constexpr std::string_view recovery_table = "recovery_code";

/// What a recovery set is called among its account's factors.
constexpr std::string_view recovery_label = "recovery codes";

/// The reading side, on a read-only connection of its own: it never waits for the writer.
class StoredRecords final : public Records {
public:
    /// `path` was opened by the writer before. `seal` outlives the records. Errors: those of Database::open.
    [[nodiscard]] static Result<StoredRecords> open(const std::string& path, const Seal& seal, std::string boot,
                                                    const char* vfs = nullptr);

    Result<std::vector<Enrollment>> enrollments(const AccountKey& account, Instant now) const override;
    /// A recovery code: `answer` is its 20 letters, upper case, without dashes.
    Result<Material> material(const Enrollment& enrollment, const Secret& answer) const override;
    Result<Material> decoy(FactorKind kind) const override;
    Result<std::vector<Verification>> verifications(const AccountKey& account, Instant now) const override;
    Result<AccountSummary> summary(const AccountKey& account, const Limits& limits, Instant now) const override;
    Result<std::vector<AccountSummary>> summaries(const AccountKey& after, std::size_t most, const LimitsOf& limits,
                                                  Instant now) const override;
    Result<std::vector<QueuedEvent>> queued(std::int64_t after, std::size_t most) const override;
    Result<std::vector<AccountKey>> verified_accounts() const override;
    Result<std::vector<TrustedKey>> trusted_keys(const AccountKey& account, Instant now) const override;
    Result<Habits> habits(const AccountKey& account, const std::vector<Sighting>& asked) const override;
    Result<unsigned> failures_of_source(const std::string& source, Instant now) const override;
    std::string unknown_user_key(std::string_view name) const override;

private:
    StoredRecords(Database database, const Seal& seal, std::string boot)
        : database_(std::move(database)),
          seal_(seal),
          boot_(std::move(boot)) { }

    [[nodiscard]] Result<> add_standing(AccountSummary& summary, const Limits& limits, Instant now) const;
    [[nodiscard]] Result<Material> seed_of(const Enrollment& enrollment) const;
    [[nodiscard]] Result<Material> code_named_by(const Enrollment& enrollment, std::string_view answer) const;

    mutable Database database_;  // statements are kept and stepped; nothing stored changes
    const Seal& seal_;
    std::string boot_;
};

}  // namespace stepup
