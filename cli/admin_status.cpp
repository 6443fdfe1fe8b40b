#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "cli/admin_screens.hpp"
#include "cli/local_users.hpp"
#include "cli/verbs.hpp"

namespace stepup::cli {
namespace {

nlohmann::json or_null(std::uint64_t seconds) { return seconds == 0 ? nlohmann::json() : nlohmann::json(seconds); }

nlohmann::json json_of(const AccountStatus& status) {
    return {{"user", status.user},
            {"uid", status.uid},
            {"required", status.required},
            {"enrolled", status.enrolled},
            {"factors", status.factors},
            {"codes_left", status.codes_left},
            {"codes_issued", status.codes_issued},
            {"last_verified", or_null(status.last_verified)},
            {"code_until", or_null(status.code_until)},
            {"failures", status.failures},
            {"locked", status.locked},
            {"locked_until", or_null(status.locked_until)},
            {"account", status.account}};
}

/// One call of many: who asks more often than he may, waits.
template <class T>
Managed<T> in_time(Desk& desk, const std::function<Managed<T>(StepUpClient&, const std::string&)>& call) {
    constexpr int patience = 60;  // seconds
    for (int waited = 0;; ++waited) {
        auto answer = desk.as_admin<T>(call);
        const bool too_often = !answer && answer.error().error == ManagementError::rate_limited;
        if (!too_often || waited == patience) return answer;
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

Exit show_one(Desk& desk) {
    const auto found = desk.as_admin<AccountStatus>([&](StepUpClient& client, const std::string& token) {
        return client.account_status(desk.options.which, token);
    });
    if (!found) return desk.complain(found.error());
    desk.say_json(json_of(*found));
    desk.say(account_screen(*found));
    return Exit::done;
}

struct Listing {
    bool look_up;
    bool (*is_meant)(const AccountStatus&);
    std::string (*head)();
    std::string (*line)(const AccountStatus&);
    const char* nobody;
};

/// Page by page: what was shown is forgotten.
Exit show_all(Desk& desk, const Listing& listing) {
    std::string after;
    bool any = false;
    do {
        const auto page = in_time<AccountPage>(desk, [&](StepUpClient& client, const std::string& token) {
            return client.accounts(after, listing.look_up, token);
        });
        if (!page) return desk.complain(page.error());
        for (const auto& status : page->accounts) {
            if (!listing.is_meant(status)) continue;
            if (!std::exchange(any, true)) desk.say(listing.head());
            desk.say(listing.line(status));
            desk.say_line(json_of(status));
        }
        after = page->next;
    } while (!after.empty());
    if (!any) desk.say(listing.nobody);
    return Exit::done;
}

constexpr Listing everybody{false, [](const AccountStatus&) { return true; }, accounts_head, accounts_line,
                            "Nobody has a factor yet.\n"};
constexpr Listing orphans{
    true, [](const AccountStatus& status) { return status.account == "gone" || status.account == "other-uid"; },
    orphans_head, orphans_line, "Every factor belongs to an account of this host.\n"};

Exit show_not_enrolled(Desk& desk) {
    std::vector<std::string> users;
    bool any = false;
    LocalUsers local;
    do {
        users = local.next();
        const auto found = in_time<std::vector<AccountStatus>>(
            desk, [&](StepUpClient& client, const std::string& token) { return client.not_enrolled(users, token); });
        if (!found) return desk.complain(found.error());
        for (const auto& status : *found) {
            if (!std::exchange(any, true)) desk.say(not_enrolled_head());
            desk.say(not_enrolled_line(status));
            desk.say_line({{"user", status.user}, {"uid", status.uid}, {"required", status.required}});
        }
    } while (users.size() == LocalUsers::most_at_once);
    if (!any) desk.say("Everybody who could log in has a factor.\n");
    return Exit::done;
}

}  // namespace

Exit admin_status(Desk& desk) {
    if (!desk.options.which.empty()) return show_one(desk);
    if (desk.options.not_enrolled) return show_not_enrolled(desk);
    return show_all(desk, desk.options.orphans ? orphans : everybody);
}

}  // namespace stepup::cli
