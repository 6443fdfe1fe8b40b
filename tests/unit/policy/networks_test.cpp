#include "policy/networks.hpp"

#include <bitset>
#include <random>

#include <arpa/inet.h>
#include <gtest/gtest.h>

using namespace stepup;

namespace {

Address address(const std::string& text) { return Address::parse(text).value(); }
Network network(const std::string& text) { return Network::parse(text).value(); }

/// The model: bit after bit, of the text.
std::string bits_of(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    const bool v4 = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
    EXPECT_TRUE(v4 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) << text;
    std::string bits(v4 ? "4" : "6");
    for (unsigned i = 0; i < (v4 ? 4 : 16); ++i) bits += std::bitset<8>(bytes.at(i)).to_string();
    const std::string mapped = "6" + std::string(80, '0') + std::string(16, '1');
    return bits.starts_with(mapped) ? "4" + bits.substr(mapped.size()) : bits;
}

class Chance {
public:
    explicit Chance(unsigned seed) : engine_(seed) { }
    unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }
    /// Few different bytes, so that addresses have prefixes in common.
    std::string address() {
        const auto byte = [&] { return std::array{0U, 1U, 127U, 128U, 255U}.at(below(5)); };
        std::string dotted = std::to_string(byte());
        for (int i = 0; i < 3; ++i) dotted += "." + std::to_string(byte());
        if (below(3) == 0) return dotted;
        if (below(3) == 0) return "::ffff:" + dotted;
        return (below(2) == 0 ? "2001:db8::" : "fe80:1::") + dotted;
    }

private:
    std::mt19937 engine_;
};

}  // namespace

TEST(Address, is_a_number_and_never_a_name) {
    for (const auto* text : {"", "localhost", "10.1", "10.0.0.256", "010.0.0.1x", "1::2::3", "0x7f.1"})
        EXPECT_FALSE(Address::parse(text)) << text;
    EXPECT_EQ(address("2001:DB8:0::1").text(), "2001:db8::1");
    EXPECT_EQ(address("::ffff:192.0.2.7"), address("192.0.2.7"));
    EXPECT_EQ(address("::ffff:c000:207").text(), "192.0.2.7");
    EXPECT_NE(address("::"), address("0.0.0.0"));
}

TEST(Network, is_written_with_the_length_of_its_prefix_or_is_one_address) {
    EXPECT_EQ(network("10.0.0.0/8"), (Network{address("10.0.0.0"), 8}));
    EXPECT_EQ(network("10.0.0.1"), (Network{address("10.0.0.1"), 32}));
    EXPECT_EQ(network("2001:db8::1"), (Network{address("2001:db8::1"), 128}));
    EXPECT_EQ(network("::ffff:10.0.0.0/104"), network("10.0.0.0/8"));
    for (const auto* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ", "10/8",
                             "::/129", "::ffff:10.0.0.0/95", "fe80::1%eth0", "fe80::%1/10", "10.0.0.0/255.0.0.0"})
        EXPECT_FALSE(Network::parse(text)) << text;
}

TEST(Network, is_exact_where_nothing_is_set_behind_the_prefix) {
    EXPECT_TRUE(network("10.128.0.0/9").is_exact());
    EXPECT_FALSE(network("10.128.0.0/8").is_exact());
    EXPECT_TRUE(network("2001:db8:8000::/33").is_exact());
    EXPECT_FALSE(network("2001:db8:8000::/32").is_exact());
    EXPECT_TRUE(network("0.0.0.0/0").is_exact());
    EXPECT_EQ(network("192.0.2.129/25").address.network(25).text(), "192.0.2.128");
}

TEST(Network, contains_what_begins_with_its_bits) {
    unsigned inside = 0;
    for (unsigned seed = 0; seed < 50'000; ++seed) {
        Chance chance(seed);
        const auto base = chance.address();
        const auto one = chance.below(3) == 0 ? base : chance.address();
        const auto known = bits_of(base);
        const auto prefix = chance.below(static_cast<unsigned>(known.size()));
        const bool expected = bits_of(one).starts_with(known.substr(0, prefix + 1));
        EXPECT_EQ((Network{address(base), prefix}.contains(address(one))), expected)
            << base << "/" << prefix << " " << one;
        inside += expected ? 1 : 0;
        if (HasFailure()) return;
    }
    EXPECT_GT(inside, 5'000U);
}

TEST(Networks, are_those_among_which_an_address_must_be_without_those_that_are_excepted) {
    const Networks some{.among = {network("10.0.0.0/8"), network("2001:db8::/32")}, .except = {network("10.9.0.0/16")}};
    EXPECT_TRUE(some.contain(address("10.8.0.1")));
    EXPECT_FALSE(some.contain(address("10.9.0.1")));
    EXPECT_TRUE(some.contain(address("2001:db8::1")));
    EXPECT_FALSE(some.contain(address("192.0.2.1")));
    const Networks others{.except = {network("10.0.0.0/8"), network("192.168.0.0/16")}};
    EXPECT_TRUE(others.contain(address("192.0.2.1")));
    EXPECT_TRUE(others.contain(address("2001:db8::1")));
    EXPECT_FALSE(others.contain(address("192.168.1.1")));
}

TEST(Networks, are_said_to_contain_others_only_if_they_contain_each_of_their_addresses) {
    unsigned yes = 0;
    for (unsigned seed = 0; seed < 20'000; ++seed) {
        Chance chance(seed);
        const auto some = [&] {
            Networks networks;
            const auto any = [&](std::vector<Network>& list) {
                for (unsigned i = chance.below(3); i > 0; --i)
                    list.push_back({address(chance.address()), chance.below(33)});
            };
            any(networks.among);
            any(networks.except);
            return networks;
        };
        const auto wide = some();
        const auto narrow = chance.below(2) == 0 ? wide : some();
        if (!contains_all(wide, narrow)) continue;
        ++yes;
        for (int i = 0; i < 20; ++i) {
            const auto one = address(chance.address());
            EXPECT_LE(narrow.contain(one), wide.contain(one)) << seed << " " << one.text();
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(yes, 1'000U);
}
