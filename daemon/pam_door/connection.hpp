#pragma once

#include <array>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/seq_packet_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/unique_fd.hpp"
#include "common/wire.hpp"
#include "daemon/loop/awaiting.hpp"

namespace stepup {

/// Packets to and from one client. The whole connection has one deadline; when it passes, whatever waits fails.
class Connection {
public:
    using Socket = asio::generic::seq_packet_protocol::socket;

    Connection(const asio::any_io_executor& loop, UniqueFd fd);

    /// From now on the connection lives this much longer.
    void expire_after(Millis time);
    /// Time that is left, at least 0.
    [[nodiscard]] Millis left() const;

    /// The next packet; it is valid until the next receive. Errors: closed, too_large.
    [[nodiscard]] asio::awaitable<Result<wire::PacketView>> receive();
    /// Resumes a whole number of `beat`s after the last packet came, at least one: what was done meanwhile cannot be
    /// told from how long it took.
    [[nodiscard]] asio::awaitable<void> wait_for_beat(Millis beat);
    /// Wipes what the last receive left in the buffer: an Answer holds a code.
    void wipe();

    template <class Message> [[nodiscard]] asio::awaitable<Result<>> send(Message message) {
        std::array<std::uint8_t, 2048> buffer{};
        const auto size = wire::encode(message, buffer);
        if (!size) co_return tl::make_unexpected(size.error());
        const auto sent = co_await send_packet({buffer.data(), *size});
        co_return sent;
    }

private:
    [[nodiscard]] asio::awaitable<Result<>> send_packet(wire::PacketView packet);

    std::shared_ptr<Socket> socket_;  // shared with the deadline's handler, which may be queued when we go
    asio::steady_timer deadline_;
    std::chrono::steady_clock::time_point received_{};  ///< when the last packet came
    std::array<std::uint8_t, wire::max_packet + 1> buffer_;
    std::size_t filled_ = 0;
};

}  // namespace stepup
