#include "daemon/core/source.hpp"

#include <gtest/gtest.h>

using namespace stepup;

TEST(SourceAddress, is_sshds_word_before_pam_rhost) {
    EXPECT_EQ(source_address("192.0.2.7 5022 192.0.2.1 22", "198.51.100.1"), "192.0.2.7");
    EXPECT_EQ(source_address("", "198.51.100.1"), "198.51.100.1");
}

TEST(SourceAddress, is_never_a_name) {  // security.md V-83: nothing is resolved
    for (const auto* name : {"", "UNKNOWN", "host.example", "localhost", "127.1", "192.0.2.7.example", "1.2.3.4 5"})
        EXPECT_EQ(source_address("", name), "") << name;
}

TEST(SourceAddress, is_the_whole_word_or_none) {
    EXPECT_EQ(source_address("", std::string("192.0.2.7\0example", 17)), "");
}

TEST(SourceAddress, spells_one_host_one_way) {
    EXPECT_EQ(source_address("", "::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(source_address("", "fe80::1%eth0"), "fe80::1");
    EXPECT_EQ(source_address("", "2001:DB8:0:0::1"), "2001:db8::1");
}

TEST(SourceLimitKey, counts_an_ipv6_network_as_one_source) {
    EXPECT_EQ(source_limit_key("192.0.2.7"), "source:192.0.2.7");
    EXPECT_EQ(source_limit_key("2001:db8:1:2:3:4:5:6"), source_limit_key("2001:db8:1:2::9"));
    EXPECT_NE(source_limit_key("2001:db8:1:2::1"), source_limit_key("2001:db8:1:3::1"));
    EXPECT_EQ(source_limit_key(""), "");
}
