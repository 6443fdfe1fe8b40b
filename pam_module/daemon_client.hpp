#pragma once

#include "common/clock.hpp"
#include "common/frame.hpp"

namespace stepup {

/// The daemon at the other end: one socket, one login, one deadline. Hangs up when it goes.
class DaemonClient {
public:
    /// Errors: unavailable, timed_out, too_large (the path).
    [[nodiscard]] static Result<DaemonClient> connect(std::string_view path, Deadline end);

    /// Who listens, as the kernel says.
    [[nodiscard]] Result<uid_t> server_uid() const { return stepup::server_uid(fd_.get()); }

    template <class Message> [[nodiscard]] Result<> send(const Message& message) {
        return send_message(fd_.get(), message, end_);
    }

    /// Waits for the next packet, for `patience` and never past the end of the login. It is read into `buffer`.
    [[nodiscard]] Result<wire::PacketView> receive(wire::Packet buffer, Seconds patience);

private:
    DaemonClient(UniqueFd fd, Deadline end) : fd_(std::move(fd)), end_(end) { }

    UniqueFd fd_;
    Deadline end_;
};

}  // namespace stepup
