#pragma once

#include <vector>

#include "daemon/core/trusted_key.hpp"
#include "dbus/bus.hpp"

namespace stepup {

/// Puts `keys` into a reply, as dbus/org.stepup.StepUp1.xml describes them. Negative errno if it could not.
int put_keys(sd_bus_message* reply, std::vector<TrustedKey>& keys);

}  // namespace stepup
