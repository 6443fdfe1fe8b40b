#include "policy/networks.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace stepup {

namespace {

constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291 §2.5.5.2

bool any_contains(const std::vector<Network>& networks, const auto& one) {
    return std::any_of(networks.begin(), networks.end(), [&](const Network& each) { return each.contains(one); });
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would read up to it
    const std::string plain(text.substr(0, text.find('%')));
    Address address;
    if (::inet_pton(AF_INET, plain.c_str(), address.bytes_.data()) == 1) return address;
    address.v6_ = true;
    if (::inet_pton(AF_INET6, plain.c_str(), address.bytes_.data()) != 1) return std::nullopt;
    if (!std::equal(mapped.begin(), mapped.end(), address.bytes_.begin())) return address;
    std::copy(address.bytes_.begin() + mapped.size(), address.bytes_.end(), address.bytes_.begin());
    std::fill(address.bytes_.begin() + 4, address.bytes_.end(), 0);
    address.v6_ = false;
    return address;
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> shown{};
    ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), shown.data(), shown.size());
    return shown.data();
}

Address Address::network(unsigned prefix) const {
    Address whole = *this;
    for (unsigned at = 0; at < whole.bytes_.size(); ++at) {
        const unsigned kept = std::clamp(prefix, 8 * at, 8 * at + 8) - 8 * at;
        whole.bytes_[at] &= static_cast<unsigned char>(0xFF00U >> kept);
    }
    return whole;
}

Address Address::last_of(unsigned prefix) const {
    Address last = network(prefix);
    for (unsigned at = 0; at < bits() / 8; ++at) {
        const unsigned kept = std::clamp(prefix, 8 * at, 8 * at + 8) - 8 * at;
        last.bytes_[at] |= static_cast<unsigned char>(0xFFU >> kept);
    }
    return last;
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto front = text.substr(0, slash);
    const auto address = Address::parse(front);
    if (!address || front.find('%') != front.npos) return std::nullopt;  // a zone would be passed over
    if (slash == text.npos) return Network{*address, address->bits()};
    const auto behind = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(behind.data(), behind.data() + behind.size(), prefix);
    if (error != std::errc{} || end != behind.data() + behind.size()) return std::nullopt;
    const bool is_mapped = !address->is_v6() && front.find(':') != front.npos;
    constexpr unsigned before_mapped = 96;
    if (is_mapped && prefix < before_mapped) return std::nullopt;
    if (is_mapped) prefix -= before_mapped;
    if (prefix > address->bits()) return std::nullopt;
    return Network{*address, prefix};
}

bool Network::contains(const Address& one) const {
    return one.is_v6() == address.is_v6() && one.network(prefix) == address.network(prefix);
}

bool Network::contains(const Network& other) const { return other.prefix >= prefix && contains(other.address); }

std::string Network::text() const { return address.text() + "/" + std::to_string(prefix); }

bool Networks::contain(const Address& address) const {
    return (among.empty() || any_contains(among, address)) && !any_contains(except, address);
}

bool contains_all(const Networks& wide, const Networks& narrow) {
    if (wide.empty()) return true;
    if (narrow.empty()) return false;
    const auto excepted = [&](const Network& hole) { return any_contains(narrow.except, hole); };
    if (!std::all_of(wide.except.begin(), wide.except.end(), excepted)) return false;
    const auto named = [&](const Network& part) { return any_contains(wide.among, part); };
    return wide.among.empty()
        || (!narrow.among.empty() && std::all_of(narrow.among.begin(), narrow.among.end(), named));
}

}  // namespace stepup
