#pragma once

#include "cli/pam/told.hpp"

namespace stepup::trial {

/// Has systemd run `stepup pam revert` in two minutes, or at the next boot, whatever becomes of us. An error: systemd
/// is not there, or will not.
[[nodiscard]] pam::Told<> arm();

/// Takes that back; also from within.
void disarm();

/// Has sshd read its configuration again, if it runs.
void reload_sshd();

}  // namespace stepup::trial
