#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include <sys/types.h>
#include <time.h>

#include "common/codec.hpp"
#include "common/result.hpp"
#include "common/unique_fd.hpp"
#include "common/wire.hpp"

// The blocking side of pam.sock, for the PAM module and the command line: SOCK_SEQPACKET, one packet a message,
// every wait with a deadline. No signals, no threads, no allocation.

namespace stepup {

using Deadline = std::chrono::steady_clock::time_point;

/// Now, on the clock of Deadline (CLOCK_MONOTONIC, through the vDSO). The same moment as steady_clock::now(), which is
/// out of line in libstdc++: the PAM module must not link that.
[[nodiscard]] inline Deadline monotonic_now() {
    timespec at{};
    ::clock_gettime(CLOCK_MONOTONIC, &at);
    return Deadline(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}

/// Connects to the Unix socket at `path`. The descriptor is close-on-exec and above 2.
/// Errors: not_found (no socket, or nobody listens there), timed_out (backlog full), unavailable (no descriptor, no
/// permission), too_large (path of 108 bytes or more).
[[nodiscard]] Result<UniqueFd> connect_to(std::string_view path, Deadline deadline);

/// Who made the socket that `fd` is connected to: the uid that called listen(2), as the kernel says.
/// Errors: unavailable.
[[nodiscard]] Result<uid_t> server_uid(int fd);

/// Sends one packet; nothing once `deadline` has passed. Errors: closed, timed_out, unavailable.
[[nodiscard]] Result<> send_packet(int fd, wire::PacketView packet, Deadline deadline);

/// Receives one packet into `buffer` and gives the part of it that was filled.
/// Errors: closed, timed_out, too_large (longer than `buffer`), unavailable.
[[nodiscard]] Result<wire::PacketView> receive_packet(int fd, wire::Packet buffer, Deadline deadline);

/// Encodes and sends `message`, wiping what was sent from the stack (an Answer holds a code).
template <class Message> [[nodiscard]] Result<> send_message(int fd, const Message& message, Deadline deadline) {
    std::uint8_t buffer[wire::max_packet];
    auto size = wire::encode(message, buffer);
    auto sent = size ? send_packet(fd, {buffer, *size}, deadline) : Result<>(tl::make_unexpected(size.error()));
    explicit_bzero(buffer, size ? *size : sizeof buffer);
    return sent;
}

}  // namespace stepup
