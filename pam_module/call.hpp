#pragma once

#include <security/pam_modules.h>

#include "common/verdict.hpp"
#include "pam_module/arguments.hpp"

namespace stepup {

/// One call of one of our six functions.
struct Call {
    pam_handle_t* pam;
    int flags;
    Arguments arguments;
};

/// auth: asks for what the daemon asks for. Leaves a mark for set_credentials() when it succeeds.
[[nodiscard]] int authenticate(const Call& call);
/// account: the gate where an application may have skipped auth.
[[nodiscard]] int check_account(const Call& call);
/// setcred: never talks to the daemon.
[[nodiscard]] int set_credentials(pam_handle_t* pam);
/// Tells the daemon that `phase` happened and goes on whatever it says.
void report(const Call& call, Phase phase);

}  // namespace stepup
