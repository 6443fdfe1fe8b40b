#include "daemon/factors/totp.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/bytes.hpp"
#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

nlohmann::json vectors(const std::string& file) {
    std::ifstream in(std::string(std::getenv("STEPUP_SOURCE")) + "/tests/vectors/" + file);
    return nlohmann::json::parse(in);
}

OathHash hash_named(const std::string& name) {
    for (const auto hash : {OathHash::sha1, OathHash::sha256, OathHash::sha512})
        if (name_of(hash) == name) return hash;
    throw std::runtime_error("no such hash");
}

struct TotpTest : ::testing::Test {
    std::unique_ptr<Factor> totp = make_totp();
    Enrollment mine = enrollment(1, FactorKind::totp);
    std::string seed = "12345678901234567890";  // RFC 6238 appendix B

    Check check(std::string_view code, Seconds at) {
        Material material;
        Secret answer;
        EXPECT_TRUE(material.secret.copy(seed) && answer.copy(code));
        return totp->verify(mine, material, totp->normal(answer), {at, {}}).value();
    }
    bool accepted(std::string_view code, Seconds at) { return std::holds_alternative<Accepted>(check(code, at)); }
};

}  // namespace

TEST(Hotp, makes_the_values_of_rfc_4226_appendix_d) {
    const auto data = vectors("rfc4226_hotp.json");
    const auto seed = from_hex(data["secret_hex"].get<std::string>()).value();
    ASSERT_GE(data["cases"].size(), 10U);
    for (const auto& each : data["cases"])
        EXPECT_EQ(hotp(seed, each["count"].get<std::uint64_t>(), {}), each["hotp6"].get<std::string>());
}

TEST(Hotp, makes_the_values_of_rfc_6238_appendix_b_for_every_hash_and_length) {
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

TEST_F(TotpTest, accepts_the_step_of_now_and_one_either_side_and_no_other) {
    for (int step = -3; step <= 3; ++step) {
        const auto code = hotp(seed, static_cast<std::uint64_t>(1000 + step), {}).value();
        EXPECT_EQ(accepted(code, Seconds(30'000)), step >= -1 && step <= 1) << step;
    }
}

TEST_F(TotpTest, says_which_step_is_to_be_spent) {
    const auto spend = std::get<Accepted>(check(hotp(seed, 1001, {}).value(), Seconds(30'000))).spend;
    EXPECT_EQ(std::get<SpendCounter>(spend).enrollment, 1);
    EXPECT_EQ(std::get<SpendCounter>(spend).counter, 1001U);
}

TEST_F(TotpTest, refuses_a_code_already_spent_and_every_earlier_one) {
    mine.counter = 1000;
    const auto replayed = check(hotp(seed, 1000, {}).value(), Seconds(30'000));
    ASSERT_TRUE(std::holds_alternative<Rejected>(replayed));
    EXPECT_EQ(std::get<Rejected>(replayed).why, Rejected::Why::replayed);
    EXPECT_FALSE(accepted(hotp(seed, 999, {}).value(), Seconds(30'000)));
    EXPECT_TRUE(accepted(hotp(seed, 1001, {}).value(), Seconds(30'000)));
}

TEST_F(TotpTest, a_clock_that_is_wrong_accepts_nothing_and_once_right_again_everything) {
    constexpr Seconds now{1'800'000'000};
    constexpr Seconds end_of_32_bits{0x7FFFFFFF};
    const auto code = hotp(seed, 60'000'000, {}).value();
    using namespace std::chrono_literals;
    for (const Seconds clock : {now - 1h, now + 1h, Seconds(-3600), Seconds(0), end_of_32_bits, end_of_32_bits + 1h})
        EXPECT_FALSE(accepted(code, clock)) << clock.count();
    EXPECT_TRUE(accepted(code, now));
    const auto late = hotp(seed, static_cast<std::uint64_t>(end_of_32_bits.count() + 3600) / 30, {}).value();
    EXPECT_TRUE(accepted(late, end_of_32_bits + 1h)) << "time goes on after 2038";
}

TEST_F(TotpTest, after_a_code_of_a_clock_that_ran_ahead_none_is_accepted_twice) {
    mine.counter = 1120;  // spent while the clock was an hour ahead
    EXPECT_FALSE(accepted(hotp(seed, 1000, {}).value(), Seconds(30'000)));
    EXPECT_TRUE(accepted(hotp(seed, 1121, {}).value(), Seconds(33'630)));
}

TEST_F(TotpTest, at_the_very_start_of_time_there_is_no_step_before) {
    EXPECT_TRUE(accepted(hotp(seed, 1, {}).value(), Seconds(0)));
    EXPECT_EQ(hotp(seed, 0, {}), "755224");
}

TEST_F(TotpTest, blanks_inside_a_code_do_not_matter_and_everything_else_does) {
    const auto code = hotp(seed, 1000, {}).value();
    EXPECT_TRUE(accepted(code.substr(0, 3) + " " + code.substr(3), Seconds(30'000)));
    for (const auto& odd : {code + "0", "0" + code, code.substr(1), "\t" + code, code + std::string(1, '\0'),
                            std::string(), std::string(500, '1'), std::string("\xef\xbc\x91\xef\xbc\x92")})
        EXPECT_FALSE(accepted(odd, Seconds(30'000))) << odd;
}

TEST_F(TotpTest, no_wrong_code_is_accepted) {
    int right = 0;
    for (int code = 0; code < 1'000'000; code += 7) {
        auto text = std::to_string(code);
        text.insert(0, 6 - text.size(), '0');
        right += accepted(text, Seconds(30'000)) ? 1 : 0;
    }
    EXPECT_LE(right, 3) << "three steps have at most three codes";
}

TEST_F(TotpTest, knows_its_answers_by_their_form_alone) {
    EXPECT_TRUE(totp->could_answer(mine, "123456"));
    EXPECT_FALSE(totp->could_answer(mine, "1234567"));
    mine.oath.digits = 8;
    EXPECT_TRUE(totp->could_answer(mine, "12345678"));
    EXPECT_FALSE(totp->could_answer(mine, "123456"));
}

TEST(MakeSeed, is_as_long_as_the_hash_and_never_the_same) {
    KernelRandom random;
    EXPECT_EQ(make_seed(OathHash::sha1, random).size(), 20U);
    EXPECT_EQ(make_seed(OathHash::sha256, random).size(), 32U);
    EXPECT_EQ(make_seed(OathHash::sha512, random).size(), 64U);
    EXPECT_NE(make_seed(OathHash::sha1, random).reveal(), make_seed(OathHash::sha1, random).reveal());
}

TEST(OtpauthUri, carries_all_an_app_needs_and_escapes_what_uris_cannot_hold) {
    Secret seed;
    ASSERT_TRUE(seed.copy("12345678901234567890"));
    EXPECT_EQ(otpauth_uri("my host", "alice@srv:1", seed, {OathHash::sha256, 8, 30}),
              "otpauth://totp/my%20host:alice%40srv%3A1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=my%20host"
              "&algorithm=SHA256&digits=8&period=30");
}
