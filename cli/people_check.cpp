#include "cli/people_check.hpp"

#include "cli/local_users.hpp"

namespace stepup::cli {
namespace {

using doctor::Findings;
using doctor::Light;

constexpr std::chrono::seconds answer_takes{5};  // at most, or doctor calls it none

Managed<> count_accounts(Desk& desk, People& into) {
    std::string after;
    do {
        const auto page = TRY(desk.as_admin<AccountPage>(
            [&](StepUpClient& client, const std::string& token) { return client.accounts(after, true, token); }));
        for (const auto& one : page.accounts) {
            into.enrolled += one.enrolled ? 1 : 0;
            into.locked += one.locked ? 1 : 0;
            into.orphans += one.account == "gone" || one.account == "other-uid" ? 1 : 0;
        }
        after = page.next;
    } while (!after.empty());
    return {};
}

Managed<> count_missing(Desk& desk, People& into) {
    constexpr std::size_t most_names = 5;
    LocalUsers local;
    std::vector<std::string> users;
    do {
        users = local.next();
        into.could_log_in += users.size();
        const auto missing = TRY(desk.as_admin<std::vector<AccountStatus>>(
            [&](StepUpClient& client, const std::string& token) { return client.not_enrolled(users, token); }));
        into.without += missing.size();
        for (const auto& one : missing) {
            if (!one.required) continue;
            if (++into.required <= most_names) into.missing.push_back(one.user);
        }
    } while (users.size() == LocalUsers::most_at_once);
    return {};
}

std::string names_of(const People& people) {
    std::string text;
    for (const auto& name : people.missing) text += (text.empty() ? "" : ", ") + name;
    return text + (people.required > people.missing.size() ? " …" : "");
}

std::string accounts(std::size_t number) { return std::to_string(number) + (number == 1 ? " account" : " accounts"); }

}  // namespace

Findings judge(const People& people, bool gated) {
    Findings found;
    if (people.enrolled == 0)
        found.push_back({gated ? Light::red : Light::yellow, "people", "Nobody is enrolled.",
                         "`stepup enroll totp`, for yourself first."});
    if (people.required > 0)
        found.push_back({Light::yellow, "people",
                         "Policy demands a factor, and there is none: " + names_of(people) + '.',
                         "`stepup admin status --not-enrolled`; `stepup admin invite USER` lets one in to enroll."});
    if (people.locked > 0)
        found.push_back({Light::yellow, "people", accounts(people.locked) + " locked after wrong codes.",
                         "`stepup admin status` shows which; `stepup admin unlock USER`."});
    if (people.orphans > 0)
        found.push_back({Light::yellow, "people",
                         "Factors of " + accounts(people.orphans) + " that this host has no more.",
                         "`stepup admin status --orphans`, then `stepup admin reset USER --uid UID`."});
    if (found.empty())
        found.push_back({Light::green, "people",
                         std::to_string(people.could_log_in - people.without) + " of " + accounts(people.could_log_in)
                             + " that could log in have a factor.",
                         ""});
    return found;
}

Findings check_daemon(Desk& desk) {
    if (const auto token = desk.socket.token(answer_takes); !token)
        return {
            {Light::red, "stepupd", token.error().message, "`systemctl restart stepupd`; `journalctl -u stepupd`."}};
    return {{Light::green, "stepupd", "It answers.", ""}};
}

Findings check_people(Desk& desk, bool gated) {
    People people;
    auto counted = count_accounts(desk, people);
    if (counted) counted = count_missing(desk, people);
    if (!counted)
        return {{Light::yellow, "people", "Who is enrolled cannot be told: " + counted.error().message,
                 "Is the system bus there? `busctl status org.stepup.StepUp1`."}};
    return judge(people, gated);
}

}  // namespace stepup::cli
