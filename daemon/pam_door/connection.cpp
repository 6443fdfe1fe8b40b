#include "daemon/pam_door/connection.hpp"

#include <algorithm>

#include <sys/socket.h>

namespace stepup {

Connection::Connection(const asio::any_io_executor& loop, UniqueFd fd)
    : socket_(std::make_shared<Socket>(loop)),
      deadline_(loop) {
    socket_->assign({AF_UNIX, 0}, fd.get());
    (void)fd.release();  // not before: assign() may throw
}

void Connection::expire_after(Millis time) {
    deadline_.expires_after(time);
    deadline_.async_wait([watched = std::weak_ptr<Socket>(socket_)](boost::system::error_code error) {
        const auto socket = watched.lock();
        if (error || !socket) return;  // moved, or over
        boost::system::error_code ignored;
        socket->close(ignored);
    });
}

Millis Connection::left() const {
    const auto left = deadline_.expiry() - asio::steady_timer::clock_type::now();
    return std::max(std::chrono::duration_cast<Millis>(left), Millis(0));
}

asio::awaitable<Result<wire::PacketView>> Connection::receive() {
    asio::socket_base::message_flags flags = 0;
    const auto [error, size] = co_await socket_->async_receive(asio::buffer(buffer_), flags, no_throw);
    received_ = std::chrono::steady_clock::now();
    if (error || size == 0) co_return fail(Errc::closed, "the client hung up");
    filled_ = size;
    if (size > wire::max_packet) co_return fail(Errc::too_large, "the client sent more than a packet");
    co_return wire::PacketView(buffer_.data(), size);
}

asio::awaitable<void> Connection::wait_for_beat(Millis beat) {
    const auto spent = std::chrono::steady_clock::now() - received_;
    asio::steady_timer timer(socket_->get_executor(), received_ + beat * (spent / beat + 1));
    co_await timer.async_wait(no_throw);
}

void Connection::wipe() {
    explicit_bzero(buffer_.data(), filled_);
    filled_ = 0;
}

asio::awaitable<Result<>> Connection::send_packet(wire::PacketView packet) {
    const auto [error, size] = co_await socket_->async_send(asio::buffer(packet.data(), packet.size()), 0, no_throw);
    if (error || size != packet.size()) co_return fail(Errc::closed, "the client hung up");
    co_return Result<>{};
}

}  // namespace stepup
