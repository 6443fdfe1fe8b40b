#include "daemon/factors/oath.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"
#include "tests/unit/factors/generators.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

OathHash hash_named(const std::string& name) { return oath_hash(wish_of(name)).value(); }

}  // namespace

TEST(OathCodes, are_the_values_of_rfc_4226_appendix_d) {
    const auto data = vectors("rfc4226_hotp.json");
    const auto seed = from_hex(data["secret_hex"].get<std::string>()).value();
    ASSERT_GE(data["cases"].size(), 10U);
    for (const auto& each : data["cases"])
        EXPECT_EQ(hotp(seed, each["count"].get<std::uint64_t>()), each["hotp6"].get<std::string>());
}

TEST(OathCodes, are_the_same_from_one_key_asked_many_times) {
    const auto data = vectors("rfc4226_hotp.json");
    auto codes = OathCodes::open(rfc_seed, {}).value();
    for (int again = 0; again < 2; ++again)
        for (const auto& each : data["cases"])
            EXPECT_EQ(codes.at(each["count"].get<std::uint64_t>()).value(), each["hotp6"].get<std::string>());
}

TEST(OathCodes, are_the_values_of_rfc_6238_appendix_b_for_every_hash_and_length) {
    const auto data = vectors("rfc6238_totp.json");
    ASSERT_GE(data["cases"].size(), 18U);
    for (const auto& each : data["cases"]) {
        const auto hash = each["alg"].get<std::string>();
        const auto seed = from_hex(data["secrets_hex"][hash].get<std::string>()).value();
        const auto step = each["time"].get<std::uint64_t>() / 30;
        const auto eight = each["totp8"].get<std::string>();
        EXPECT_EQ(hotp(seed, step, {hash_named(hash), 8, 30}), eight);
        EXPECT_EQ(hotp(seed, step, {hash_named(hash), 7, 30}), eight.substr(1));
        EXPECT_EQ(hotp(seed, step, {hash_named(hash), 6, 30}), eight.substr(2));
    }
}

TEST(OathDraft, takes_the_three_hashes_and_six_to_eight_digits) {
    KernelRandom random;
    for (const auto* algorithm : {"SHA1", "SHA256", "SHA512"})
        for (const unsigned digits : {6U, 7U, 8U}) {
            const auto draft = oath_draft(wish_of(algorithm, digits), {.hash = hash_named(algorithm)}, random).value();
            EXPECT_EQ(draft.oath.digits, digits);
            EXPECT_EQ(name_of(draft.oath.hash), algorithm);
        }
    for (const auto* algorithm : {"", "MD5", "sha1"})
        EXPECT_EQ(oath_hash(wish_of(algorithm)).error().error, ManagementError::invalid_argument);
    for (const unsigned digits : {0U, 5U, 9U})
        EXPECT_EQ(oath_draft(wish_of("SHA1", digits), {}, random).error().error, ManagementError::invalid_argument);
}

TEST(OathDraft, makes_a_seed_as_long_as_the_hash_and_never_the_same) {
    KernelRandom random;
    const auto seed = [&](OathHash hash) { return std::move(oath_draft(wish_of(), {.hash = hash}, random)->seed); };
    EXPECT_EQ(seed(OathHash::sha1).size(), 20U);
    EXPECT_EQ(seed(OathHash::sha256).size(), 32U);
    EXPECT_EQ(seed(OathHash::sha512).size(), 64U);
    EXPECT_NE(seed(OathHash::sha1).reveal(), seed(OathHash::sha1).reveal());
}

TEST(OathDraft, takes_a_seed_that_a_token_has_already_if_it_is_long_enough) {
    KernelRandom random;
    const auto given = [&](std::size_t bytes) {
        return oath_draft(wish_of("SHA1", 6, to_base32(std::string(bytes, 's'))), {}, random);
    };
    EXPECT_EQ(given(16)->seed.reveal(), std::string(16, 's'));
    EXPECT_EQ(given(64)->seed.reveal(), std::string(64, 's'));
    for (const std::size_t bytes : {1U, 15U, 65U})
        EXPECT_EQ(given(bytes).error().error, ManagementError::invalid_argument) << bytes;
    for (const std::size_t bytes : {9U, 10U, 15U}) {
        auto weak = wish_of("SHA1", 6, to_base32(std::string(bytes, 's')));
        weak.weak = true;
        EXPECT_EQ(oath_draft(weak, {}, random).has_value(), bytes >= 10) << bytes;
    }
    for (const auto* odd : {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ=", "0123456789abcdef0123456789abcdef", "not base32"})
        EXPECT_EQ(oath_draft(wish_of("SHA1", 6, odd), {}, random).error().error, ManagementError::invalid_argument);
}
