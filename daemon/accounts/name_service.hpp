#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/core/ports.hpp"
#include "daemon/loop/workers.hpp"

namespace stepup {

/// Accounts of this host's name service (nsswitch.conf), asked on threads of their own: a directory that hangs delays
/// those it knows, nobody else. Whoever is asked for while he is looked up already is looked up once. Nobody waits for
/// longer than `longest_wait`: then the answer is unavailable, and the look-up goes on for whoever asks next.
class NameService final : public Accounts {
public:
    /// `groups_of_interest` is asked at each look-up: the group names that policy mentions now. If they are others when
    /// it is done, nobody knows of any.
    NameService(Workers& workers, std::function<std::vector<std::string>()> groups_of_interest, Millis longest_wait)
        : workers_(workers),
          groups_of_interest_(std::move(groups_of_interest)),
          longest_wait_(longest_wait) { }

    void find(const std::string& name, Done<Account> done) override;
    void find(uid_t uid, Done<Account> done) override;

    /// Whoever asks from now on gets no answer of a look-up that began before: accounts are others now.
    void accounts_changed() { ++changes_; }

private:
    using Whom = std::pair<unsigned, std::variant<std::string, uid_t>>;  ///< after how many changes, and who

    struct LookUp {
        explicit LookUp(const asio::any_io_executor& loop) : patience(loop) { }
        std::vector<Done<Account>> waiting;
        asio::steady_timer patience;  ///< of the first of them
    };

    template <class Key> void look_up(const Key& key, Done<Account> done);
    template <class Key> void begin(const Whom& whom, const Key& key);
    void lose_patience_later(const Whom& whom, asio::steady_timer& patience);
    void give_up(const Whom& whom);

    Workers& workers_;
    std::function<std::vector<std::string>()> groups_of_interest_;
    Millis longest_wait_;
    std::map<Whom, LookUp> under_way_;
    unsigned changes_ = 0;
};

}  // namespace stepup
