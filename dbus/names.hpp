#pragma once

// The names under which StepUp stands on the bus (dbus/org.stepup.StepUp1.xml).

namespace stepup::bus {

constexpr const char* service_name = "org.stepup.StepUp1";
constexpr const char* object_path = "/org/stepup/StepUp1";
constexpr const char* factors_interface = "org.stepup.StepUp1.Factors";
constexpr const char* recovery_interface = "org.stepup.StepUp1.Recovery";
constexpr const char* admin_interface = "org.stepup.StepUp1.Admin";
constexpr const char* keys_interface = "org.stepup.StepUp1.Keys";
constexpr const char* policy_interface = "org.stepup.StepUp1.Policy";
constexpr const char* session_interface = "org.stepup.StepUp1.Session";

}  // namespace stepup::bus
