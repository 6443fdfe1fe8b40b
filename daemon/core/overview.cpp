#include "daemon/core/overview.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "policy/account_limits.hpp"
#include "policy/decide.hpp"

namespace stepup {
namespace {

using enum ManagementError;

/// "1000:alice"
std::string place_of(const AccountKey& account) { return std::to_string(account.uid) + ':' + account.name; }

std::optional<AccountKey> account_at(const std::string& place) {
    if (place.empty()) return AccountKey{};
    AccountKey account;
    const auto* last = place.data() + place.size();
    const auto [end, error] = std::from_chars(place.data(), last, account.uid);
    if (error != std::errc{} || end == last || *end != ':') return std::nullopt;
    account.name.assign(end + 1, last);
    return account;
}

Whereabouts whereabouts_of(const AccountKey& enrolled, const Result<Account>& found) {
    if (found) return found->key == enrolled ? Whereabouts::present : Whereabouts::other_uid;
    return found.error().code == Errc::not_found ? Whereabouts::gone : Whereabouts::unknown;
}

}  // namespace

bool Overview::required(const Account& account) const {
    return requires_somewhere(*parts_.policy(), account.key.name, account.groups);
}

Result<AccountSummary> Overview::summary_of(const Account& account) const {
    const auto limits = limits_on(*parts_.policy(), account.key.name, account.groups).limits;
    return parts_.records.summary(account.key, limits, parts_.clock.now());
}

void Overview::status(const std::string& user, const Answer<Seen>& done) const {
    parts_.accounts.find(user, [=, this](const Result<Account>& account) {
        if (!account) return done(refuse(account.error().code == Errc::not_found ? no_such_user : unavailable));
        auto summary = summary_of(*account);
        if (!summary) return done(refuse(unavailable));
        done(Seen{*std::move(summary), required(*account), Whereabouts::present});
    });
}

/// A page, and how many of its accounts the name service was asked about.
struct Overview::Lookup {
    Page page;
    Answer<Page> done;
    std::size_t asked = 0;
};

void Overview::list(const std::string& after, unsigned most, bool looks_up, const Answer<Page>& done) const {
    const auto from = account_at(after);
    if (!from) return done(refuse(invalid_argument, "That is no place where a page can begin."));
    const auto count = std::clamp(most, 1U, most_at_once);
    // Their groups come later, if at all: until then, the strictest limits that may be theirs.
    const auto limits
        = [policy = parts_.policy()](const AccountKey& key) { return limits_on(*policy, key.name, {}).limits; };
    auto found = parts_.records.summaries(*from, count, limits, parts_.clock.now());
    if (!found) return done(refuse(unavailable));
    Page page;
    if (found->size() == count) page.next = place_of(found->back().account);
    for (auto& summary : *found) page.accounts.push_back({std::move(summary), false, Whereabouts::unknown});
    if (!looks_up) return done(std::move(page));
    look_up(std::make_shared<Lookup>(Lookup{std::move(page), done}));
}

void Overview::look_up(const std::shared_ptr<Lookup>& work) const {
    if (work->asked == work->page.accounts.size()) return work->done(std::move(work->page));
    const auto& name = work->page.accounts[work->asked].summary.account.name;
    parts_.accounts.find(name, [work, this](const Result<Account>& found) {
        auto& seen = work->page.accounts[work->asked++];
        seen.whereabouts = whereabouts_of(seen.summary.account, found);
        seen.required = seen.whereabouts == Whereabouts::present && required(*found);
        if (seen.whereabouts == Whereabouts::present && seen.summary.standing.for_good)
            if (const auto again = summary_of(*found)) seen.summary.standing = again->standing;
        look_up(work);
    });
}

struct Overview::Search {
    std::vector<std::string> users;
    Answer<std::vector<Unenrolled>> done;
    std::size_t asked = 0;
    std::vector<Unenrolled> found{};
};

void Overview::not_enrolled(const std::vector<std::string>& users, const Answer<std::vector<Unenrolled>>& done) const {
    if (users.size() > most_at_once) return done(refuse(invalid_argument, "Ask about 500 users at once, at most."));
    search(std::make_shared<Search>(Search{users, done}));
}

void Overview::search(const std::shared_ptr<Search>& work) const {
    if (work->asked == work->users.size()) return work->done(std::move(work->found));
    parts_.accounts.find(work->users[work->asked++], [work, this](const Result<Account>& account) {
        if (!account && account.error().code != Errc::not_found) return work->done(refuse(unavailable));
        if (!account) return search(work);
        const auto summary = summary_of(*account);
        if (!summary) return work->done(refuse(unavailable));
        if (summary->factors == 0) work->found.push_back({account->key, required(*account)});
        search(work);
    });
}

}  // namespace stepup
