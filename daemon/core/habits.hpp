#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/identity.hpp"

namespace stepup {

/// Something about an attempt by which the next one like it is nothing new. The numbers are stored; append only.
struct Sighting {
    enum class Kind : std::uint8_t {
        key,      ///< fingerprint of an SSH key
        network,  ///< "192.0.2.0/24"
        place,    ///< what the location database calls it
    };
    Kind kind = Kind::key;
    std::string value;
    [[nodiscard]] bool operator==(const Sighting&) const = default;
};

/// What is remembered of an account, beside what it has enrolled.
struct Habits {
    std::vector<Sighting> seen{};            ///< of those asked about: where something was verified before
    bool password_changed = false;           ///< and nothing was verified since
    std::optional<Millis> first_required{};  ///< wall clock: its first login under a rule that may refuse it
};

/// A login of somebody who has not enrolled and must, or may have to.
struct FirstSight {
    AccountKey account;
    Millis at{};  ///< wall clock
};

}  // namespace stepup
