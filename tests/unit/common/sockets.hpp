#pragma once

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/frame.hpp"

// Sockets for the tests of frames.

namespace stepup::testing {

using namespace std::chrono_literals;

inline std::array<std::uint8_t, 8> buffer;  // room for a small packet

inline Deadline in(std::chrono::milliseconds time) { return monotonic_now() + time; }

/// A listening socket at a path of its own.
class Listener {
public:
    Listener() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        fd = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd.get(), 0), 0);
    }
    ~Listener() { ::unlink(path.c_str()); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::string path = "/tmp/stepup-frame-" + std::to_string(::getpid()) + ".sock";
    UniqueFd fd;
};

struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours = UniqueFd(ends[0]);
        theirs = UniqueFd(ends[1]);
    }
    UniqueFd ours;
    UniqueFd theirs;
};

template <class T> Errc error_of(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? Errc::internal : result.error().code;
}

inline const std::array<std::uint8_t, 3> three{1, 2, 3};

}  // namespace stepup::testing
