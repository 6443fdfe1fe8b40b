#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/management_error.hpp"
#include "dbus/client.hpp"

namespace stepup::cli {

/// One factor as the daemon lists it (dbus/org.stepup.StepUp1.xml).
struct Factor {
    std::int64_t id = 0;
    std::string type;
    std::string label;
    std::string strength;
    bool active = false;
    bool primary = false;
    std::uint64_t enrolled = 0;   ///< seconds since 1970
    std::uint64_t last_used = 0;  ///< 0: never
    std::uint32_t left = 0;       ///< of recovery codes
    std::uint32_t issued = 0;
};

struct Started {
    std::int64_t id = 0;
    std::string secret;  ///< empty, as is the link, if the token had one already
    std::string uri;
};

struct RecoveryCount {
    std::uint32_t left = 0;
    std::uint32_t issued = 0;
};

struct Status {
    bool enrolled = false;
    std::string requirement;
    bool recent = false;
    std::uint32_t remaining = 0;  ///< seconds
    std::string factor;
    std::string strength;
    std::string scope;
    bool more = false;  ///< a challenge: another answer is needed, of another kind of factor
};

/// A question that waits for its answer.
struct Begun {
    std::string challenge;
    std::vector<Factor> factors;  ///< that would do
    std::uint32_t seconds = 0;    ///< it waits
};

/// An account as an administrator sees it.
struct AccountStatus {
    std::string user;
    std::uint32_t uid = 0;
    bool required = false;
    bool enrolled = false;
    std::uint32_t factors = 0;
    std::uint32_t codes_left = 0;
    std::uint32_t codes_issued = 0;
    std::uint64_t last_verified = 0;  ///< seconds since 1970; 0: never
    std::uint64_t code_until = 0;     ///< so long a bypass code or an invite is good; 0: there is none
    std::uint32_t failures = 0;
    bool locked = false;
    std::uint64_t locked_until = 0;  ///< 0: until an administrator ends it
    std::string account;             ///< "present", "gone", "other-uid", "unknown"
};
/// A code from an administrator, to be shown once.
struct HandedOut {
    std::string code;
    std::uint64_t expires = 0;  ///< seconds since 1970
};
/// An SSH key that stands for a second factor.
struct TrustedKey {
    std::int64_t id = 0;
    std::string fingerprint;
    std::string type;
    std::string factor;         ///< that was proved when it was trusted
    std::string network;        ///< from where; may be empty
    std::uint64_t trusted = 0;  ///< seconds since 1970, as what follows
    std::uint64_t expires = 0;
    std::uint64_t last_used = 0;  ///< 0: never
    std::uint32_t uses = 0;
};
/// Which policy is in force, and what is wrong with the files.
struct PolicyStanding {
    std::string in_force;  ///< "files", "last good", "built in"
    std::vector<std::string> problems;
};
struct AccountPage {
    std::vector<AccountStatus> accounts;
    std::string next;  ///< empty: this was the last
};

/// A factor as another tool kept it.
struct Carried {
    std::string type;  ///< "totp", "hotp"
    std::string label;
    std::string algorithm;
    std::uint32_t digits = 6;
    std::uint32_t period = 30;
    std::uint64_t counter = 0;
    std::string_view secret;  ///< base32
};
/// What became of it.
struct Fate {
    std::string what;  ///< "taken", "present", "has-others", "forbidden"
    std::string label;
    std::uint64_t counts_from = 0;  ///< seconds since 1970; 0: at once
};

/// org.stepup.StepUp1, one call each. All texts are safe to print but the secrets, which are ours.
class StepUpClient {
public:
    [[nodiscard]] static Managed<StepUpClient> open();
    /// See bus::Client.
    void let_polkit_ask() { client_.let_polkit_ask(); }

    [[nodiscard]] Managed<std::vector<Factor>> list();
    [[nodiscard]] Managed<Started> enroll_totp(const std::string& label, const std::string& algorithm,
                                               std::uint32_t digits, const std::string& token);
    /// `secret`: base32 of a token that has one, or nothing.
    [[nodiscard]] Managed<Started> enroll_hotp(const std::string& label, std::uint32_t digits, std::uint64_t counter,
                                               std::string_view secret, const std::string& token);
    /// The id of the enrollment, which the same session confirms.
    [[nodiscard]] Managed<std::int64_t> enroll_ssh_security_key(const std::string& label, const std::string& token);
    /// The id of the enrollment, which waits for its first code.
    [[nodiscard]] Managed<std::int64_t> bring(const Carried& factor, const std::string& token);
    [[nodiscard]] Managed<std::vector<std::string>> confirm(std::int64_t id, std::string_view code,
                                                            const std::string& token);
    [[nodiscard]] Managed<> remove(std::int64_t id, const std::string& token);
    [[nodiscard]] Managed<> rename(std::int64_t id, const std::string& label, const std::string& token);
    [[nodiscard]] Managed<> set_primary(std::int64_t id, const std::string& token);
    [[nodiscard]] Managed<std::uint32_t> disable(const std::string& token);
    [[nodiscard]] Managed<RecoveryCount> recovery_codes();
    [[nodiscard]] Managed<std::vector<std::string>> regenerate(const std::string& token);
    [[nodiscard]] Managed<Status> status(const std::string& service, const std::string& token);
    /// A challenge is good for the connection that began it: both calls are the same client's.
    [[nodiscard]] Managed<Begun> begin(const std::string& service, const std::string& token);
    [[nodiscard]] Managed<Status> answer(const std::string& challenge, std::int64_t factor, std::string_view code,
                                         const std::string& token);
    [[nodiscard]] Managed<std::uint32_t> lock(bool all, const std::string& token);
    [[nodiscard]] Managed<AccountStatus> account_status(const std::string& user, const std::string& token);
    [[nodiscard]] Managed<AccountPage> accounts(const std::string& after, bool look_up, const std::string& token);
    [[nodiscard]] Managed<std::vector<AccountStatus>> not_enrolled(const std::vector<std::string>& users,
                                                                   const std::string& token);
    /// `uid`: -1, or that of an account that is gone.
    [[nodiscard]] Managed<std::uint32_t> reset(const std::string& user, std::int64_t uid, const std::string& token);
    [[nodiscard]] Managed<HandedOut> bypass(const std::string& user, std::uint32_t seconds, const std::string& reason,
                                            const std::string& token);
    [[nodiscard]] Managed<HandedOut> invite(const std::string& user, std::uint32_t seconds, const std::string& token);
    /// As an administrator, into the account of `user`; with `look`, what would become of them.
    [[nodiscard]] Managed<std::vector<Fate>> bring_in(const std::string& user, const std::vector<Carried>& factors,
                                                      bool weak, bool look, const std::string& token);
    [[nodiscard]] Managed<std::uint32_t> unlock(const std::string& user, const std::string& token);
    [[nodiscard]] Managed<std::uint32_t> unlock_source(const std::string& address, const std::string& token);
    [[nodiscard]] Managed<std::vector<TrustedKey>> keys();
    [[nodiscard]] Managed<> forget_key(std::int64_t id);
    [[nodiscard]] Managed<std::uint32_t> forget_keys();
    [[nodiscard]] Managed<std::vector<TrustedKey>> keys_of(const std::string& user, const std::string& token);
    /// `id`: 0 for all of them.
    [[nodiscard]] Managed<std::uint32_t> forget_keys_of(const std::string& user, std::int64_t id,
                                                        const std::string& token);
    [[nodiscard]] Managed<PolicyStanding> reload_policy(const std::string& token);

private:
    explicit StepUpClient(bus::Client client) : client_(std::move(client)) { }
    bus::Client client_;
};

}  // namespace stepup::cli
