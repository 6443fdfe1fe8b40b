#include "daemon/accounts/name_service.hpp"

#include <memory>
#include <utility>

#include "daemon/accounts/look_up.hpp"

namespace stepup {

template <class Key> void NameService::look_up(const Key& key, Done<Account> done) {
    const Whom whom{changes_, key};
    const auto [found, is_new] = under_way_.try_emplace(whom, workers_.loop());
    auto& [waiting, patience] = found->second;
    try {
        waiting.reserve(waiting.size() + 1);
        if (waiting.empty()) lose_patience_later(whom, patience);
        if (is_new) begin(whom, key);
    } catch (...) {  // out of memory: else nobody would ever look him up again
        if (is_new) under_way_.erase(found);
        throw;
    }
    waiting.push_back(std::move(done));  // cannot fail: who was told that it did is not answered as well
}

template <class Key> void NameService::begin(const Whom& whom, const Key& key) {
    auto result = std::make_shared<Result<Account>>(fail(Errc::unavailable, "not looked up"));
    const auto groups = groups_of_interest_();
    workers_.run([result, key, groups] { *result = look_up_account(key, groups); },
                 [this, whom, result, groups] {
                     // Of groups that another policy names by now nobody has asked: they are no groups he is not in.
                     if (*result && groups != groups_of_interest_()) (*result)->groups.reset();
                     const auto answered = under_way_.extract(whom);
                     for (const auto& each : answered.mapped().waiting) each(*result);
                 });
}

void NameService::lose_patience_later(const Whom& whom, asio::steady_timer& patience) {
    patience.expires_after(longest_wait_);
    patience.async_wait([this, whom](boost::system::error_code answered) {
        if (!answered) give_up(whom);
    });
}

void NameService::give_up(const Whom& whom) {
    const auto found = under_way_.find(whom);
    if (found == under_way_.end() || found->second.patience.expiry() > asio::steady_timer::clock_type::now()) return;
    for (const auto& each : std::exchange(found->second.waiting, {}))
        each(fail(Errc::unavailable, "the name service does not answer"));
}

void NameService::find(const std::string& name, Done<Account> done) { look_up(name, std::move(done)); }

void NameService::find(uid_t uid, Done<Account> done) { look_up(uid, std::move(done)); }

}  // namespace stepup
