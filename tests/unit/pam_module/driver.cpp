#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <security/pam_appl.h>
#include <sys/resource.h>

// The smallest application: driver FOLDER SERVICE USER ANSWER STEP...
// Every prompt is answered with ANSWER, or with a line of standard input if that is "-". A step is a PAM call or
// nofile=N, which lowers the limit on descriptors. Ends with the code of the last call; linked with libpam and libc
// only.

namespace {

int converse(int count, const pam_message** messages, pam_response** responses, void* answer) {
    if (count != 1) return PAM_CONV_ERR;
    *responses = static_cast<pam_response*>(std::calloc(1, sizeof(pam_response)));
    if (messages[0]->msg_style != PAM_PROMPT_ECHO_ON) return PAM_SUCCESS;
    const auto* text = static_cast<const char*>(answer);
    char line[64] = "";
    if (std::strcmp(text, "-") == 0) text = std::fgets(line, sizeof line, stdin) == nullptr ? "" : line;
    (*responses)->resp = ::strdup(text);
    return PAM_SUCCESS;
}

int step(pam_handle_t* pam, const char* name) {
    if (std::strncmp(name, "nofile=", 7) == 0) {
        const auto most = static_cast<rlim_t>(std::atoi(name + 7));
        const rlimit limit{most, most};
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? PAM_SUCCESS : PAM_ABORT;
    }
    if (std::strcmp(name, "auth") == 0) return pam_authenticate(pam, 0);
    if (std::strcmp(name, "account") == 0) return pam_acct_mgmt(pam, 0);
    if (std::strcmp(name, "setcred") == 0) return pam_setcred(pam, PAM_ESTABLISH_CRED);
    if (std::strcmp(name, "open") == 0) return pam_open_session(pam, 0);
    if (std::strcmp(name, "close") == 0) return pam_close_session(pam, 0);
    return PAM_ABORT;
}

}  // namespace

int main(int count, char** words) {
    if (count < 6) return PAM_ABORT;
    const pam_conv conversation{&converse, words[4]};
    pam_handle_t* pam = nullptr;
    if (pam_start_confdir(words[2], words[3], &conversation, words[1], &pam) != PAM_SUCCESS) return PAM_ABORT;
    int code = PAM_ABORT;
    for (int i = 5; i < count; ++i) code = step(pam, words[i]);
    pam_end(pam, code);
    return code;
}
