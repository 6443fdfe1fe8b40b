#include "daemon/core/administration.hpp"

#include "daemon/core/lockout.hpp"
#include "daemon/core/management_words.hpp"
#include "daemon/core/source.hpp"

namespace stepup {
namespace {

using enum ManagementError;

}  // namespace

AuditEntry entry_by(const Caller& caller, Event event, Instant now, const AccountKey& about) {
    AuditEntry entry{event, now, about, "stepup", {{"by", caller.account.key.name}}};
    if (!caller.session) return entry;
    // Root is a role: the login that it came from is the person.
    if (caller.session->login_uid) entry.fields.emplace_back("login_uid", std::to_string(*caller.session->login_uid));
    if (const auto key = caller.session->key(); !key.empty()) entry.fields.emplace_back("session", key);
    return entry;
}

void Administration::unlock(const Caller& caller, const std::string& user, const Answer<unsigned>& done) {
    parts_.accounts.find(user, [=, this](const Result<Account>& account) {
        if (!account) return done(refused_by_store(account.error(), no_such_user));
        forget(account_limit_key(account->key.uid), entry(Event::unlocked, caller, account->key), done);
    });
}

void Administration::unlock_source(const Caller& caller, const std::string& address, const Answer<unsigned>& done) {
    auto whose = source_limit_key(address);
    if (whose.empty()) return done(refuse(invalid_argument, "A source is an IPv4 or IPv6 address."));
    auto audit = entry(Event::unlocked, caller, {});
    audit.fields.emplace_back("source", whose.substr(whose.find(':') + 1));
    forget(std::move(whose), std::move(audit), done);
}

void Administration::reset(const Caller& caller, const std::string& user, std::optional<uid_t> uid,
                           const Answer<unsigned>& done) {
    const auto reset_account = [=, this](const AccountKey& account) {
        parts_.recorder.reset(
            {account, entry(Event::account_reset, caller, account)},
            [done](Result<unsigned> factors) { factors ? done(*factors) : done(refuse(unavailable)); });
    };
    if (uid) return reset_account({*uid, user});
    parts_.accounts.find(user, [=](const Result<Account>& account) {
        account ? reset_account(account->key) : done(refused_by_store(account.error(), no_such_user));
    });
}

AuditEntry Administration::entry(Event event, const Caller& caller, const AccountKey& account) const {
    return entry_by(caller, event, parts_.clock.now(), account);
}

void Administration::forget(std::string whose, AuditEntry audit, const Answer<unsigned>& done) {
    parts_.recorder.unlock({std::move(whose), std::move(audit)}, [done](Result<unsigned> failures) {
        failures ? done(*failures) : done(refuse(unavailable));
    });
}

}  // namespace stepup
