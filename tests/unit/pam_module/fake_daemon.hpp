#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/unique_fd.hpp"
#include "common/wire.hpp"

// A daemon that says what a test wants it to say, over a real packet socket.

namespace stepup::test {

/// One connection, seen from the daemon's end.
class Peer {
public:
    explicit Peer(UniqueFd fd) : fd_(std::move(fd)) { }

    /// The next message, if it is a Message. Its texts live until the next one is read.
    template <class Message> Result<Message> next() { return wire::decode<Message>(read()); }
    /// The next message, which must be a Message.
    template <class Message> Message expect() {
        const auto message = next<Message>();
        EXPECT_TRUE(message) << "the module sent something else than message " << int(Message::kind);
        return message ? *message : Message{};
    }
    /// True if the next message is an Answer, false if it is another one or the module hung up.
    bool is_answered() { return wire::kind_of(read()) == wire::Answer::kind; }
    /// True if the module hangs up instead of sending more.
    bool hung_up() { return read().empty(); }

    template <class Message> void say(const Message& message) {
        std::array<std::uint8_t, wire::max_packet> packet;
        const auto size = wire::encode(message, packet);
        ASSERT_TRUE(size);
        say_raw({reinterpret_cast<const char*>(packet.data()), *size});
    }
    void say_raw(const std::string& bytes) {
        EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }
    void hang_up() { fd_.reset(); }

private:
    wire::PacketView read() {
        const auto got = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
        return {buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }

    UniqueFd fd_;
    std::array<std::uint8_t, wire::max_packet> buffer_;
};

using Script = std::function<void(Peer&)>;

inline sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

inline UniqueFd bind_socket(const std::string& path) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const auto address = address_of(path);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
    return fd;
}

/// Plays `script` to everybody who connects, one after the other.
class FakeDaemon {
public:
    FakeDaemon(const std::string& path, Script script) : listener_(bind_socket(path)), script_(std::move(script)) {
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeDaemon() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }

    [[nodiscard]] int connections() const { return connections_; }

private:
    void serve() {
        for (;;) {
            UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client) return;
            ++connections_;
            Peer peer(std::move(client));
            script_(peer);
        }
    }

    UniqueFd listener_;
    Script script_;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

/// Decides at once.
inline Script decides(Decision decision, std::string text = "") {
    return [=](Peer& peer) {
        const auto begin = peer.expect<wire::Begin>();
        peer.say(wire::Verdict{begin.login, decision, text});
    };
}

/// Asks one question, then decides.
inline Script asks_and_decides(
    Decision decision, std::function<void(const wire::Answer&)> look = [](auto&) {}) {
    return [=](Peer& peer) {
        const auto login = peer.expect<wire::Begin>().login;
        peer.say(wire::Ask{1, wire::Echo::on, "Code (? for help): "});
        look(peer.expect<wire::Answer>());
        peer.say(wire::Verdict{login, decision, ""});
    };
}

}  // namespace stepup::test
