#pragma once

#include <string>

#include "daemon/core/judgement.hpp"
#include "daemon/core/lockout.hpp"
#include "daemon/storage/database.hpp"

namespace stepup {

/// A source is forgotten this long after its last failure: nothing else clears it, a success of one user least of all.
constexpr Millis source_remembered = std::chrono::minutes(30);

/// What is stored of `whose` failures; none if nothing is.
[[nodiscard]] Result<Failures> read_failures(Database& database, std::string_view whose);

/// How many of a source's failures count `now`: each minute without one takes one back.
[[nodiscard]] unsigned count_of_source(Failures source, Instant now, const std::string& boot);

/// The failures that one judgement depends on, as stored, and what becomes of them.
class FailureBook {
public:
    /// Errors: those of the database.
    [[nodiscard]] static Result<FailureBook> read(Database& database, const Judgement& judgement,
                                                  const std::string& boot);

    /// The stricter of what account and source allow.
    [[nodiscard]] Admission admission() const;
    /// Counts one more against account and source. True if that locked the account.
    [[nodiscard]] Result<bool> count(Database& database);
    /// A verified factor clears the account, not the source.
    [[nodiscard]] Result<> clear(Database& database) const;

    [[nodiscard]] unsigned of_account() const { return account_.count; }

private:
    FailureBook(const Judgement& judgement, const std::string& boot) : judgement_(judgement), boot_(boot) { }

    const Judgement& judgement_;
    const std::string& boot_;
    Failures account_;
    Failures source_;
};

}  // namespace stepup
