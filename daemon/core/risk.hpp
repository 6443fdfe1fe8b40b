#pragma once

#include <string>
#include <vector>

#include "daemon/core/habits.hpp"
#include "policy/facts.hpp"

namespace stepup {

/// What is known about addresses beside who comes from them.
class AddressBook {
public:
    virtual ~AddressBook() = default;
    /// True if a list of suspicious networks has it. Nothing: the lists cannot be read, and never could.
    [[nodiscard]] virtual std::optional<bool> lists(const Address& address) const = 0;
    /// The country or network operator it belongs to, by the location database; "" if there is none or it does not say.
    [[nodiscard]] virtual std::string place_of(const Address& address) const = 0;
};

/// By what an attempt from `whence` can be told again: its keys, its network (an IPv4 /24, an IPv6 /64), its place.
[[nodiscard]] std::vector<Sighting> sightings_of(const Whence& whence, const AddressBook& addresses);

/// What signals_of() goes by.
struct RiskFacts {
    const Whence& whence;
    const Habits& habits;          ///< of all sightings_of(whence)
    std::optional<bool> listed{};  ///< the address, as suspicious
    bool many_failures = false;    ///< were made from there just now
};

/// Which signals fired, and of which nobody can tell. Who is local has neither device nor location nor address that
/// could be new.
[[nodiscard]] Signals signals_of(const RiskFacts& facts);

}  // namespace stepup
