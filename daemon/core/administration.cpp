#include "daemon/core/administration.hpp"

#include "daemon/core/lockout.hpp"
#include "daemon/core/source.hpp"

namespace stepup {

using enum ManagementError;

void Administration::unlock(const Caller& caller, const std::string& user, const Answer<unsigned>& done) {
    accounts_.find(user, [=, this](const Result<Account>& account) {
        if (account) return forget(account_limit_key(account->key.uid), entry(caller, account->key), done);
        done(refuse(account.error().code == Errc::not_found ? no_such_user : unavailable));
    });
}

void Administration::unlock_source(const Caller& caller, const std::string& address, const Answer<unsigned>& done) {
    auto whose = source_limit_key(address);
    if (whose.empty()) return done(refuse(invalid_argument, "A source is an IPv4 or IPv6 address."));
    auto audit = entry(caller, {});
    audit.fields.emplace_back("source", whose.substr(whose.find(':') + 1));
    forget(std::move(whose), std::move(audit), done);
}

AuditEntry Administration::entry(const Caller& caller, const AccountKey& account) const {
    AuditEntry entry{Event::unlocked, clock_.now(), account, "stepup", {{"by", caller.account.key.name}}};
    if (!caller.session) return entry;
    // Root is a role: the login that it came from is the person.
    if (caller.session->login_uid) entry.fields.emplace_back("login_uid", std::to_string(*caller.session->login_uid));
    if (const auto key = caller.session->key(); !key.empty()) entry.fields.emplace_back("session", key);
    return entry;
}

void Administration::forget(std::string whose, AuditEntry audit, const Answer<unsigned>& done) {
    recorder_.unlock({std::move(whose), std::move(audit)},
                     [done](Result<unsigned> failures) { failures ? done(*failures) : done(refuse(unavailable)); });
}

}  // namespace stepup
