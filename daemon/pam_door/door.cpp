#include "daemon/pam_door/door.hpp"

#include <cerrno>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/pam_door/login.hpp"
#include "daemon/pam_door/self_check.hpp"

namespace stepup {
namespace {

/// Rules an Ending into the bytes of a Verdict; the only line of the daemon that says `granted` to a client.
wire::Verdict verdict_of(std::uint64_t login, const Ending& ending) { return {login, ending.decision, ending.text}; }

}  // namespace

Door::Door(const asio::any_io_executor& loop, UniqueFd listener, DoorParts parts, DoorLimits limits)
    : loop_(loop),
      listener_(loop, listener.release()),
      parts_(std::move(parts)),
      limits_(limits) { }

Door::Place::Place(std::shared_ptr<Counts> counts, const Peer& peer)
    : counts_(std::move(counts)),
      uid_(peer.session.real_uid),
      unprivileged_(peer.uid != 0) {
    ++counts_->total;
    counts_->unprivileged += unprivileged_ ? 1 : 0;
    ++counts_->by_user[uid_];
}

Door::Place::~Place() {
    if (!counts_) return;
    --counts_->total;
    counts_->unprivileged -= unprivileged_ ? 1 : 0;
    const auto mine = counts_->by_user.find(uid_);
    if (--mine->second == 0) counts_->by_user.erase(mine);
}

void Door::stop() {
    boost::system::error_code ignored;
    listener_.cancel(ignored);
    (void)listener_.release();  // systemd keeps the socket: those who knock meanwhile wait for the next daemon
}

asio::awaitable<void> Door::run() {
    for (;;) {
        const auto [error] = co_await listener_.async_wait(asio::posix::descriptor_base::wait_read, no_throw);
        if (error) co_return;
        accept_all();
        // Out of descriptors: those who are here will leave; spinning would not make them faster.
        if (errno == EMFILE || errno == ENFILE) co_await pause_for(Millis(20));
    }
}

void Door::accept_all() {
    constexpr int at_once = 64;  // then others get a turn on the loop
    for (int i = 0; i < at_once; ++i) {
        UniqueFd client(::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) return;
        welcome(std::move(client));
    }
    errno = 0;
}

bool Door::has_room_for(const Peer& peer) const {
    if (counts_->total >= limits_.connections) return false;
    // Logins and sudo come as root: programs of users, be they of many uids, leave them half of the places.
    if (peer.uid != 0 && counts_->unprivileged >= limits_.connections / 2) return false;
    const auto mine = counts_->by_user.find(peer.session.real_uid);
    return peer.session.real_uid == 0 || mine == counts_->by_user.end() || mine->second < limits_.per_user;
}

void Door::welcome(UniqueFd client) {
    try {
        admit(std::move(client));
    } catch (const std::exception&) {
        // Out of memory, or of what the kernel gives: this one is hung up on, which is "no"; the door stays open.
    }
}

void Door::admit(UniqueFd client) {
    if (counts_->total >= limits_.connections) return;
    auto peer = identify_peer(client.get(), parts_.proc);
    if (!peer || !has_room_for(*peer)) return;
    Place place(counts_, *peer);
    auto connection = std::make_unique<Connection>(loop_, std::move(client));
    asio::co_spawn(loop_, serve(this, std::move(connection), std::move(*peer), std::move(place)), asio::detached);
}

asio::awaitable<void> Door::serve(Door* door, std::unique_ptr<Connection> connection, Peer peer, Place place) {
    const Place mine = std::move(place);
    connection->expire_after(door->limits_.first_message);
    try {
        co_await door->hold(connection.get(), std::move(peer));
    } catch (const std::exception&) {
        // A broken rule of ours ends this one connection, unanswered: hanging up is "no".
    }
}

asio::awaitable<void> Door::hold(Connection* connection, Peer peer) {
    const auto packet = co_await connection->receive();
    if (!packet) co_return;
    connection->expire_after(limits_.attempt);
    if (const auto begin = wire::decode<wire::Begin>(*packet); begin && begin->protocol == wire::version) {
        Login login(parts_, *connection, std::move(peer), *begin);
        const auto number = begin->login;
        const Ending ending = co_await login.run();
        if (!ending.client_gone) (void)co_await connection->send(verdict_of(number, ending));
    } else if (const auto asked = wire::decode<wire::Verify>(*packet); asked && asked->protocol == wire::version) {
        SelfCheck check(parts_, *connection, std::move(peer), *asked);
        const auto number = asked->login;
        const Ending ending = co_await check.run();
        if (!ending.client_gone) (void)co_await connection->send(verdict_of(number, ending));
    } else if (const auto wanted = wire::decode<wire::GetToken>(*packet); wanted && wanted->protocol == wire::version) {
        co_await hand_out_token(connection, std::move(peer));
    }
}

asio::awaitable<void> Door::hand_out_token(Connection* connection, Peer peer) {
    if (peer.session.elsewhere) co_return;
    const auto token = parts_.tokens.issue(peer, parts_.clock.now());
    if (token) (void)co_await connection->send(wire::Token{*token});
}

}  // namespace stepup
