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
    Door(asio::any_io_executor loop, UniqueFd listener, DoorParts parts, DoorLimits limits);

    /// Accepts until stop().
    [[nodiscard]] asio::awaitable<void> run();
    /// Takes no more connections; those that are here go on.
    void stop();
    [[nodiscard]] std::size_t connections() const { return total_; }

private:
    /// One connection's place in the counts.
    class Place {
    public:
        Place(Door& door, uid_t uid) : door_(&door), uid_(uid) {
            ++door_->total_;
            ++door_->by_user_[uid_];
        }
        Place(Place&& other) noexcept : door_(std::exchange(other.door_, nullptr)), uid_(other.uid_) { }
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        Door* door_;
        uid_t uid_;
    };

    void accept_all();
    void welcome(UniqueFd client);
    [[nodiscard]] bool has_room_for(uid_t uid) const;
    static asio::awaitable<void> serve(Door* door, std::unique_ptr<Connection> connection, Peer peer, Place place);
    [[nodiscard]] asio::awaitable<void> hold(Connection* connection, Peer peer);
    [[nodiscard]] asio::awaitable<void> hand_out_token(Connection* connection, Peer peer);

    asio::any_io_executor loop_;
    asio::posix::stream_descriptor listener_;
    DoorParts parts_;
    DoorLimits limits_;
    std::size_t total_ = 0;
    std::map<uid_t, std::size_t> by_user_;
};

}  // namespace stepup
