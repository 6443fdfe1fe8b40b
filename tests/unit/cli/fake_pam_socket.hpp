#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/frame.hpp"
#include "common/wire.hpp"

namespace stepup::testing {

/// stepupd's side of pam.sock as far as `stepup` uses it: one question, one right answer.
class FakePamSocket {
public:
    explicit FakePamSocket(std::string path) : path_(std::move(path)) {
        listener_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path_.c_str());
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(listener_, 8);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakePamSocket() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
        ::unlink(path_.c_str());
    }
    FakePamSocket(const FakePamSocket&) = delete;
    FakePamSocket& operator=(const FakePamSocket&) = delete;

    std::function<std::string()> token = [] { return std::string(64, 'a'); };
    std::function<void()> proved = [] {};  ///< the right answer was given
    Decision without_asking = Decision::denied;
    std::string prompt = "Code (? for help): ";
    std::counting_semaphore<> withdrawn{0};
    std::atomic<std::uint64_t> wrong_login{0};  ///< what a verdict's login is off by
    wire::Verify last{};                        ///< its texts are gone
    std::string last_factor;

private:
    using Buffer = std::array<std::uint8_t, wire::max_packet>;

    static Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

    void serve() {
        for (;;) {
            const UniqueFd client(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
            if (!client) return;
            Buffer buffer{};
            const auto packet = receive_packet(client.get(), buffer, soon());
            if (!packet) continue;
            if (wire::decode<wire::GetToken>(*packet)) {
                const auto made = token();
                (void)send_message(client.get(), wire::Token{made}, soon());
            } else if (const auto wish = wire::decode<wire::Verify>(*packet)) {
                last = *wish;
                last_factor = wish->factor;
                verify(client.get(), wish->login, wish->may_ask != 0);
            }
        }
    }

    void verify(int fd, std::uint64_t login, bool may_ask) {
        login += wrong_login;
        if (!may_ask || without_asking != Decision::denied)
            return say(fd, login, without_asking, without_asking == Decision::denied ? "Nothing recent." : "");
        for (std::uint8_t turn = 1; turn <= 3; ++turn) {
            (void)send_message(fd, wire::Ask{turn, wire::Echo::on, turn == 1 ? prompt : "Not accepted. " + prompt},
                               soon());
            Buffer buffer{};
            const auto packet = receive_packet(fd, buffer, soon());
            if (!packet) return;
            if (wire::decode<wire::Withdraw>(*packet)) {
                withdrawn.release();
                return;
            }
            const auto answer = wire::decode<wire::Answer>(*packet);
            if (!answer || answer->text != "111111") continue;
            proved();
            return say(fd, login, Decision::granted, "");
        }
        say(fd, login, Decision::denied, "Too many wrong codes.");
    }

    static void say(int fd, std::uint64_t login, Decision decision, std::string_view text) {
        (void)send_message(fd, wire::Verdict{login, decision, text}, soon());
    }

    std::string path_;
    int listener_ = -1;
    std::thread thread_;
};

}  // namespace stepup::testing
