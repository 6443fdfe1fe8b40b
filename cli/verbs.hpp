#pragma once

#include "cli/desk.hpp"

// One function a verb; cli/main.cpp has the table.

namespace stepup::cli {

Exit enroll_totp(Desk& desk);
Exit enroll_hotp(Desk& desk);
Exit enroll_ssh_security_key(Desk& desk);
Exit confirm(Desk& desk);
Exit list(Desk& desk);
Exit remove(Desk& desk);
Exit rename(Desk& desk);
Exit primary(Desk& desk);
Exit disable(Desk& desk);
Exit verify(Desk& desk);
Exit require(Desk& desk);
Exit status(Desk& desk);
Exit lock(Desk& desk);
Exit unlock(Desk& desk);
Exit admin_status(Desk& desk);
Exit admin_reset(Desk& desk);
Exit admin_bypass(Desk& desk);
Exit admin_invite(Desk& desk);
Exit recovery(Desk& desk);
Exit keys_list(Desk& desk);
Exit keys_forget(Desk& desk);
Exit admin_keys_list(Desk& desk);
Exit admin_keys_forget(Desk& desk);
Exit regenerate(Desk& desk);
Exit audit(Desk& desk);
Exit policy_check(Desk& desk);
Exit policy_explain(Desk& desk);
Exit policy_set(Desk& desk);
Exit policy_edit(Desk& desk);
Exit policy_diff(Desk& desk);
Exit policy_profile(Desk& desk);
Exit policy_reload(Desk& desk);
Exit admin_recovery_share(Desk& desk);
Exit admin_backup(Desk& desk);
Exit admin_restore(Desk& desk);
Exit admin_key_rotate(Desk& desk);
Exit pam_enable(Desk& desk);
Exit pam_disable(Desk& desk);
Exit pam_try(Desk& desk);
Exit pam_confirm(Desk& desk);
Exit pam_revert(Desk& desk);
Exit pam_status(Desk& desk);
Exit doctor(Desk& desk);
Exit import_google_authenticator(Desk& desk);
Exit import_oath(Desk& desk);
Exit import_u2f(Desk& desk);
Exit import_yubico(Desk& desk);
Exit import_otpauth(Desk& desk);
Exit import_aegis(Desk& desk);

}  // namespace stepup::cli
