#include "daemon/pam_door/source.hpp"

#include <array>
#include <optional>

#include <boost/asio/ip/address.hpp>

namespace stepup {
namespace {

using Address = boost::asio::ip::address;

std::optional<Address> numeric(std::string_view text) {
    if (text.find('\0') != text.npos) return std::nullopt;  // make_address would read up to it
    boost::system::error_code error;
    auto address = boost::asio::ip::make_address(std::string(text.substr(0, text.find('%'))), error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return Address(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()));
    return address;
}

}  // namespace

std::string source_address(std::string_view ssh_connection, std::string_view remote_host) {
    const auto first_word = ssh_connection.substr(0, ssh_connection.find(' '));
    auto address = numeric(first_word);
    if (!address) address = numeric(remote_host);
    return address ? address->to_string() : std::string();
}

std::string source_limit_key(std::string_view address) {
    const auto parsed = numeric(address);
    if (!parsed) return {};
    if (parsed->is_v4()) return "source:" + parsed->to_string();
    auto bytes = parsed->to_v6().to_bytes();
    for (std::size_t i = 8; i < bytes.size(); ++i) bytes.at(i) = 0;
    return "source:" + boost::asio::ip::make_address_v6(bytes).to_string() + "/64";
}

}  // namespace stepup
