#include "cli/terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "cli/screens.hpp"
#include "common/write_all.hpp"

namespace stepup::cli {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): all that a signal handler may reach
volatile std::sig_atomic_t caught = 0;
void catch_signal(int number) { caught = number; }

/// While it lives, signals that would end us only interrupt a wait.
class SignalsCaught {
public:
    SignalsCaught() {
        struct sigaction action { };
        action.sa_handler = catch_signal;
        sigset_t ours;
        sigemptyset(&ours);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            sigaddset(&ours, numbers[i]);
            ::sigaction(numbers[i], &action, &before_[i]);
        }
        ::sigprocmask(SIG_BLOCK, &ours, &mask_);
    }
    ~SignalsCaught() {
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);  // what came in the last moment is delivered, and kept
        for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &before_[i], nullptr);
    }
    SignalsCaught(const SignalsCaught&) = delete;
    SignalsCaught& operator=(const SignalsCaught&) = delete;

    /// The mask to wait with: lets them in.
    [[nodiscard]] const sigset_t* mask() const { return &mask_; }

private:
    static constexpr std::array numbers{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    std::array<struct sigaction, numbers.size()> before_{};
    sigset_t mask_{};
};

/// While it lives, what is typed does not show.
class Echoless {
public:
    explicit Echoless(int fd) : fd_(fd) {
        if (::tcgetattr(fd_, &before_) != 0) return;
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        is_set_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
    }
    ~Echoless() {
        if (!is_set_) return;
        ::tcsetattr(fd_, TCSAFLUSH, &before_);
        if (::write(fd_, "\n", 1) != 1) return;  // nobody is left to see where the line ends
    }
    Echoless(const Echoless&) = delete;
    Echoless& operator=(const Echoless&) = delete;

private:
    int fd_;
    termios before_{};
    bool is_set_ = false;
};

/// Waits for a whole line. Gives nothing when there is one.
std::optional<Terminal::Silence> wait_for_line(int fd, const SignalsCaught& signals, Deadline deadline) {
    for (;;) {
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left.count() <= 0) return Terminal::Silence::too_late;
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        const timespec timeout{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
        pollfd watched{fd, POLLIN, 0};
        const int ready = ::ppoll(&watched, 1, &timeout, signals.mask());
        if (caught != 0) return Terminal::Silence::cancelled;
        if (ready > 0) return std::nullopt;
        if (ready < 0 && errno != EINTR) return Terminal::Silence::cancelled;
    }
}

Terminal::Typed read_line(int fd) {
    std::array<char, Secret::capacity> line{};
    const auto got = ::read(fd, line.data(), line.size());
    if (got <= 0) return Terminal::Silence::cancelled;  // Ctrl-D, or the terminal went away
    auto size = static_cast<std::size_t>(got);
    if (line[size - 1] == '\n') --size;
    Secret typed;
    (void)typed.take(std::span(line.data(), size));
    return typed;
}

}  // namespace

bool Terminal::is_there() {
    if (!fd_) fd_.reset(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
    return static_cast<bool>(fd_);
}

void Terminal::tell(std::string_view line) {
    if (is_there()) (void)write_all(fd_.get(), wrapped(line, width_of(fd_.get())) + '\n');
}

Terminal::Typed Terminal::ask(std::string_view question, wire::Echo echo, Deadline deadline) {
    if (!is_there()) return Silence::nobody;
    caught = 0;
    const SignalsCaught signals;
    std::optional<Echoless> echoless;
    if (echo == wire::Echo::off) echoless.emplace(fd_.get());
    (void)write_all(fd_.get(), question);
    if (const auto silence = wait_for_line(fd_.get(), signals, deadline)) {
        if (!echoless) (void)write_all(fd_.get(), "\n");
        return *silence;
    }
    auto typed = read_line(fd_.get());
    if (std::holds_alternative<Silence>(typed)) (void)write_all(fd_.get(), "\n");
    return typed;
}

int Terminal::pending_signal() { return caught; }

std::size_t width_of(int fd) {
    winsize size{};
    if (::isatty(fd) != 1) return 0;
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Canvas canvas() {
    Canvas found;
    found.is_terminal = ::isatty(STDOUT_FILENO) == 1;
    found.utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
    const char* kind = std::getenv("TERM");
    const char* refused = std::getenv("NO_COLOR");  // https://no-color.org: any value but the empty one
    found.colors = found.is_terminal && kind != nullptr && std::string_view(kind) != "dumb"
        && (refused == nullptr || *refused == '\0');
    found.width = width_of(STDOUT_FILENO);
    return found;
}

}  // namespace stepup::cli
