#include "daemon/accounts/name_service.hpp"

#include <memory>

#include "daemon/accounts/look_up.hpp"

namespace stepup {

void NameService::look_up(std::function<Result<Account>()> work, Done<Account> done) {
    auto result = std::make_shared<Result<Account>>(fail(Errc::unavailable, "not looked up"));
    workers_.run([result, work = std::move(work)] { *result = work(); },
                 [result, done = std::move(done)] { done(std::move(*result)); });
}

void NameService::find(const std::string& name, Done<Account> done) {
    look_up([name, groups = groups_of_interest_()] { return look_up_account(name, groups); }, std::move(done));
}

void NameService::find(uid_t uid, Done<Account> done) {
    look_up([uid, groups = groups_of_interest_()] { return look_up_account(uid, groups); }, std::move(done));
}

}  // namespace stepup
