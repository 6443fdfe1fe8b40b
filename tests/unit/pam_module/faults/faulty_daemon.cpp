#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unique_fd.hpp"
#include "common/wire.hpp"

// Daemons that misbehave: faulty_daemon FOLDER [UID] makes a socket FOLDER/NAME for each behavior below and lives it on
// every connection, in a process of its own that may die of it, until standard input ends. Prints "ready" when all
// listen. UID: the user that listens. Ends with 0, or by itself with 1.

namespace stepup::test {
namespace {

constexpr std::string_view right_code = "123456";
constexpr int too_late_milliseconds = 30'000;  // the module hangs up after 3 s, or when a busy machine lets it

/// One login, from the daemon's side. What goes wrong here ends the process, which is hanging up.
class Line {
public:
    explicit Line(int fd) : fd_(fd) { }

    std::uint64_t begin() {
        const auto message = wire::decode<wire::Begin>(read());
        if (!message) ::_exit(1);
        return message->login;
    }
    void ask(std::uint8_t turn) { say(wire::Ask{turn, wire::Echo::on, "Code (? for help): "}); }
    std::string answer() {
        const auto message = wire::decode<wire::Answer>(read());
        if (!message) ::_exit(0);
        return std::string(message->text);
    }
    void decide(std::uint64_t login, Decision decision) { say(wire::Verdict{login, decision, ""}); }
    template <class Message> void say(const Message& message) {
        std::array<std::uint8_t, wire::max_packet> packet;
        const auto size = wire::encode(message, packet);
        if (!size) ::_exit(1);
        say_raw({reinterpret_cast<const char*>(packet.data()), *size});
    }
    void say_raw(std::string_view bytes) { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    /// From now on whoever sends us something gets EPIPE, and SIGPIPE if he does not mind.
    void close_ears() { (void)::shutdown(fd_, SHUT_RD); }
    /// Waits until the module hangs up, `milliseconds` at most; -1: however long it takes.
    void wait(int milliseconds) {
        pollfd gone{fd_, POLLRDHUP, 0};
        (void)::poll(&gone, 1, milliseconds);
    }

private:
    wire::PacketView read() {
        const auto got = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) ::_exit(0);
        return {buffer_.data(), static_cast<std::size_t>(got)};
    }

    int fd_;
    std::array<std::uint8_t, wire::max_packet> buffer_;
};

[[noreturn]] void die() {
    ::kill(::getpid(), SIGKILL);
    ::_exit(1);
}

std::string granted_packet(std::uint64_t login, std::uint32_t decision) {
    std::string packet(1, char(wire::Verdict::kind));
    packet.append(reinterpret_cast<const char*>(&login), sizeof login);
    packet.append(reinterpret_cast<const char*>(&decision), sizeof decision);
    return packet + std::string(2, '\0');
}

constexpr auto grant = static_cast<std::uint32_t>(Decision::granted);

struct Behavior {
    const char* name;
    void (*live)(Line&);
};
// What the daemon says may grant only where the name says "grants" or "checks".
constexpr std::array behaviors{
    Behavior{"grants", [](Line& line) { line.decide(line.begin(), Decision::granted); }},
    Behavior{"ignores", [](Line& line) { line.decide(line.begin(), Decision::not_required); }},
    Behavior{"checks",
             [](Line& line) {
                 const auto login = line.begin();
                 line.ask(1);
                 line.decide(login, line.answer() == right_code ? Decision::granted : Decision::denied);
             }},
    Behavior{"denies", [](Line& line) { line.decide(line.begin(), Decision::denied); }},
    Behavior{"unavailable", [](Line& line) { line.decide(line.begin(), Decision::unavailable); }},
    Behavior{"asks_and_denies",
             [](Line& line) {
                 const auto login = line.begin();
                 line.ask(1);
                 (void)line.answer();
                 line.decide(login, Decision::denied);
             }},
    Behavior{"hangs", [](Line& line) { line.wait(-1); }},
    Behavior{"hangs_after_answer",
             [](Line& line) {
                 (void)line.begin();
                 line.ask(1);
                 (void)line.answer();
                 line.wait(-1);
             }},
    Behavior{"too_late",
             [](Line& line) {
                 const auto login = line.begin();
                 line.wait(too_late_milliseconds);
                 line.decide(login, Decision::granted);
             }},
    Behavior{"dies_on_accept", [](Line&) { die(); }},
    Behavior{"dies_on_begin",
             [](Line& line) {
                 (void)line.begin();
                 die();
             }},
    Behavior{"dies_while_asking",
             [](Line& line) {
                 (void)line.begin();
                 line.ask(1);
                 die();
             }},
    Behavior{"hears_no_more",
             [](Line& line) {
                 (void)line.begin();
                 line.close_ears();
                 line.ask(1);
                 line.wait(-1);
             }},
    Behavior{"dies_on_answer",
             [](Line& line) {
                 (void)line.begin();
                 line.ask(1);
                 (void)line.answer();
                 die();
             }},
    Behavior{"garbage",
             [](Line& line) {
                 (void)line.begin();
                 line.say_raw("\x16\x03\x01 HTTP/1.1 200 OK\r\n\r\n{\"granted\": true}");
             }},
    Behavior{"empty_packet",
             [](Line& line) {
                 (void)line.begin();
                 line.say_raw(std::string_view());
                 line.wait(-1);
             }},
    Behavior{"too_long",
             [](Line& line) {
                 auto packet = granted_packet(line.begin(), grant);
                 packet.resize(wire::max_packet + 1);
                 line.say_raw(packet);
             }},
    Behavior{"cut_short",
             [](Line& line) {
                 const auto packet = granted_packet(line.begin(), grant);
                 line.say_raw(std::string_view(packet).substr(0, packet.size() - 1));
             }},
    Behavior{"trailing_byte", [](Line& line) { line.say_raw(granted_packet(line.begin(), grant) + "!"); }},
    Behavior{"flipped_bit", [](Line& line) { line.say_raw(granted_packet(line.begin(), grant ^ 1U)); }},
    Behavior{"zero_decision", [](Line& line) { line.say_raw(granted_packet(line.begin(), 0)); }},
    Behavior{"another_login", [](Line& line) { line.decide(line.begin() + 1, Decision::granted); }},
    Behavior{"no_login", [](Line& line) { line.decide(line.begin() * 0, Decision::granted); }},
    Behavior{"verdict_before_begin",
             [](Line& line) {
                 line.decide(0, Decision::granted);
                 line.wait(-1);
             }},
    Behavior{"denied_then_granted",
             [](Line& line) {
                 const auto login = line.begin();
                 line.decide(login, Decision::denied);
                 line.decide(login, Decision::granted);
             }},
    Behavior{"question_two_first",
             [](Line& line) {
                 const auto login = line.begin();
                 line.ask(2);
                 line.decide(login, Decision::granted);
             }},
    Behavior{"asks_for_ever",
             [](Line& line) {
                 const auto login = line.begin();
                 for (std::uint8_t turn = 1; turn <= wire::max_asks; ++turn) {
                     line.ask(turn);
                     (void)line.answer();
                 }
                 line.ask(wire::max_asks + 1);
                 line.decide(login, Decision::granted);
             }},
    Behavior{"talks_backwards",
             [](Line& line) {
                 (void)line.begin();
                 line.say(wire::Answer{1, right_code});
                 line.wait(-1);
             }},
};

UniqueFd listen_at(const std::string& path) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    constexpr int backlog = 4096;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(1);
    if (::chmod(path.c_str(), 0666) != 0 || ::listen(fd.get(), backlog) != 0) ::_exit(1);
    return fd;
}

void serve(int listener, void (*live)(Line&)) {
    const UniqueFd client(::accept(listener, nullptr, nullptr));
    if (!client || ::fork() != 0) return;
    Line line(client.get());
    live(line);
    ::_exit(0);
}

int main_of(const std::string& folder, uid_t uid) {
    if (::setresuid(uid, uid, uid) != 0) return 1;
    std::signal(SIGCHLD, SIG_IGN);
    std::vector<UniqueFd> listeners;
    std::vector<pollfd> wanted{{STDIN_FILENO, POLLIN, 0}};
    for (const auto& behavior : behaviors) {
        listeners.push_back(listen_at(folder + "/" + behavior.name));
        wanted.push_back({listeners.back().get(), POLLIN, 0});
        std::printf("%s\n", behavior.name);
    }
    std::puts("ready");
    std::fflush(stdout);
    for (;;) {
        if (::poll(wanted.data(), wanted.size(), -1) < 0) return 1;
        if (wanted[0].revents != 0) return 0;
        for (std::size_t i = 0; i < behaviors.size(); ++i)
            if ((wanted[i + 1].revents & POLLIN) != 0) serve(listeners[i].get(), behaviors[i].live);
    }
}

}  // namespace
}  // namespace stepup::test

int main(int count, char** words) {
    if (count < 2) return 1;
    return stepup::test::main_of(words[1], count > 2 ? static_cast<uid_t>(std::stoul(words[2])) : 0);
}
