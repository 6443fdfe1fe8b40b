#pragma once

#include <optional>
#include <string>

#include "daemon/core/windows.hpp"
#include "daemon/pam_door/conversation.hpp"
#include "policy/decide.hpp"

namespace stepup {

/// `stepup verify` and `stepup require`: a process proves a factor of its own uid, or shows that it did recently.
class SelfCheck {
public:
    SelfCheck(DoorParts& parts, Connection& connection, Peer peer, const wire::Verify& asked);

    [[nodiscard]] asio::awaitable<Ending> run();

private:
    [[nodiscard]] asio::awaitable<Ending> check(Account account);
    [[nodiscard]] asio::awaitable<Ending> converse(Account account, std::vector<Enrollment> choices,
                                                   Requirement requirement);
    [[nodiscard]] asio::awaitable<Result<bool>> recently_proved(AccountKey account, Requirement requirement);
    [[nodiscard]] Requirement requirement_for(const Account& account) const;
    [[nodiscard]] Result<std::vector<Enrollment>> choices_of(const AccountKey& account,
                                                             const Requirement& requirement) const;
    [[nodiscard]] AuditEntry entry(Event event, const AccountKey& account) const;

    DoorParts& parts_;
    Connection& connection_;
    Peer peer_;
    std::uint32_t max_age_;
    bool may_ask_;
    std::string service_;
    std::string factor_;
    std::shared_ptr<const Policy> policy_;
};

}  // namespace stepup
