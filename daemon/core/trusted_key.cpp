#include "daemon/core/trusted_key.hpp"

#include <algorithm>

namespace stepup {
namespace {

constexpr unsigned network_of_ipv4 = 24;
constexpr unsigned network_of_ipv6 = 64;

bool is_there(const TrustedKey& key, const std::optional<Address>& address) {
    const auto network = Network::parse(key.network);
    return network && address && network->contains(*address);
}

std::string in_words(Seconds time) {
    const auto hours = time.count() / 3600;
    const auto count = hours % 24 == 0 ? hours / 24 : hours;
    return std::to_string(count) + (hours % 24 == 0 ? " day" : " hour") + (count == 1 ? "" : "s");
}

}  // namespace

bool may_trust_keys(const AccountKey& account, const Requirement& requirement) {
    return requirement.key_trust.enabled && !requirement.two_different && account.uid != 0;
}

bool holds(const TrustedKey& key, const Requirement& requirement, const std::optional<Address>& address, Instant now) {
    const auto& trust = requirement.key_trust;
    return may_trust_keys(key.account, requirement) && requirement.accepts(key.factor, key.strength)
        && now.wall >= key.created && now.wall < key.expires && now.wall < key.created + trust.duration
        && (!trust.same_network || is_there(key, address));
}

const TrustedKey* trusted_among(const std::vector<SshKey>& presented, const std::vector<TrustedKey>& trusted,
                                const Requirement& requirement, const std::optional<Address>& address, Instant now) {
    const auto is_presented = [&](const TrustedKey& key) {
        return std::any_of(presented.begin(), presented.end(), [&](const SshKey& each) {
            return each.fingerprint == key.fingerprint && each.type == key.type;
        });
    };
    const auto found = std::find_if(trusted.begin(), trusted.end(), [&](const TrustedKey& key) {
        return is_presented(key) && holds(key, requirement, address, now);
    });
    return found == trusted.end() ? nullptr : &*found;
}

std::string network_around(const std::optional<Address>& address) {
    if (!address) return {};
    const unsigned prefix = address->is_v6() ? network_of_ipv6 : network_of_ipv4;
    return Network{address->network(prefix), prefix}.text();
}

std::string offer_of_trust(const SshKey& key, Seconds duration) {
    return "Accepted. You logged in with the key\n  " + key.fingerprint + "\nTrust it for " + in_words(duration)
        + "? Logins with it then ask for no code. [y/N]: ";
}

bool is_yes(std::string_view typed) {
    const auto first = std::min(typed.find_first_not_of(' '), typed.size());
    const auto word = typed.substr(first, typed.find_last_not_of(' ') + 1 - first);
    for (const std::string_view yes : {"y", "Y", "yes", "Yes", "YES"})
        if (word == yes) return true;
    return false;
}

}  // namespace stepup
