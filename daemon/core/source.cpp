#include "daemon/core/source.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>

namespace stepup {
namespace {

/// An address of either family, in the order of the network.
class Address {
public:
    [[nodiscard]] static std::optional<Address> parse(std::string_view text) {
        if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would read up to it
        const std::string plain(text.substr(0, text.find('%')));
        Address address;
        if (::inet_pton(AF_INET, plain.c_str(), address.bytes_.data()) == 1) return address;
        address.family_ = AF_INET6;
        if (::inet_pton(AF_INET6, plain.c_str(), address.bytes_.data()) != 1) return std::nullopt;
        constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291 §2.5.5.2
        if (!std::equal(mapped.begin(), mapped.end(), address.bytes_.begin())) return address;
        std::copy(address.bytes_.begin() + mapped.size(), address.bytes_.end(), address.bytes_.begin());
        address.family_ = AF_INET;
        return address;
    }

    [[nodiscard]] bool is_v6() const { return family_ == AF_INET6; }
    [[nodiscard]] std::string text() const {
        std::array<char, INET6_ADDRSTRLEN> shown{};
        ::inet_ntop(family_, bytes_.data(), shown.data(), shown.size());
        return shown.data();
    }
    /// Its first 64 bits.
    [[nodiscard]] Address network() const {
        Address whole = *this;
        std::fill(whole.bytes_.begin() + 8, whole.bytes_.end(), 0);
        return whole;
    }

private:
    int family_ = AF_INET;
    std::array<unsigned char, sizeof(in6_addr)> bytes_{};
};

}  // namespace

std::string source_address(std::string_view ssh_connection, std::string_view remote_host) {
    auto address = Address::parse(ssh_connection.substr(0, ssh_connection.find(' ')));
    if (!address) address = Address::parse(remote_host);
    return address ? address->text() : std::string();
}

std::string source_limit_key(std::string_view address) {
    const auto parsed = Address::parse(address);
    if (!parsed) return {};
    return "source:" + (parsed->is_v6() ? parsed->network().text() + "/64" : parsed->text());
}

}  // namespace stepup
