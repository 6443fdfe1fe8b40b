#include "pam_module/daemon_client.hpp"

#include <algorithm>

namespace stepup {
namespace {

constexpr Seconds connect_within{1};  // it waits only when the listener's backlog is full

}  // namespace

Result<DaemonClient> DaemonClient::connect(std::string_view path, Deadline end) {
    return DaemonClient(TRY(connect_to(path, std::min(end, monotonic_now() + connect_within))), end);
}

Result<wire::PacketView> DaemonClient::receive(wire::Packet buffer, Seconds patience) {
    return receive_packet(fd_.get(), buffer, std::min(end_, monotonic_now() + patience));
}

}  // namespace stepup
