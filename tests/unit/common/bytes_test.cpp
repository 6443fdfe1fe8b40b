#include "common/bytes.hpp"

#include <gtest/gtest.h>

using namespace stepup;

TEST(Base32, writes_what_rfc_4648_section_10_lists_without_the_padding) {
    EXPECT_EQ(to_base32(""), "");
    EXPECT_EQ(to_base32("f"), "MY");
    EXPECT_EQ(to_base32("fo"), "MZXQ");
    EXPECT_EQ(to_base32("foo"), "MZXW6");
    EXPECT_EQ(to_base32("foob"), "MZXW6YQ");
    EXPECT_EQ(to_base32("fooba"), "MZXW6YTB");
    EXPECT_EQ(to_base32("foobar"), "MZXW6YTBOI");
}

TEST(Base32, reads_back_what_it_wrote_in_either_case) {
    EXPECT_EQ(from_base32("MZXW6YTBOI"), "foobar");
    EXPECT_EQ(from_base32("mzxw6ytboi"), "foobar");
    EXPECT_EQ(from_base32(""), "");
}

TEST(Base32, refuses_what_no_encoder_writes) {
    EXPECT_FALSE(from_base32("MY======"));  // padding
    EXPECT_FALSE(from_base32("M"));         // five bits are no byte
    EXPECT_FALSE(from_base32("MZ"));        // trailing bits are not zero
    EXPECT_FALSE(from_base32("M1"));        // 0, 1, 8, 9 are no letters of it
    EXPECT_FALSE(from_base32("m{"));
    EXPECT_FALSE(from_base32("MY MY"));
}

TEST(Hex, reads_either_case_and_refuses_the_rest) {
    EXPECT_EQ(to_hex(std::string_view("\x00\x7f\xff", 3)), "007fff");
    EXPECT_EQ(from_hex("007FfF"), std::string("\x00\x7f\xff", 3));
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
    EXPECT_FALSE(from_hex("g0"));
}

TEST(Base64Url, writes_the_url_alphabet_without_padding) {
    EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(to_base64url("foob"), "Zm9vYg");
}

TEST(EqualConstantTime, compares_every_byte) {
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_TRUE(equal_constant_time("123456", "123456"));
    for (std::size_t i = 0; i < 6; ++i) {
        std::string other = "123456";
        other[i] = 'x';
        EXPECT_FALSE(equal_constant_time("123456", other)) << i;
    }
    EXPECT_FALSE(equal_constant_time("123456", "12345"));
    EXPECT_FALSE(equal_constant_time("12345", "123456"));
}
