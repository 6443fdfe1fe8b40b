#include "daemon/core/origins.hpp"

#include <algorithm>

#include <time.h>

namespace stepup {
namespace {

std::string name_of(const Session& opener) {
    const auto key = opener.key();
    return key.empty() ? lineage_key(opener.process) : key;
}

}  // namespace

void Origins::opened(const Session& opener, const Whence& whence, const AccountKey& account,
                     const std::vector<SshKey>& keys) {
    const auto is_older = [](const auto& one, const auto& other) { return one.second.number < other.second.number; };
    if (sessions_.size() >= most) sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), is_older));
    const auto key = std::find_if(keys.begin(), keys.end(), [](const SshKey& each) { return each.is_security_key; });
    sessions_.insert_or_assign(name_of(opener),
                               Entry{whence, account, key == keys.end() ? std::string() : key->fingerprint, ++count_});
}

void Origins::closed(const Session& opener) { sessions_.erase(name_of(opener)); }

Whence Origins::of(const Session& place) const {
    const auto* entry = find(place);
    return entry == nullptr ? Whence{} : entry->whence;
}

std::string Origins::security_key_of(const Session& place, const AccountKey& account) const {
    const auto* entry = find(place);
    return entry == nullptr || entry->account != account ? std::string() : entry->security_key;
}

const Origins::Entry* Origins::find(const Session& place) const {
    if (const auto key = place.key(); !key.empty()) {
        const auto found = sessions_.find(key);
        return found == sessions_.end() ? nullptr : &found->second;
    }
    const bool any_by_lineage
        = std::any_of(sessions_.begin(), sessions_.end(), [](const auto& entry) { return is_lineage(entry.first); });
    if (!any_by_lineage) return nullptr;
    for (const auto& process : proc_.lineage(place.process))
        if (const auto found = sessions_.find(lineage_key(process)); found != sessions_.end()) return &found->second;
    return nullptr;
}

void tell_time(Facts& facts, Millis at) {
    ::tzset();  // localtime_r may go on with the zone of long ago; this looks whether /etc/localtime is another now
    const std::time_t seconds = std::chrono::floor<Seconds>(at).count();
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return;
    const auto weekday = static_cast<unsigned>((local.tm_wday + 6) % 7);  // theirs begins on Sunday
    facts.time = LocalTime{weekday, static_cast<unsigned>(local.tm_hour * 60 + local.tm_min)};
    const std::chrono::year_month_day day{std::chrono::year(local.tm_year + 1900),
                                          std::chrono::month(static_cast<unsigned>(local.tm_mon) + 1),
                                          std::chrono::day(static_cast<unsigned>(local.tm_mday))};
    facts.date = std::chrono::sys_days(day);
}

Facts own_facts(const Account& account, const std::optional<Session>& place, std::string_view service,
                const Origins& origins, Instant now) {
    Facts facts{.service = std::string(service),
                .user = account.key.name,
                .groups = account.groups,
                .target = account.key.name,
                .whence = place ? origins.of(*place) : Whence{}};
    tell_time(facts, now.wall);
    return facts;
}

}  // namespace stepup
