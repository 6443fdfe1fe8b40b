// pam_sessions COUNT CONFDIR SERVICE
//
// COUNT processes that log in through libpam (stack file CONFDIR/SERVICE) as they are told. Standard input is a
// SOCK_SEQPACKET socket; each packet on it is one login for whichever process is free:
//   ID TOGETHER USER ANSWER
// TOGETHER 1: the answer is held back until all COUNT processes have been asked, then all of them answer at once. The
// answer is given to the first prompt; a second one ends the conversation. When it is over, one packet comes back:
//   ID CODE PROMPTS REFUSALS MICROSECONDS
// CODE is what pam_authenticate returned, REFUSALS how many texts said "Not accepted". When a barrier opens, "open" is
// sent, too. The processes end when the socket does.
//
// Nothing in here knows whose module is in the stack, so that all are measured with the same rod.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <pthread.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr int to_the_campaign = STDIN_FILENO;

void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

void report(const std::string& line) {
    if (::send(to_the_campaign, line.data(), line.size(), MSG_NOSIGNAL) < 0) std::exit(0);
}

long long microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

/// Where the processes of one login wait for each other.
pthread_barrier_t* make_barrier(unsigned count) {
    void* shared
        = ::mmap(nullptr, sizeof(pthread_barrier_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    auto* barrier = static_cast<pthread_barrier_t*>(shared);
    pthread_barrierattr_t between_processes;
    pthread_barrierattr_init(&between_processes);
    pthread_barrierattr_setpshared(&between_processes, PTHREAD_PROCESS_SHARED);
    if (pthread_barrier_init(barrier, &between_processes, count) != 0) die("pthread_barrier_init");
    return barrier;
}

/// One login: what was ordered, and what came of it.
class Login {
public:
    Login(const char* order, pthread_barrier_t* barrier) : barrier_(barrier) {
        int together = 0;
        const int read = std::sscanf(order, "%31s %d %63s %127s", id_.data(), &together, user_.data(), answer_.data());
        if (read != 4) die("an order that is none");
        must_wait_ = together != 0;
    }

    void run(const char* confdir, const char* service) {
        const pam_conv conversation{&Login::converse, this};
        pam_handle_t* pam = nullptr;
        const auto began = microseconds();
        int code = pam_start_confdir(service, user_.data(), &conversation, confdir, &pam);
        if (code != PAM_SUCCESS) die("pam_start_confdir");
        code = pam_authenticate(pam, 0);
        pam_end(pam, code);
        const auto took = microseconds() - began;
        wait_for_the_others();  // who was never asked must not keep the others waiting
        report(std::string(id_.data()) + ' ' + std::to_string(code) + ' ' + std::to_string(prompts_) + ' '
               + std::to_string(refusals_) + ' ' + std::to_string(took));
    }

private:
    static int converse(int count, const pam_message** messages, pam_response** replies, void* login) {
        auto& self = *static_cast<Login*>(login);
        auto* made = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
        if (made == nullptr) return PAM_BUF_ERR;
        for (int i = 0; i < count; ++i) {
            const auto& message = *messages[i];
            if (std::strncmp(message.msg, "Not accepted", 12) == 0) ++self.refusals_;
            if (message.msg_style != PAM_PROMPT_ECHO_OFF && message.msg_style != PAM_PROMPT_ECHO_ON) continue;
            if (++self.prompts_ > 1) {
                std::free(made);
                return PAM_CONV_ERR;
            }
            self.wait_for_the_others();
            made[i].resp = ::strdup(self.answer_.data());
        }
        *replies = made;
        return PAM_SUCCESS;
    }

    void wait_for_the_others() {
        if (must_wait_ && pthread_barrier_wait(barrier_) == PTHREAD_BARRIER_SERIAL_THREAD) report("open");
        must_wait_ = false;
    }

    pthread_barrier_t* barrier_;
    std::array<char, 32> id_{};
    std::array<char, 64> user_{};
    std::array<char, 128> answer_{};
    bool must_wait_ = false;
    int prompts_ = 0;
    int refusals_ = 0;
};

[[noreturn]] void serve(const char* confdir, const char* service, pthread_barrier_t* barrier) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        std::array<char, 256> order{};
        const auto size = ::recv(to_the_campaign, order.data(), order.size() - 1, 0);
        if (size <= 0) std::exit(0);
        Login(order.data(), barrier).run(confdir, service);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int count = argc == 4 ? std::atoi(argv[1]) : 0;
    if (count <= 0) {
        std::fputs("Usage: pam_sessions COUNT CONFDIR SERVICE\n", stderr);
        return 2;
    }
    auto* barrier = make_barrier(static_cast<unsigned>(count));
    for (int i = 0; i < count; ++i)
        if (::fork() == 0) serve(argv[2], argv[3], barrier);
    int failed = 0;
    for (int status = 0; ::wait(&status) > 0;) failed += status == 0 ? 0 : 1;
    return failed == 0 ? 0 : 1;
}
