#include "daemon/accounts/name_service.hpp"

#include <memory>

#include "daemon/accounts/look_up.hpp"

namespace stepup {

template <class Key> void NameService::look_up(const Key& key, Done<Account> done) {
    const Whom whom{changes_, key};
    auto& asking = asking_[whom];
    if (!asking.empty()) return asking.push_back(std::move(done));
    asking.reserve(1);  // once the work is under way, nothing may fail: nobody else would ever be answered
    auto result = std::make_shared<Result<Account>>(fail(Errc::unavailable, "not looked up"));
    const auto groups = groups_of_interest_();
    workers_.run([result, key, groups] { *result = look_up_account(key, groups); },
                 [this, whom, result, groups] {
                     // Of groups that another policy names by now nobody has asked: they are no groups he is not in.
                     if (*result && groups != groups_of_interest_()) (*result)->groups.reset();
                     const auto answered = asking_.extract(whom);
                     for (const auto& each : answered.mapped()) each(*result);
                 });
    asking.push_back(std::move(done));
}

void NameService::find(const std::string& name, Done<Account> done) { look_up(name, std::move(done)); }

void NameService::find(uid_t uid, Done<Account> done) { look_up(uid, std::move(done)); }

}  // namespace stepup
