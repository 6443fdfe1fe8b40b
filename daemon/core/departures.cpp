#include "daemon/core/departures.hpp"

namespace stepup {

void Departures::session_left(const std::string& id, const char* why) {
    // Where the kernel counts audit sessions, logind's names are those numbers; elsewhere its scopes name ours.
    WindowsGone gone{{{"audit:" + id, "scope:session-" + id + ".scope"}}, entry({}, why)};
    gone.audit.fields.emplace_back("session", id);
    end(std::move(gone));
}

void Departures::host_sleeps() { end({std::nullopt, entry({}, "suspend")}); }

void Departures::accounts_changed() {
    const auto accounts = records_.verified_accounts();
    if (!accounts) return;  // the store is away, and with it every window
    for (const auto& account : *accounts) look_for(account);
}

void Departures::look_for(const AccountKey& account) {
    accounts_.find(account.name, [=, this](const Result<Account>& found) {
        const bool gone = found ? !(found->key == account) : found.error().code == Errc::not_found;
        if (!gone) return;
        recorder_.end_windows({account, std::nullopt, entry(account, "account removed")}, [](auto) {});
        auto forgotten = entry(account, "account removed");
        forgotten.event = Event::trusted_keys_forgotten;
        recorder_.forget_keys({account, std::nullopt, std::move(forgotten)}, [](auto) {});
    });
}

void Departures::end(WindowsGone gone) {
    recorder_.end_sessions(std::move(gone), [](auto) {});
}

AuditEntry Departures::entry(const AccountKey& account, const char* why) const {
    return {Event::windows_ended, clock_.now(), account, "stepupd", {{"why", why}}};
}

}  // namespace stepup
