#include "daemon/factors/totp.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"
#include "tests/unit/factors/generators.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

struct TotpTest : ::testing::Test {
    std::unique_ptr<Factor> totp = make_totp();
    Enrollment mine = enrollment(1, FactorKind::totp);
    Material material;
    std::string seed = rfc_seed;

    Check check(std::string_view code, Seconds at) {
        material.secret = secret_of(seed);
        return totp->verify(mine, material, totp->normal(secret_of(code)), {at, {}}).value();
    }
    bool accepted(std::string_view code, Seconds at) { return std::holds_alternative<Accepted>(check(code, at)); }
};

}  // namespace

TEST_F(TotpTest, accepts_the_step_of_now_and_one_either_side_and_no_other) {
    for (int step = -3; step <= 3; ++step) {
        const auto code = hotp(seed, static_cast<std::uint64_t>(1000 + step));
        EXPECT_EQ(accepted(code, Seconds(30'000)), step >= -1 && step <= 1) << step;
    }
}

TEST_F(TotpTest, says_which_step_is_to_be_spent) {
    const auto spend = std::get<Accepted>(check(hotp(seed, 1001), Seconds(30'000))).spend;
    EXPECT_EQ(std::get<SpendCounter>(spend).enrollment, 1);
    EXPECT_EQ(std::get<SpendCounter>(spend).counter, 1001U);
}

TEST_F(TotpTest, refuses_a_code_already_spent_and_every_earlier_one) {
    material.counter = 1000;
    const auto replayed = check(hotp(seed, 1000), Seconds(30'000));
    ASSERT_TRUE(std::holds_alternative<Rejected>(replayed));
    EXPECT_EQ(std::get<Rejected>(replayed).why, Rejected::Why::replayed);
    EXPECT_FALSE(accepted(hotp(seed, 999), Seconds(30'000)));
    EXPECT_TRUE(accepted(hotp(seed, 1001), Seconds(30'000)));
}

TEST_F(TotpTest, a_clock_that_is_wrong_accepts_nothing_and_once_right_again_everything) {
    constexpr Seconds now{1'800'000'000};
    constexpr Seconds end_of_32_bits{0x7FFFFFFF};
    const auto code = hotp(seed, 60'000'000);
    using namespace std::chrono_literals;
    for (const Seconds clock : {now - 1h, now + 1h, Seconds(-3600), Seconds(0), end_of_32_bits, end_of_32_bits + 1h})
        EXPECT_FALSE(accepted(code, clock)) << clock.count();
    EXPECT_TRUE(accepted(code, now));
    const auto late = hotp(seed, static_cast<std::uint64_t>(end_of_32_bits.count() + 3600) / 30);
    EXPECT_TRUE(accepted(late, end_of_32_bits + 1h)) << "time goes on after 2038";
}

TEST_F(TotpTest, after_a_code_of_a_clock_that_ran_ahead_none_is_accepted_twice) {
    material.counter = 1120;  // spent while the clock was an hour ahead
    EXPECT_FALSE(accepted(hotp(seed, 1000), Seconds(30'000)));
    EXPECT_TRUE(accepted(hotp(seed, 1121), Seconds(33'630)));
}

TEST_F(TotpTest, at_the_very_start_of_time_there_is_no_step_before) {
    EXPECT_TRUE(accepted(hotp(seed, 1), Seconds(0)));
    EXPECT_EQ(hotp(seed, 0), "755224");
}

TEST_F(TotpTest, blanks_inside_a_code_do_not_matter_and_everything_else_does) {
    const auto code = hotp(seed, 1000);
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
    EXPECT_TRUE(totp->could_answer(mine, "123 456"));
    EXPECT_FALSE(totp->could_answer(mine, "1234567"));
    EXPECT_FALSE(totp->could_answer(mine, "12345x"));
    mine.oath.digits = 8;
    EXPECT_TRUE(totp->could_answer(mine, "12345678"));
    EXPECT_FALSE(totp->could_answer(mine, "123456"));
}

TEST_F(TotpTest, drafts_an_enrollment_with_all_an_app_needs_and_escapes_what_uris_cannot_hold) {
    CountingRandom random;
    const auto wish = wish_of("SHA256", 8, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    const auto draft = totp->draft(wish, {"my host", "alice@srv:1"}, random).value();
    EXPECT_EQ(draft.seed.reveal(), seed);
    EXPECT_EQ(draft.uri,
              "otpauth://totp/my%20host:alice%40srv%3A1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=my%20host"
              "&algorithm=SHA256&digits=8&period=30");
    EXPECT_EQ(totp->draft(wish_of("MD5"), {}, random).error().error, ManagementError::invalid_argument);
}

TEST_F(TotpTest, drafts_one_that_was_set_up_elsewhere_with_its_period_and_what_was_used_of_it) {
    CountingRandom random;
    auto wish = wish_of("SHA1", 6, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    wish.period = 60;
    wish.counter = 1234;
    const auto draft = totp->draft(wish, {"", "alice"}, random).value();
    EXPECT_EQ(draft.oath.period, 60U);
    EXPECT_EQ(draft.counter, 1234U);
    for (const unsigned period : {0U, 14U, 61U}) {
        wish.period = period;
        EXPECT_EQ(totp->draft(wish, {}, random).error().error, ManagementError::invalid_argument) << period;
    }
    wish.period = 30;
    wish.counter = std::uint64_t{1} << 32U;
    EXPECT_EQ(totp->draft(wish, {}, random).error().error, ManagementError::invalid_argument);
}

TEST_F(TotpTest, of_one_that_was_set_up_elsewhere_no_code_counts_that_was_or_may_have_been_used) {
    Draft draft;
    const Instant now{Seconds(30'000), {}};
    EXPECT_EQ(totp->counter_from_now(draft, now), 1001U) << "the step of now, and that of a clock that is fast";
    draft.counter = 1017;
    EXPECT_EQ(totp->counter_from_now(draft, now), 1017U);
    draft = {};
    draft.oath.period = 60;
    EXPECT_EQ(totp->counter_from_now(draft, now), 501U);
    EXPECT_EQ(totp->counter_from_now(draft, {Seconds(-300), {}}), 0U);
}
