#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/covers.hpp"
#include "daemon/core/enrollment_kit.hpp"
#include "daemon/core/ports.hpp"
#include "daemon/core/step_up_gate.hpp"

namespace stepup {

struct AdministrationParts {
    const Clock& clock;
    Accounts& accounts;
    Recorder& recorder;
    Workshop workshop;
    std::function<Result<FreshCodes>(unsigned count)> make_codes;  ///< as in EnrollmentKit
    const Records& records;
    const Factors& factors;
    PolicyInForce policy;
    StrongRandom& random;
};

/// A factor as another program kept it.
struct Carried {
    FactorKind kind = FactorKind::totp;
    EnrollmentWish wish;
};

/// What became of one.
struct Fate {
    enum class What : std::uint8_t { taken, present, has_others, forbidden } what = What::taken;
    std::string label;     ///< that it has here, or that was wished for
    Millis counts_from{};  ///< wall clock: TOTP, codes that were shown earlier do not count; else 0
};

struct FateRow {
    Fate::What what;
    std::string_view name;  ///< on the bus
};
constexpr std::array fate_rows{
    FateRow{Fate::What::taken, "taken"}, FateRow{Fate::What::present, "present"},  // the account has that secret
    FateRow{Fate::What::has_others, "has-others"},  // the account has a factor: its user adds what he wants himself
    FateRow{Fate::What::forbidden, "forbidden"},    // policy accepts no such factor anywhere
};
static_assert(covers(fate_rows, &FateRow::what, Fate::What::forbidden));

/// A code as it is shown, once.
struct HandedOut {
    std::string code;
    Millis expires{};  ///< wall clock
};

/// What an administrator does to the accounts of others. Whether the caller is one, the door has asked already; here it
/// is written down who he is.
class Administration {
public:
    static constexpr Seconds shortest{60};
    static constexpr Seconds longest_bypass{std::chrono::hours(24 * 7)};
    static constexpr Seconds longest_invite{std::chrono::hours(24 * 30)};
    static constexpr std::size_t longest_reason = 200;  ///< bytes

    explicit Administration(AdministrationParts parts) : parts_(std::move(parts)) { }

    /// Forgets every failure of `user`, and so the lock, also that of the ceiling; answers with how many there were.
    /// Errors: no_such_user, unavailable.
    void unlock(const Caller& caller, const std::string& user, const Answer<unsigned>& done);
    /// The same for an address from which too many failures came. Errors: invalid_argument, unavailable.
    void unlock_source(const Caller& caller, const std::string& address, const Answer<unsigned>& done);

    /// Removes every factor and code of `user` and ends all windows; answers with how many factors there were. With
    /// `uid`, those of that uid and name, although this host may not know the account any more. Errors: no_such_user,
    /// unavailable.
    void reset(const Caller& caller, const std::string& user, std::optional<uid_t> uid, const Answer<unsigned>& done);

    /// Makes a code that lets `user` in once, whatever policy asks for and however locked the account is, and lets him
    /// enroll; one before is void. Errors: no_such_user, invalid_argument (`reason` is missing, `lasts` is not between
    /// `shortest` and `longest_bypass`), unavailable.
    void bypass(const Caller& caller, const std::string& user, Seconds lasts, const std::string& reason,
                const Answer<HandedOut>& done);
    /// The same for an account that has no factor yet. Errors: also already_enrolled.
    void invite(const Caller& caller, const std::string& user, Seconds lasts, const Answer<HandedOut>& done);

    /// Takes over what another program kept of `user`, active at once, all of it or nothing; into an account that has a
    /// factor, nothing. Says of each what became of it; with `only_look`, what would. Of a factor that counts time, no
    /// code counts that somebody may have seen by now. Errors: no_such_user, invalid_argument, policy_forbids (a kind
    /// that this build has not), already_enrolled (enrolled meanwhile), unavailable.
    void bring_in(const Caller& caller, const std::string& user, std::vector<Carried> factors, bool only_look,
                  const Answer<std::vector<Fate>>& done);

private:
    struct Order;
    struct Bringing;

    [[nodiscard]] AuditEntry entry(Event event, const Caller& caller, const AccountKey& account) const;
    void forget(std::string whose, AuditEntry audit, const Answer<unsigned>& done);
    void hand_out(const std::shared_ptr<Order>& order, const std::string& user);
    void make_code(const std::shared_ptr<Order>& order);
    void store(const std::shared_ptr<Order>& order, FreshCodes codes);
    [[nodiscard]] Managed<> weigh(Bringing& work) const;
    [[nodiscard]] Fate fate_of(const Bringing& work, const Carried& carried, const Draft& draft) const;
    void store(const std::shared_ptr<Bringing>& work);

    AdministrationParts parts_;
};

/// What an administrator did, with who he is and the login he came from.
[[nodiscard]] AuditEntry entry_by(const Caller& caller, Event event, Instant now, const AccountKey& about);

}  // namespace stepup
