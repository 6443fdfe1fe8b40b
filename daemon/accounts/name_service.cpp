#include "daemon/accounts/name_service.hpp"

#include <memory>

#include "daemon/accounts/look_up.hpp"

namespace stepup {

template <class Key> void NameService::look_up(const Key& key, Done<Account> done) {
    auto& asking = asking_[key];
    asking.push_back(std::move(done));
    if (asking.size() > 1) return;
    auto result = std::make_shared<Result<Account>>(fail(Errc::unavailable, "not looked up"));
    const auto groups = groups_of_interest_();
    workers_.run([result, key, groups] { *result = look_up_account(key, groups); },
                 [this, key, result, groups] {
                     // Of groups that another policy names by now nobody has asked: they are no groups he is not in.
                     if (*result && groups != groups_of_interest_()) (*result)->groups.reset();
                     const auto answered = asking_.extract(key);
                     for (const auto& each : answered.mapped()) each(*result);
                 });
}

void NameService::find(const std::string& name, Done<Account> done) { look_up(name, std::move(done)); }

void NameService::find(uid_t uid, Done<Account> done) { look_up(uid, std::move(done)); }

}  // namespace stepup
