#pragma once

#include <map>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "daemon/pam_door/connection.hpp"
#include "daemon/pam_door/parts.hpp"

namespace stepup {

/// pam.sock: accepts, finds out who is there, keeps everybody within his share, and holds one conversation each.
class Door {
public:
    /// `listener`: a bound, listening, non-blocking SOCK_SEQPACKET socket.
    Door(const asio::any_io_executor& loop, UniqueFd listener, DoorParts parts, DoorLimits limits);

    /// Accepts until stop().
    [[nodiscard]] asio::awaitable<void> run();
    /// Takes no more connections; those that are here go on.
    void stop();
    [[nodiscard]] std::size_t connections() const { return counts_->total; }

private:
    /// Who is here now. Shared with the connections, which may outlive the door while the loop is torn down.
    struct Counts {
        std::size_t total = 0;
        std::size_t unprivileged = 0;  ///< of programs that are not root's
        std::map<uid_t, std::size_t> by_user;
    };
    /// One connection's place in the counts.
    class Place {
    public:
        Place(std::shared_ptr<Counts> counts, const Peer& peer);
        Place(Place&&) noexcept = default;
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        std::shared_ptr<Counts> counts_;
        uid_t uid_;
        bool unprivileged_;
    };

    void accept_all();
    void welcome(UniqueFd client);
    void admit(UniqueFd client);
    [[nodiscard]] bool has_room_for(const Peer& peer) const;
    static asio::awaitable<void> serve(Door* door, std::unique_ptr<Connection> connection, Peer peer, Place place);
    [[nodiscard]] asio::awaitable<void> hold(Connection* connection, Peer peer);
    [[nodiscard]] asio::awaitable<void> hand_out_token(Connection* connection, Peer peer);

    asio::any_io_executor loop_;
    asio::posix::stream_descriptor listener_;
    DoorParts parts_;
    DoorLimits limits_;
    std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace stepup
