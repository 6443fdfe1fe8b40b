#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <security/pam_appl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

// The smallest application: driver FOLDER SERVICE USER ANSWER STEP...
// ANSWER is what every prompt is answered with; "-" stands for a line of standard input, "@WORD" for one of the
// conversations below that go wrong. A step is a PAM call or something that makes life hard for the module; `start` as
// a step puts off loading the modules until then. Ends with the code of the last PAM call; linked with libpam and libc
// only.

namespace {

constexpr int long_answer = 100'000;
constexpr int slow_milliseconds = 7'000;

int converse(int count, const pam_message** messages, pam_response** responses, void* how) {
    const auto* text = static_cast<const char*>(how);
    const auto is = [text](const char* name) { return std::strcmp(text, name) == 0; };
    if (count != 1) return PAM_CONV_ERR;
    *responses = nullptr;
    if (is("@no-array")) return PAM_SUCCESS;
    *responses = static_cast<pam_response*>(std::calloc(1, sizeof(pam_response)));
    if (messages[0]->msg_style != PAM_PROMPT_ECHO_ON) return PAM_SUCCESS;
    if (is("@null-answer")) return PAM_SUCCESS;
    if (is("@error")) return PAM_CONV_ERR;
    if (is("@error-and-answer")) {
        (*responses)->resp = ::strdup("123456");
        return PAM_CONV_ERR;
    }
    char line[64] = "";
    if (is("-")) text = std::fgets(line, sizeof line, stdin) == nullptr ? "" : line;
    if (is("@empty")) text = "";
    if (is("@slow")) {
        (void)::poll(nullptr, 0, slow_milliseconds);  // a person who thinks for longer than the login may take
        text = "123456";
    }
    if (is("@long")) {
        auto* const many = static_cast<char*>(std::malloc(long_answer + 1));
        std::memset(many, '1', long_answer);
        many[long_answer] = '\0';
        (*responses)->resp = many;
        return PAM_SUCCESS;
    }
    (*responses)->resp = ::strdup(text);
    return PAM_SUCCESS;
}

void do_nothing(int /*signal*/) { }

bool interrupt_often(int flags) {
    struct sigaction action { };
    action.sa_handler = do_nothing;
    action.sa_flags = flags;
    const itimerval often{{0, 5'000}, {0, 5'000}};
    return ::sigaction(SIGALRM, &action, nullptr) == 0 && ::setitimer(ITIMER_REAL, &often, nullptr) == 0;
}

bool limit(const char* name, rlim_t most) {
    struct Row {
        const char* name;
        __rlimit_resource resource;
    };
    constexpr std::array rows{Row{"nofile", RLIMIT_NOFILE}, Row{"as", RLIMIT_AS},           Row{"fsize", RLIMIT_FSIZE},
                              Row{"core", RLIMIT_CORE},     Row{"stack", RLIMIT_STACK},     Row{"data", RLIMIT_DATA},
                              Row{"nproc", RLIMIT_NPROC},   Row{"memlock", RLIMIT_MEMLOCK}, Row{"cpu", RLIMIT_CPU}};
    const rlimit limit{most, most};
    for (const auto& row : rows)
        if (std::strcmp(row.name, name) == 0) return ::setrlimit(row.resource, &limit) == 0;
    return false;
}

/// Surroundings that a caller of sudo or su can choose.
bool surround(const char* what) {
    const auto is = [what](const char* name) { return std::strcmp(what, name) == 0; };
    constexpr uid_t somebody = 64'321;
    if (is("closed")) return ::close(0) + ::close(1) + ::close(2) == 0;
    if (is("setuid")) return ::setresuid(somebody, 0, 0) == 0;
    if (is("user")) return ::setresuid(somebody, somebody, somebody) == 0;
    if (is("sigpipe")) return std::signal(SIGPIPE, SIG_DFL) != SIG_ERR;
    if (is("alarms")) return interrupt_often(0);
    if (is("restarting-alarms")) return interrupt_often(SA_RESTART);
    if (is("blocked")) {
        sigset_t all;
        return ::sigfillset(&all) == 0 && ::sigprocmask(SIG_SETMASK, &all, nullptr) == 0;
    }
    char name[32] = "";
    long most = 0;
    return std::sscanf(what, "%31[a-z]=%ld", name, &most) == 2 && limit(name, static_cast<rlim_t>(most));
}

void never_delay(int /*code*/, unsigned /*microseconds*/, void* /*data*/) { }

/// -1: no PAM call, and done.
int step(pam_handle_t* pam, const char* name, pam_conv& conversation) {
    const auto is = [name](const char* other) { return std::strcmp(name, other) == 0; };
    if (is("auth")) return pam_authenticate(pam, 0);
    if (is("account")) return pam_acct_mgmt(pam, 0);
    if (is("setcred")) return pam_setcred(pam, PAM_ESTABLISH_CRED);
    if (is("open")) return pam_open_session(pam, 0);
    if (is("close")) return pam_close_session(pam, 0);
    if (is("key")) return pam_putenv(pam, "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA\n");
    if (is("mute")) {
        conversation.conv = nullptr;
        return pam_set_item(pam, PAM_CONV, &conversation);
    }
    return surround(name) ? -1 : PAM_ABORT;
}

}  // namespace

/// Asked by LeakSanitizer, where that is linked in: the kernel lets it look into no process whose uids differ, and
/// shows that process none of its options.
extern "C" int __lsan_is_turned_off() { return ::getuid() != ::geteuid() ? 1 : 0; }

int main(int count, char** words) {
    if (count < 6) return PAM_ABORT;
    pam_conv conversation{&converse, words[4]};
    int first = 5;
    for (int i = first; i < count; ++i)
        if (std::strcmp(words[i], "start") == 0) {
            for (; first < i; ++first)
                if (!surround(words[first])) return PAM_ABORT;
            ++first;
        }
    pam_handle_t* pam = nullptr;
    if (pam_start_confdir(words[2], words[3], &conversation, words[1], &pam) != PAM_SUCCESS) return PAM_ABORT;
    void (*const delay)(int, unsigned, void*) = never_delay;
    if (pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(delay)) != PAM_SUCCESS) return PAM_ABORT;
    int code = PAM_ABORT;
    for (int i = first; i < count; ++i)
        if (const int said = step(pam, words[i], conversation); said != -1) code = said;
    pam_end(pam, code);
    return code;
}
