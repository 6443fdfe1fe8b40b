#include "cli/doctor/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unique_fd.hpp"

namespace stepup::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most = 4 * 1024 * 1024;

[[noreturn]] void become(char* const* words, int out) {
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    static char locale[] = "LC_ALL=C";
    const std::array<char*, 3> environment{path, locale, nullptr};
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execve(words[0], words, environment.data());
    ::_exit(127);
}

/// Everything up to the end of file; false: there was no end in time.
bool read_to_the_end(int fd, std::string& text, Clock::time_point until) {
    std::array<char, 16384> piece{};
    while (text.size() < most) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd watched{fd, POLLIN, 0};
        if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0) return false;
        const auto got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return false;
}

}  // namespace

std::optional<std::string> output_of(std::vector<std::string> words, std::chrono::seconds patience) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::array<int, 2> ends{};
    if (::access(words.front().c_str(), X_OK) != 0 || ::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    const UniqueFd in(ends[0]);
    UniqueFd out(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) become(pointers.data(), out.get());
    out.reset();
    if (child < 0) return std::nullopt;
    std::string text;
    const bool whole = read_to_the_end(in.get(), text, Clock::now() + patience);
    if (!whole) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) { }
    if (!whole || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
    return text;
}

}  // namespace stepup::doctor
