#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/random.hpp"
#include "daemon/core/ports.hpp"
#include "daemon/core/risk.hpp"

// Ten-line stand-ins for the ports of core, for unit tests only.

namespace stepup::testing {

/// Six digits answer a TOTP or HOTP enrollment, letters a recovery set; "111111" and "GOOD" are right, "777777" is too
/// far ahead.
class FakeFactor final : public Factor {
public:
    explicit FakeFactor(bool digits, std::string_view advice = {}) : digits_(digits), advice_(advice) { }
    bool could_answer(const Enrollment&, std::string_view answer) const override {
        if (answer.empty()) return false;
        const bool numeric = answer.find_first_not_of("0123456789") == std::string_view::npos;
        return digits_ ? numeric && answer.size() == 6 : !numeric;
    }
    Result<Check> verify(const Enrollment& enrollment, const Material&, const Secret& answer, Instant) const override {
        const bool right = answer.reveal() == "111111" || answer.reveal() == "GOOD";
        if (right) return Accepted{SpendCounter{enrollment.id, 1}};
        Rejected rejected;
        if (answer.reveal() == "777777") rejected.remember = Await{enrollment.id, 8};
        return rejected;
    }
    std::string_view example(const Enrollment&) const override { return digits_ ? "6 digits" : "letters"; }
    std::string_view advice() const override { return advice_; }
    Managed<Draft> draft(const EnrollmentWish& wish, const Holder& holder, StrongRandom&) const override {
        Draft draft;
        draft.oath.digits = wish.digits;
        draft.counter = wish.counter;
        (void)draft.seed.copy("12345678901234567890");
        draft.uri = "otpauth://totp/" + holder.account;
        brought_ = wish.secret.reveal();
        return draft;
    }
    [[nodiscard]] std::string brought() const { return brought_; }

private:
    bool digits_;
    std::string_view advice_;
    mutable std::string brought_;
};

/// Nothing answers it but what sshd verified.
class FakeSecurityKey final : public Factor {
public:
    bool could_answer(const Enrollment&, std::string_view) const override { return false; }
    Result<Check> verify(const Enrollment& enrollment, const Material& material, const Secret& answer,
                         Instant) const override {
        const bool right = !answer.empty() && answer.reveal() == material.secret.reveal();
        return right ? Check(Accepted{SpendNothing{enrollment.id}}) : Check(Rejected());
    }
    std::string_view example(const Enrollment&) const override { return "a login"; }
    Managed<Draft> draft(const EnrollmentWish& wish, const Holder&, StrongRandom&) const override {
        if (wish.login_key.empty()) return refuse(ManagementError::invalid_argument);
        Draft draft;
        (void)draft.seed.copy(wish.login_key);
        return draft;
    }
};

class FakeFactors final : public Factors {
public:
    const Factor* find(FactorKind kind) const override {
        if (kind == FactorKind::totp) return &digits_;
        if (kind == FactorKind::hotp) return &presses_;
        if (kind == FactorKind::email && knows_mail) return &digits_;
        if (kind == FactorKind::ssh_security_key) return &key_;
        return is_code_set(kind) ? &letters_ : nullptr;
    }
    bool knows_mail = false;

    /// The secret that an HOTP enrollment brought.
    [[nodiscard]] std::string brought() const { return presses_.brought(); }

private:
    FakeFactor digits_{true};
    FakeFactor presses_{true, "Press again.\n"};
    FakeFactor letters_{false};
    FakeSecurityKey key_;
};

inline Enrollment enrollment(std::int64_t id, FactorKind kind, std::string label = "phone") {
    Enrollment made;
    made.id = id;
    made.account = {1000, "alice"};
    made.kind = kind;
    made.label = std::move(label);
    made.active = true;
    made.left = kind == FactorKind::recovery_code ? 10 : 0;
    return made;
}

class FakeRecords final : public Records {
public:
    std::vector<Enrollment> all;
    std::vector<Verification> proved;

    Result<std::vector<Enrollment>> enrollments(const AccountKey& account, Instant) const override {
        std::vector<Enrollment> mine;
        for (const auto& each : all)
            if (each.account == account) mine.push_back(each);
        return mine;
    }
    std::map<std::int64_t, std::string> seeds;  ///< by enrollment
    mutable std::vector<FactorKind> looked_up;  ///< of which kinds material was asked for

    Result<Material> material(const Enrollment& enrollment, const Secret&) const override {
        looked_up.push_back(enrollment.kind);
        Material found;
        if (const auto seed = seeds.find(enrollment.id); seed != seeds.end()) (void)found.secret.copy(seed->second);
        found.row = is_code_set(enrollment.kind) ? 1 : 0;
        return found;
    }
    Result<Material> decoy(FactorKind) const override { return Material{}; }
    Result<std::vector<Verification>> verifications(const AccountKey& account, Instant) const override {
        std::vector<Verification> mine;
        for (const auto& each : proved)
            if (each.account == account) mine.push_back(each);
        return mine;
    }
    Result<AccountSummary> summary(const AccountKey& account, const Limits&, Instant now) const override {
        AccountSummary found;
        found.account = account;
        found.factors = static_cast<unsigned>(enrollments(account, now)->size());
        return found;
    }
    std::vector<AccountSummary> summed_up;  ///< what summaries() pages through
    Result<std::vector<AccountSummary>> summaries(const AccountKey& after, std::size_t most, const LimitsOf&,
                                                  Instant) const override {
        std::vector<AccountSummary> page;
        for (const auto& one : summed_up) {
            const bool behind = after.uid == static_cast<uid_t>(-1) || one.account.uid > after.uid;
            if (behind && page.size() < most) page.push_back(one);
        }
        return page;
    }
    Result<std::vector<AccountKey>> verified_accounts() const override {
        std::vector<AccountKey> found;
        for (const auto& one : proved) found.push_back(one.account);
        return found;
    }
    std::vector<TrustedKey> trusted;
    Result<std::vector<TrustedKey>> trusted_keys(const AccountKey& account, Instant now) const override {
        std::vector<TrustedKey> mine;
        for (const auto& each : trusted)
            if (each.account == account && each.expires > now.wall) mine.push_back(each);
        return mine;
    }
    std::vector<QueuedEvent> waiting;
    Result<std::vector<QueuedEvent>> queued(std::int64_t after, std::size_t most) const override {
        std::vector<QueuedEvent> found;
        for (const auto& one : waiting)
            if (one.id > after && found.size() < most) found.push_back(one);
        return found;
    }
    Habits remembered{};
    unsigned source_failures = 0;
    Result<Habits> habits(const AccountKey&, const std::vector<Sighting>& asked) const override {
        Habits found = remembered;
        std::erase_if(found.seen,
                      [&](const auto& one) { return std::find(asked.begin(), asked.end(), one) == asked.end(); });
        return found;
    }
    Result<unsigned> failures_of_source(const std::string&, Instant) const override { return source_failures; }
    std::string unknown_user_key(std::string_view name) const override { return "name:" + std::string(name); }
};

class FakeAddressBook final : public AddressBook {
public:
    std::optional<bool> listed = false;
    std::string place;
    std::optional<bool> lists(const Address&) const override { return listed; }
    std::string place_of(const Address&) const override { return place; }
};

/// 0, 1, 2 …: nothing in a test is random.
class CountingRandom final : public StrongRandom {
public:
    void fill(std::span<char> out) override {
        for (char& byte : out) byte = static_cast<char>(next_++);
    }

private:
    unsigned char next_ = 0;
};

}  // namespace stepup::testing
