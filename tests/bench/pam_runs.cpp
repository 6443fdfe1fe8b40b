// pam_runs PROCESSES loop|fresh CONFDIR SERVICE [NAME=VALUE...] < LOGINS
//
// Whole PAM transactions through libpam (start, authenticate, end; stack file CONFDIR/SERVICE), timed. LOGINS has a
// line for each, "USER CODE"; login i is done by process i modulo PROCESSES, and all of them start at once. "loop": a
// process does its logins one after another. "fresh": each in a process of its own that has not loaded the module, as
// in login or su; forking it is not timed.
//   rhost= ruser= tty=   PAM items of those names
//   uid=                 the real uid of the processes, as in sudo (the effective one stays root's)
//   open=SERVICE         the first login is done beforehand, by the parent of all, with a session opened after it
// Prints a line for each login that was timed, "CODE MICROSECONDS", CODE being what pam_authenticate returned; then
// "wall SECONDS", from the start of the first to the end of the last.
//
// Nothing in here knows whose module is in the stack, and no library is linked that a module might need: each pays for
// its own.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <pthread.h>
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

struct Order {
    std::string user;
    std::string code;
};

struct Done {
    int code = -1;  // of a process that died
    double micros = 0;
};

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

double seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class T> T* shared(std::size_t count) {
    void* room = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) die("mmap");
    return static_cast<T*>(room);
}

/// Gives the code to whatever is asked.
int converse(int count, const pam_message** messages, pam_response** replies, void* code) {
    auto* made = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    if (made == nullptr) return PAM_BUF_ERR;
    for (int i = 0; i < count; ++i) {
        const int style = messages[i]->msg_style;
        if (style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON)
            made[i].resp = ::strdup(static_cast<const char*>(code));
    }
    *replies = made;
    return PAM_SUCCESS;
}

class Runs {
public:
    Runs(const char* confdir, const char* service) : confdir_(confdir), service_(service) { }

    void set(const char* option) {
        const char* end = std::strchr(option, '=');
        if (end == nullptr) die(option);
        options_[std::string(option, end)] = end + 1;
    }

    /// With `session`: a session is opened, too, and left open.
    int login(const char* service, const Order& order, bool session) const {
        const pam_conv conversation{converse, const_cast<char*>(order.code.c_str())};
        pam_handle_t* pam = nullptr;
        if (pam_start_confdir(service, order.user.c_str(), &conversation, confdir_, &pam) != PAM_SUCCESS)
            die("pam_start_confdir");
        for (const auto& [name, which] : items)
            if (const auto value = options_.find(name); value != options_.end())
                pam_set_item(pam, which, value->second);
        int code = pam_authenticate(pam, 0);
        if (session && code == PAM_SUCCESS) code = pam_open_session(pam, 0);
        pam_end(pam, code);
        return code;
    }

    void open_session(std::vector<Order>& orders) {
        const auto service = options_.find("open");
        if (service == options_.end()) return;
        if (login(service->second, orders.front(), true) != PAM_SUCCESS) die("no session was opened");
        orders.erase(orders.begin());
    }

    void become_real_user() const {
        const auto uid = options_.find("uid");
        if (uid != options_.end() && ::setresuid(static_cast<uid_t>(std::atoi(uid->second)), 0, 0) != 0)
            die("setresuid");
    }

    Done timed(const Order& order) const {
        const double began = seconds();
        const int code = login(service_, order, false);
        return {code, (seconds() - began) * 1e6};
    }

private:
    static constexpr std::array<std::pair<const char*, int>, 3> items{
        {{"rhost", PAM_RHOST}, {"ruser", PAM_RUSER}, {"tty", PAM_TTY}}};
    const char* confdir_;
    const char* service_;
    std::map<std::string, const char*> options_;
};

void work(const Runs& runs, const std::vector<Order>& orders, std::size_t first, std::size_t step, bool fresh,
          Done* done) {
    for (std::size_t i = first; i < orders.size(); i += step) {
        if (!fresh) {
            done[i] = runs.timed(orders[i]);
            continue;
        }
        const pid_t child = ::fork();
        if (child < 0) die("fork");
        if (child == 0) {
            done[i] = runs.timed(orders[i]);
            ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const auto processes = static_cast<std::size_t>(std::atoi(argv[1]));
    const bool fresh = std::strcmp(argv[2], "fresh") == 0;
    Runs runs(argv[3], argv[4]);
    for (int i = 5; i < argc; ++i) runs.set(argv[i]);
    std::vector<Order> orders;
    for (Order order; std::cin >> order.user >> order.code;) orders.push_back(order);
    runs.open_session(orders);
    runs.become_real_user();

    auto* done = shared<Done>(orders.size() + 1);
    std::fill_n(done, orders.size(), Done{});
    auto* gate = shared<pthread_barrier_t>(1);
    pthread_barrierattr_t between_processes;
    pthread_barrierattr_init(&between_processes);
    pthread_barrierattr_setpshared(&between_processes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(gate, &between_processes, static_cast<unsigned>(processes + 1));
    for (std::size_t i = 0; i < processes; ++i)
        if (::fork() == 0) {
            pthread_barrier_wait(gate);
            work(runs, orders, i, processes, fresh, done);
            ::_exit(0);
        }
    pthread_barrier_wait(gate);
    const double began = seconds();
    while (::wait(nullptr) > 0) { }
    const double wall = seconds() - began;
    for (std::size_t i = 0; i < orders.size(); ++i) std::printf("%d %.1f\n", done[i].code, done[i].micros);
    std::printf("wall %.4f\n", wall);
    return 0;
}
