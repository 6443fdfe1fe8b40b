#include "daemon/core/source.hpp"

#include <array>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

#include "tests/fuzz/fuzz.hpp"

// Where a client comes from, out of SSH_CONNECTION and PAM_RHOST: numbers only, judged by the C library's own reader.

namespace {

using stepup::fuzz::must;

/// IPv4 as its IPv4-mapped IPv6 address; nothing for what is no address.
std::optional<in6_addr> address_of(std::string text) {
    if (text.find('\0') != text.npos) return std::nullopt;
    text = text.substr(0, text.find('%'));
    in6_addr wide{};
    in_addr narrow{};
    if (inet_pton(AF_INET, text.c_str(), &narrow) != 1)
        return inet_pton(AF_INET6, text.c_str(), &wide) == 1 ? std::optional(wide) : std::nullopt;
    wide.s6_addr[10] = wide.s6_addr[11] = 0xFF;
    std::memcpy(&wide.s6_addr[12], &narrow, sizeof narrow);
    return wide;
}

bool same(const in6_addr& a, const in6_addr& b, std::size_t bytes = sizeof(in6_addr)) {
    return std::memcmp(&a, &b, bytes) == 0;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    stepup::fuzz::Input input(data, size);
    const auto connection = input.until('\n');
    const auto host = input.all();
    const auto source = stepup::source_address(connection, host);

    auto expected = address_of(connection.substr(0, connection.find(' ')));
    if (!expected) expected = address_of(host);
    const auto found = address_of(source);
    must(source.empty() == !expected, "an address is found where one stands, and only there");
    must(source.empty() || (found && same(*found, *expected)), "it is the one that stands there");
    must(stepup::source_address(source, {}) == source, "an address is written in one way");

    const auto key = stepup::source_limit_key(source);
    must(key.empty() == source.empty(), "every source has a limit");
    if (key.empty()) return 0;
    const bool narrow = IN6_IS_ADDR_V4MAPPED(&*found) != 0;
    const auto counted = address_of(key.substr(7, key.rfind('/') - 7));
    must(key.starts_with("source:") && key.ends_with("/64") == !narrow && counted
             && same(*counted, *found, narrow ? sizeof(in6_addr) : 8),
         "failures are counted for the address, or for its /64");
    return 0;
}
