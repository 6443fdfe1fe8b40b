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
/// those it knows, nobody else. Whoever is asked for while he is looked up already is looked up once.
class NameService final : public Accounts {
public:
    /// `groups_of_interest` is asked at each look-up: the group names that policy mentions now. If they are others when
    /// it is done, nobody knows of any.
    NameService(Workers& workers, std::function<std::vector<std::string>()> groups_of_interest)
        : workers_(workers),
          groups_of_interest_(std::move(groups_of_interest)) { }

    void find(const std::string& name, Done<Account> done) override;
    void find(uid_t uid, Done<Account> done) override;

    /// Whoever asks from now on gets no answer of a look-up that began before: accounts are others now.
    void accounts_changed() { ++changes_; }

private:
    using Whom = std::pair<unsigned, std::variant<std::string, uid_t>>;  ///< after how many changes, and who

    template <class Key> void look_up(const Key& key, Done<Account> done);

    Workers& workers_;
    std::function<std::vector<std::string>()> groups_of_interest_;
    std::map<Whom, std::vector<Done<Account>>> asking_;  ///< who waits for whom
    unsigned changes_ = 0;
};

}  // namespace stepup
