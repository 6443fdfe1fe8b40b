#include <security/pam_modules.h>

#include "pam_module/codes.hpp"
#include "pam_module/guard.hpp"

// The six functions that libpam calls. module.map exports these names and nothing else.

using namespace stepup;

PAM_EXTERN int pam_sm_authenticate(pam_handle_t* pam, int flags, int argc, const char** argv) {
    return guarded(pam, flags, argc, argv, authenticate);
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t* pam, int /*flags*/, int /*argc*/, const char** /*argv*/) {
    return set_credentials(pam);
}

PAM_EXTERN int pam_sm_acct_mgmt(pam_handle_t* pam, int flags, int argc, const char** argv) {
    return guarded(pam, flags, argc, argv, check_account);
}

PAM_EXTERN int pam_sm_open_session(pam_handle_t* pam, int flags, int argc, const char** argv) {
    return reported(pam, flags, argc, argv, Phase::open_session, session_code);
}

PAM_EXTERN int pam_sm_close_session(pam_handle_t* pam, int flags, int argc, const char** argv) {
    return reported(pam, flags, argc, argv, Phase::close_session, session_code);
}

PAM_EXTERN int pam_sm_chauthtok(pam_handle_t* pam, int flags, int argc, const char** argv) {
    if ((flags & PAM_UPDATE_AUTHTOK) == 0) return chauthtok_code;  // libpam asks twice; the change is the second time
    return reported(pam, flags, argc, argv, Phase::password_changed, chauthtok_code);
}
