#include "daemon/factors/hotp.hpp"

#include <set>

#include <gtest/gtest.h>

#include "daemon/factors/catalogue.hpp"
#include "tests/support/fakes.hpp"
#include "tests/unit/factors/generators.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

constexpr std::uint64_t next = 500;  // what the server counts with; oathtool says which codes there are around it

struct HotpTest : ::testing::Test {
    std::unique_ptr<Factor> hotp = make_hotp();
    Enrollment mine = enrollment(1, FactorKind::hotp);
    std::vector<std::string> codes = oathtool(rfc_seed, 0, 1000);
    Material material;

    HotpTest() { stands_at(next); }

    void stands_at(std::uint64_t counter, std::optional<std::uint64_t> awaited = {}) {
        material.secret = secret_of(rfc_seed);
        material.counter = counter;
        material.awaited = awaited;
    }
    Check check(std::string_view code) {
        return hotp->verify(mine, material, hotp->normal(secret_of(code)), {Seconds(1), Seconds(1)}).value();
    }
    std::optional<SpendCounter> accepted(std::string_view code) {
        const auto checked = check(code);
        const auto* right = std::get_if<Accepted>(&checked);
        return right == nullptr ? std::nullopt : std::optional(std::get<SpendCounter>(right->spend));
    }
    Rejected rejected(std::string_view code) { return std::get<Rejected>(check(code)); }
};

}  // namespace

TEST_F(HotpTest, accepts_the_codes_of_rfc_4226_appendix_d_one_after_the_other) {
    const auto data = vectors("rfc4226_hotp.json");
    stands_at(0);
    for (const auto& each : data["cases"]) {
        const auto count = each["count"].get<std::uint64_t>();
        const auto spend = accepted(each["hotp6"].get<std::string>());
        ASSERT_TRUE(spend) << count;
        EXPECT_EQ(spend->counter, count + 1) << "what comes next";
        stands_at(count + 1);
    }
}

TEST_F(HotpTest, accepts_the_next_code_or_one_of_nine_after_it_and_no_other) {
    for (auto counter = next - 20; counter < next + 200; ++counter)
        EXPECT_EQ(accepted(codes[counter]).has_value(), counter >= next && counter < next + 10) << counter;
}

TEST_F(HotpTest, skips_what_was_pressed_in_between) {
    const auto spend = accepted(codes[next + 7]);
    ASSERT_TRUE(spend);
    EXPECT_EQ(spend->enrollment, 1);
    EXPECT_EQ(spend->counter, next + 8);
    EXPECT_FALSE(spend->answers);
}

TEST_F(HotpTest, refuses_a_code_that_was_just_used_as_a_replay) {
    EXPECT_EQ(rejected(codes[next - 1]).why, Rejected::Why::replayed);
    EXPECT_EQ(rejected(codes[next - 2]).why, Rejected::Why::wrong) << "older ones cannot be told from guesses";
    stands_at(0);
    EXPECT_EQ(rejected("000000").why, Rejected::Why::wrong) << "nothing was used before the first";
}

TEST_F(HotpTest, two_counters_with_one_code_are_both_spent_by_it) {
    // Wherever a code shows twice within the look-ahead: the later counter is the one that is spent.
    const auto many = oathtool(rfc_seed, 0, 20'000);
    int found = 0;
    for (std::uint64_t first = 0; first + 10 < many.size(); ++first)
        for (auto second = first + 1; second < first + 10; ++second) {
            if (many[first] != many[second]) continue;
            ++found;
            stands_at(first);
            EXPECT_EQ(accepted(many[first])->counter, second + 1);
        }
    EXPECT_GT(found, 0) << "no such pair";
}

TEST_F(HotpTest, a_code_far_ahead_is_refused_and_remembered_up_to_a_hundred) {
    for (const auto counter : {next + 10, next + 50, next + 99}) {
        const auto refusal = rejected(codes[counter]);
        ASSERT_TRUE(refusal.remember) << counter;
        EXPECT_EQ(refusal.remember->enrollment, 1);
        EXPECT_EQ(refusal.remember->counter, counter + 1);
    }
    EXPECT_FALSE(rejected(codes[next + 100]).remember);
    EXPECT_FALSE(rejected(codes[next - 1]).remember);
    EXPECT_FALSE(rejected("000000").remember);
}

TEST_F(HotpTest, the_code_right_after_it_is_accepted_and_no_other) {
    stands_at(next, next + 51);
    const auto spend = accepted(codes[next + 51]);
    ASSERT_TRUE(spend);
    EXPECT_EQ(spend->counter, next + 52);
    EXPECT_EQ(spend->answers, next + 51);
    for (auto counter = next + 10; counter < next + 200; ++counter)
        EXPECT_EQ(accepted(codes[counter]).has_value(), counter == next + 51) << counter;
}

TEST_F(HotpTest, another_wrong_answer_ends_the_waiting_and_another_far_one_begins_it_anew) {
    stands_at(next, next + 51);
    const auto guess = rejected("000000");
    ASSERT_TRUE(guess.remember);
    EXPECT_EQ(guess.remember->counter, std::nullopt);
    EXPECT_EQ(rejected(codes[next + 60]).remember->counter, next + 61);
    EXPECT_EQ(rejected(codes[next - 1]).remember->counter, std::nullopt) << "a replay, too";
}

TEST_F(HotpTest, goes_back_for_nobody) {
    stands_at(next, next - 30);  // as no store would have it: a pair of old codes
    for (auto counter = next - 100; counter < next; ++counter) EXPECT_FALSE(accepted(codes[counter])) << counter;
}

TEST_F(HotpTest, has_codes_of_seven_and_eight_digits) {
    for (const unsigned digits : {7U, 8U}) {
        mine.oath.digits = digits;
        const auto longer = oathtool(rfc_seed, next, 1, digits).front();
        EXPECT_TRUE(accepted(longer));
        EXPECT_FALSE(accepted(longer.substr(1)));
        EXPECT_FALSE(hotp->could_answer(mine, longer.substr(1)));
        EXPECT_TRUE(hotp->could_answer(mine, longer));
    }
}

TEST_F(HotpTest, blanks_inside_a_code_do_not_matter_and_everything_else_does) {
    const auto& code = codes[next];
    EXPECT_TRUE(accepted(code.substr(0, 3) + " " + code.substr(3)));
    for (const auto& odd : {code + "0", "0" + code, code.substr(1), "\t" + code, code + std::string(1, '\0'),
                            std::string(), std::string(500, '1')})
        EXPECT_FALSE(accepted(odd)) << odd;
}

TEST_F(HotpTest, no_more_guesses_are_right_than_there_are_codes_ahead) {
    const std::set<std::string> ahead(codes.begin() + next, codes.begin() + next + 10);
    for (int guess = 0; guess < 1'000'000; guess += 97) {
        auto text = std::to_string(guess);
        text.insert(0, 6 - text.size(), '0');
        EXPECT_EQ(accepted(text).has_value(), ahead.contains(text)) << text;
    }
}

TEST_F(HotpTest, drafts_an_enrollment_with_the_counter_in_its_link) {
    CountingRandom random;
    auto wish = wish_of("SHA1", 8, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    wish.counter = 42;
    const auto draft = hotp->draft(wish, {"rig", "alice"}, random).value();
    EXPECT_EQ(draft.counter, 42U);
    EXPECT_EQ(draft.seed.reveal(), rfc_seed);
    EXPECT_EQ(draft.uri,
              "otpauth://hotp/rig:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=rig&algorithm=SHA1&digits=8"
              "&counter=42");
    wish.counter = 0xFFFFFFFF;
    EXPECT_TRUE(hotp->draft(wish, {}, random));
    wish.counter += 1;
    EXPECT_EQ(hotp->draft(wish, {}, random).error().error, ManagementError::invalid_argument);
}

TEST(RecoveryCodes, are_no_factor_that_one_enrolls) {
    const Catalogue catalogue(secret_of(std::string(32, 'p')));
    CountingRandom random;
    const auto* codes = catalogue.find(FactorKind::recovery_code);
    EXPECT_EQ(codes->draft(wish_of(), {}, random).error().error, ManagementError::invalid_argument);
}
