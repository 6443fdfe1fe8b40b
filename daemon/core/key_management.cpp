#include "daemon/core/key_management.hpp"

#include <algorithm>

#include "daemon/core/management_words.hpp"

namespace stepup {
namespace {

using enum ManagementError;

}  // namespace

Managed<std::vector<TrustedKey>> KeyManagement::list(const Caller& caller) const { return keys_of(caller.account.key); }

void KeyManagement::forget(const Caller& caller, std::int64_t key, const Answer<>& done) {
    const auto& account = caller.account.key;
    forget_in(account, key, entry(caller, account), [done](const Managed<unsigned>& forgotten) {
        forgotten ? done({}) : done(tl::make_unexpected(forgotten.error()));
    });
}

void KeyManagement::forget_all(const Caller& caller, const Answer<unsigned>& done) {
    const auto& account = caller.account.key;
    forget_in(account, std::nullopt, entry(caller, account), done);
}

void KeyManagement::list_of(const std::string& user, const Answer<std::vector<TrustedKey>>& done) const {
    parts_.accounts.find(user, [=, this](const Result<Account>& account) {
        account ? done(keys_of(account->key)) : done(refused_by_store(account.error(), no_such_user));
    });
}

void KeyManagement::forget_of(const Caller& caller, const std::string& user, std::optional<std::int64_t> key,
                              const Answer<unsigned>& done) {
    parts_.accounts.find(user, [=, this](const Result<Account>& account) {
        if (!account) return done(refused_by_store(account.error(), no_such_user));
        auto audit = entry(caller, account->key);
        audit.fields.emplace_back("by", caller.account.key.name);
        if (caller.session && caller.session->login_uid)
            audit.fields.emplace_back("login_uid", std::to_string(*caller.session->login_uid));
        forget_in(account->key, key, std::move(audit), done);
    });
}

Managed<std::vector<TrustedKey>> KeyManagement::keys_of(const AccountKey& account) const {
    auto keys = parts_.records.trusted_keys(account, parts_.clock.now());
    if (!keys) return refuse(unavailable);
    return *std::move(keys);
}

AuditEntry KeyManagement::entry(const Caller& caller, const AccountKey& account) const {
    AuditEntry entry{Event::trusted_keys_forgotten, parts_.clock.now(), account, "stepup", {}};
    if (!caller.session) return entry;
    if (const auto key = caller.session->key(); !key.empty()) entry.fields.emplace_back("session", key);
    return entry;
}

void KeyManagement::forget_in(const AccountKey& account, std::optional<std::int64_t> key, AuditEntry audit,
                              const Answer<unsigned>& done) {
    if (key) {
        const auto keys = keys_of(account);
        if (!keys) return done(tl::make_unexpected(keys.error()));
        const auto meant = std::find_if(keys->begin(), keys->end(), [&](const auto& one) { return one.id == *key; });
        if (meant == keys->end()) return done(refuse(no_such_key));
        audit.fields.emplace_back("key", meant->fingerprint);
    }
    parts_.recorder.forget_keys({account, key, std::move(audit)}, [done, key](const Result<unsigned>& forgotten) {
        if (!forgotten) return done(refuse(unavailable));
        if (key && *forgotten == 0) return done(refuse(no_such_key));  // somebody else was faster
        done(*forgotten);
    });
}

}  // namespace stepup
