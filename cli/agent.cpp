#include "cli/agent.hpp"

#include <array>
#include <csignal>
#include <string>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unique_fd.hpp"

namespace stepup::cli {
namespace {

constexpr const char* program = "/usr/bin/pkttyagent";
constexpr int ready_within = 5000;  // ms

[[noreturn]] void become_agent(int tell, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);  // died before that counted
    const auto fd = std::to_string(tell);
    // Not --fallback: polkit looks for such an agent by session alone, and not every login has one of logind's.
    ::execl(program, "pkttyagent", "--notify-fd", fd.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
}

}  // namespace

TextAgent::TextAgent() {
    std::array<int, 2> ends{};
    if (::access(program, X_OK) != 0 || ::pipe(ends.data()) != 0) return;
    const UniqueFd hear(ends[0]);
    UniqueFd tell(ends[1]);
    const pid_t parent = ::getpid();
    agent_ = ::fork();
    if (agent_ == 0) become_agent(tell.get(), parent);
    tell = UniqueFd();
    pollfd closed{hear.get(), POLLIN, 0};  // the agent closes its end when it is registered, or when it fails
    (void)::poll(&closed, 1, ready_within);
}

TextAgent::~TextAgent() {
    if (agent_ <= 0) return;
    ::kill(agent_, SIGTERM);
    ::kill(agent_, SIGCONT);
    ::waitpid(agent_, nullptr, 0);
}

}  // namespace stepup::cli
