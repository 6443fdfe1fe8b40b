#pragma once

#include <vector>

#include "daemon/core/enrollment.hpp"
#include "dbus/bus.hpp"

namespace stepup {

/// Puts `factors` into a reply, as dbus/org.stepup.StepUp1.xml describes them. Negative errno if it could not.
int put_factors(sd_bus_message* reply, std::vector<Enrollment>& factors);

}  // namespace stepup
