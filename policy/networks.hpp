#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stepup {

/// An IP address of either family. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 one.
class Address {
public:
    /// The address that `text` is, without its zone ("%eth0"). Nothing if it is anything else, such as a name.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text);

    [[nodiscard]] bool is_v6() const { return v6_; }
    [[nodiscard]] unsigned bits() const { return v6_ ? 128 : 32; }
    [[nodiscard]] std::string text() const;
    /// It with all but its first `prefix` bits zero.
    [[nodiscard]] Address network(unsigned prefix) const;
    /// It with all but its first `prefix` bits one.
    [[nodiscard]] Address last_of(unsigned prefix) const;
    [[nodiscard]] bool operator==(const Address&) const = default;
    /// As numbers; only addresses of one family are in an order.
    [[nodiscard]] bool operator<(const Address& other) const { return bytes_ < other.bytes_; }

private:
    std::array<unsigned char, 16> bytes_{};  ///< in the order of the network; four of them for IPv4
    bool v6_ = false;
};

/// What an address and the length of a prefix stand for: 10.0.0.0/8.
struct Network {
    Address address;
    unsigned prefix = 0;

    /// "10.0.0.0/8", "2001:db8::/32", or an address, which stands for itself. Nothing if it is neither.
    [[nodiscard]] static std::optional<Network> parse(std::string_view text);
    /// True if nothing is set behind the prefix.
    [[nodiscard]] bool is_exact() const { return address == address.network(prefix); }
    [[nodiscard]] bool contains(const Address& one) const;
    [[nodiscard]] bool contains(const Network& other) const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool operator==(const Network&) const = default;
};

/// A list of networks: inside one of `among`, and in none of `except`.
struct Networks {
    std::vector<Network> among{};   ///< empty: every address
    std::vector<Network> except{};  ///< written with "!"

    [[nodiscard]] bool empty() const { return among.empty() && except.empty(); }
    [[nodiscard]] bool contain(const Address& address) const;
    [[nodiscard]] bool operator==(const Networks&) const = default;
};

/// True if whatever `narrow` contains is also in `wide`. It may miss that where several networks only together do.
[[nodiscard]] bool contains_all(const Networks& wide, const Networks& narrow);

}  // namespace stepup
