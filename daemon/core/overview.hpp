#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/covers.hpp"
#include "daemon/core/ports.hpp"
#include "daemon/core/step_up_gate.hpp"

namespace stepup {

/// Whether this host still knows the account that something was enrolled for.
enum class Whereabouts : std::uint8_t {
    unknown,  ///< the name service could not tell
    present,
    gone,       ///< nobody has that name any more
    other_uid,  ///< the name is another uid's now
};

struct WhereaboutsRow {
    Whereabouts whereabouts;
    std::string_view name;
};
constexpr std::array whereabouts_rows{
    WhereaboutsRow{Whereabouts::unknown, "unknown"},
    WhereaboutsRow{Whereabouts::present, "present"},
    WhereaboutsRow{Whereabouts::gone, "gone"},
    WhereaboutsRow{Whereabouts::other_uid, "other-uid"},
};
static_assert(covers(whereabouts_rows, &WhereaboutsRow::whereabouts, Whereabouts::other_uid));

struct OverviewParts {
    const Clock& clock;
    Accounts& accounts;
    const Records& records;
    PolicyInForce policy;
};

/// What an administrator sees of the accounts of others. Whether the caller is one, the door has asked already.
class Overview {
public:
    static constexpr unsigned most_at_once = 500;  ///< accounts in one answer

    explicit Overview(OverviewParts parts) : parts_(std::move(parts)) { }

    struct Seen {
        AccountSummary summary;
        bool required = false;  ///< policy demands a factor of it somewhere
        Whereabouts whereabouts = Whereabouts::present;
    };
    /// Errors: no_such_user, unavailable.
    void status(const std::string& user, const Answer<Seen>& done) const;

    struct Page {
        std::vector<Seen> accounts;
        std::string next;  ///< where the next page begins; empty: this was the last
    };
    /// Whoever has something enrolled, by uid and name, `most` at a time; `after` is the `next` of the page before.
    /// Only if `looks_up`, the name service is asked about each. Errors: invalid_argument, unavailable.
    void list(const std::string& after, unsigned most, bool looks_up, const Answer<Page>& done) const;

    struct Unenrolled {
        AccountKey account;
        bool required = false;
    };
    /// Those of `users` that this host knows and that have no factor. Errors: invalid_argument, unavailable.
    void not_enrolled(const std::vector<std::string>& users, const Answer<std::vector<Unenrolled>>& done) const;

private:
    struct Lookup;
    struct Search;
    void look_up(const std::shared_ptr<Lookup>& work) const;
    void search(const std::shared_ptr<Search>& work) const;
    [[nodiscard]] bool required(const Account& account) const;
    [[nodiscard]] Result<AccountSummary> summary_of(const Account& account) const;

    OverviewParts parts_;
};

}  // namespace stepup
