#include "daemon/core/source.hpp"

#include "policy/networks.hpp"

namespace stepup {

std::string source_address(std::string_view ssh_connection, std::string_view remote_host) {
    auto address = Address::parse(ssh_connection.substr(0, ssh_connection.find(' ')));
    if (!address) address = Address::parse(remote_host);
    return address ? address->text() : std::string();
}

std::string source_limit_key(std::string_view address) {
    constexpr unsigned network_of_a_host = 64;
    const auto parsed = Address::parse(address);
    if (!parsed) return {};
    return "source:" + (parsed->is_v6() ? parsed->network(network_of_a_host).text() + "/64" : parsed->text());
}

}  // namespace stepup
