#include "daemon/core/risk.hpp"

#include <algorithm>

#include "daemon/core/trusted_key.hpp"

namespace stepup {
namespace {

using enum Signal;
using enum Sighting::Kind;

bool has(const std::vector<Sighting>& sightings, Sighting::Kind kind) {
    return std::any_of(sightings.begin(), sightings.end(), [&](const Sighting& one) { return one.kind == kind; });
}

void put(Signals& signals, Signal signal, std::optional<bool> fired) {
    if (fired) signals.untold.erase(signal);
    if (fired == true) signals.fired.insert(signal);
}

/// A device is known by its key. Who has none to show is known by where he comes from.
std::optional<bool> is_new_device(const RiskFacts& facts) {
    if (!facts.whence.keys.empty()) return !has(facts.habits.seen, key);
    if (!facts.whence.address) return std::nullopt;
    return !has(facts.habits.seen, network);
}

std::optional<bool> is_new_location(const RiskFacts& facts) {
    if (!facts.whence.address) return std::nullopt;
    return !has(facts.habits.seen, network) && !has(facts.habits.seen, place);
}

std::optional<bool> is_suspicious(const RiskFacts& facts) {
    if (facts.many_failures) return true;
    return facts.whence.address ? facts.listed : std::nullopt;
}

}  // namespace

std::vector<Sighting> sightings_of(const Whence& whence, const AddressBook& addresses) {
    std::vector<Sighting> sightings;
    for (const auto& fingerprint : whence.keys) sightings.push_back({key, fingerprint});
    if (!whence.address) return sightings;
    sightings.push_back({network, network_around(whence.address)});
    if (auto found = addresses.place_of(*whence.address); !found.empty())
        sightings.push_back({place, std::move(found)});
    return sightings;
}

Signals signals_of(const RiskFacts& facts) {
    Signals signals;
    const bool local = facts.whence.from == From::local;
    const bool known = facts.whence.from.has_value();
    put(signals, after_password_change, facts.habits.password_changed);
    if (!known) return signals;
    put(signals, new_device, local ? false : is_new_device(facts));
    put(signals, new_location, local ? false : is_new_location(facts));
    put(signals, suspicious_ip, local ? false : is_suspicious(facts));
    return signals;
}

}  // namespace stepup
