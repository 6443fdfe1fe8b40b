#include "common/frame.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace stepup {
namespace {

/// Lets the next blocking call on `fd` in this direction (SO_SNDTIMEO or SO_RCVTIMEO) wait until `deadline` at most.
Result<> limit(int fd, int direction, Deadline deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - monotonic_now());
    if (left.count() <= 0) return fail(Errc::timed_out, "the deadline passed");
    timeval patience{};
    patience.tv_sec = left.count() / 1'000'000;
    patience.tv_usec = left.count() % 1'000'000;
    if (::setsockopt(fd, SOL_SOCKET, direction, &patience, sizeof patience) != 0)
        return fail(Errc::unavailable, "the socket takes no timeout");
    return {};
}

/// Callers may have closed 0 to 2; a descriptor there would be taken for somebody's standard stream.
Result<UniqueFd> above_standard_streams(UniqueFd fd) {
    if (fd.get() > STDERR_FILENO) return fd;
    UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved) return fail(Errc::unavailable, "no descriptor is free");
    return moved;
}

tl::unexpected<Error> failed_call() {
    switch (errno) {
    case EAGAIN: return fail(Errc::timed_out, "the daemon did not answer in time");
    case ENOENT:
    case ECONNREFUSED: return fail(Errc::not_found, "the daemon is not running");
    case EPIPE:
    case ECONNRESET: return fail(Errc::closed, "the daemon hung up");
    default: return fail(Errc::unavailable, "the daemon cannot be reached");
    }
}

}  // namespace

Result<UniqueFd> connect_to(std::string_view path, Deadline deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail(Errc::too_large, "the socket's path is too long");
    std::memcpy(address.sun_path, path.data(), path.size());

    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd) return fail(Errc::unavailable, "no socket can be made");
    fd = TRY(above_standard_streams(std::move(fd)));
    for (;;) {
        TRY(limit(fd.get(), SO_SNDTIMEO, deadline));
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
        if (errno != EINTR) return failed_call();
    }
}

Result<uid_t> server_uid(int fd) {
    ucred who{
        .pid = 0, .uid = static_cast<uid_t>(-1), .gid = static_cast<gid_t>(-1)};  // were it not filled in: not root
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || size != sizeof who)
        return fail(Errc::unavailable, "the kernel does not say who listens");
    return who.uid;
}

Result<> send_packet(int fd, wire::PacketView packet, Deadline deadline) {
    if (monotonic_now() >= deadline) return fail(Errc::timed_out, "the deadline passed");
    for (;;) {
        // A packet is far smaller than the send buffer: only a daemon that reads nothing can make this wait,
        // and then no longer than SO_SNDTIMEO as connect_to() left it.
        const auto sent = ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
        if (sent == static_cast<ssize_t>(packet.size())) return {};
        if (sent >= 0 || errno != EINTR) return failed_call();
        TRY(limit(fd, SO_SNDTIMEO, deadline));
    }
}

Result<wire::PacketView> receive_packet(int fd, wire::Packet buffer, Deadline deadline) {
    for (;;) {
        TRY(limit(fd, SO_RCVTIMEO, deadline));
        iovec part{buffer.data(), buffer.size()};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        const auto got = ::recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
        if (got == 0) return fail(Errc::closed, "the daemon hung up");
        if (got > 0 && (header.msg_flags & MSG_TRUNC) != 0)
            return fail(Errc::too_large, "the daemon sent more than a packet");
        if (got > 0) return wire::PacketView(buffer.data(), static_cast<std::size_t>(got));
        if (errno != EINTR) return failed_call();
    }
}

}  // namespace stepup
