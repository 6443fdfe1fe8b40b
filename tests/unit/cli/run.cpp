#include "tests/unit/cli/run.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepup::testing {
namespace {

constexpr int patience = 20'000;  // ms

[[noreturn]] void become(const Words& words, const std::string& kind) {
    const char* program = std::getenv("STEPUP_CLI");
    std::vector<char*> arguments{const_cast<char*>("stepup")};
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::setenv("TZ", "UTC", 1);
    ::setenv("TERM", kind.c_str(), 1);
    ::execv(program, arguments.data());
    ::_exit(126);
}

int status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Adds what can be read to `text`; false at the end.
bool read_more(int fd, std::string& text) {
    pollfd watched{fd, POLLIN, 0};
    if (::poll(&watched, 1, patience) <= 0) throw std::runtime_error("nothing came after:\n" + text);
    std::array<char, 4096> piece{};
    const auto got = ::read(fd, piece.data(), piece.size());
    if (got <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

std::string read_all(int fd) {
    std::string text;
    while (read_more(fd, text)) { }
    ::close(fd);
    return text;
}

void erase_returns(std::string& text) { std::erase(text, '\r'); }

}  // namespace

Ran in_terminal(const Words& words, const Dialog& dialog, const std::string& kind) {
    const winsize size{24, 80, 0, 0};
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (child == 0) become(words, kind);
    Ran ran;
    std::size_t seen = 0;
    auto next = dialog.begin();
    while (read_more(terminal, ran.output)) {
        if (next == dialog.end()) continue;
        const auto at = ran.output.find(next->first, seen);
        if (at == std::string::npos) continue;
        seen = at + next->first.size();
        if (::write(terminal, next->second.data(), next->second.size()) < 0) break;
        ++next;
    }
    ::close(terminal);
    ran.status = status_of(child);
    erase_returns(ran.output);
    return ran;
}

Ran without_terminal(const Words& words, const std::optional<std::string>& input) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0 || ::pipe(err.data()) != 0)
        throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        ::dup2(out[1], STDOUT_FILENO);
        ::dup2(err[1], STDERR_FILENO);
        if (input)
            ::dup2(in[0], STDIN_FILENO);
        else
            ::close(STDIN_FILENO);
        for (const int fd : {in[0], in[1], out[0], out[1], err[0], err[1]}) ::close(fd);
        become(words, "dumb");
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    if (input && ::write(in[1], input->data(), input->size()) < 0) throw std::runtime_error("no input");
    ::close(in[1]);
    Ran ran;
    ran.output = read_all(out[0]);
    ran.errors = read_all(err[0]);
    ran.status = status_of(child);
    return ran;
}

}  // namespace stepup::testing
