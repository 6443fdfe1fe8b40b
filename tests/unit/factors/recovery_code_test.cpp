#include "daemon/factors/recovery_code.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "common/bytes.hpp"

#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

struct RecoveryCodeTest : ::testing::Test {
    RecoveryCodeTest() { EXPECT_TRUE(pepper.copy("0123456789abcdef0123456789abcdef")); }

    bool accepted(std::string_view typed, const std::string& hash, std::int64_t row = 5) {
        Material material;
        material.row = row;
        Secret answer;
        EXPECT_TRUE(material.secret.copy(hash) && answer.copy(typed));
        const auto factor = make_recovery_code(pepper);
        const auto check = factor->verify(set, material, factor->normal(answer), {});
        return check && std::holds_alternative<Accepted>(*check);
    }

    Secret pepper;
    KernelRandom random;
    Enrollment set = enrollment(9, FactorKind::recovery_code);
};

}  // namespace

TEST_F(RecoveryCodeTest, a_fresh_code_is_accepted_as_shown_in_either_case_and_without_dashes) {
    const auto fresh = make_recovery_codes(1, random, pepper).value();
    const auto& code = fresh.shown[0];
    ASSERT_EQ(code.size(), 24U);
    EXPECT_EQ(code[4], '-');
    EXPECT_EQ(fresh.stored[0].index, code.substr(0, 4));
    std::string lower = code;
    for (char& c : lower) c = static_cast<char>(tolower(c));
    EXPECT_TRUE(accepted(code, fresh.stored[0].hash));
    EXPECT_TRUE(accepted(lower, fresh.stored[0].hash));
    EXPECT_TRUE(accepted(normal_recovery_code(code).value(), fresh.stored[0].hash));
}

TEST_F(RecoveryCodeTest, is_stored_as_a_bcrypt_hash_that_is_worth_nothing_without_the_pepper) {
    const auto fresh = make_recovery_codes(1, random, pepper).value();
    EXPECT_TRUE(fresh.stored[0].hash.starts_with("$2b$10$"));
    ASSERT_TRUE(pepper.copy("another pepper, another host ...."));
    EXPECT_FALSE(accepted(fresh.shown[0], fresh.stored[0].hash));
}

TEST_F(RecoveryCodeTest, every_other_code_is_refused) {
    const auto fresh = make_recovery_codes(1, random, pepper).value();
    auto code = normal_recovery_code(fresh.shown[0]).value();
    for (std::size_t i = 0; i < code.size(); i += 3) {
        auto other = code;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(accepted(other, fresh.stored[0].hash)) << i;
    }
}

TEST_F(RecoveryCodeTest, a_match_with_a_decoy_is_no_match) {
    const auto fresh = make_recovery_codes(1, random, pepper).value();
    EXPECT_FALSE(accepted(fresh.shown[0], fresh.stored[0].hash, 0));
}

TEST_F(RecoveryCodeTest, a_hash_that_is_none_is_an_error_not_an_answer) {
    Material material;
    Secret answer;
    ASSERT_TRUE(answer.copy("AAAABBBBCCCCDDDDEEEE") && material.secret.copy("*0"));
    EXPECT_EQ(make_recovery_code(pepper)->verify(set, material, answer, {}).error().code, Errc::corrupt);
}

TEST_F(RecoveryCodeTest, knows_its_answers_by_their_form_alone) {
    const auto codes = make_recovery_code(pepper);
    EXPECT_TRUE(codes->could_answer(set, "ABCD-EFGH-IJKL-MNOP-QRST"));
    EXPECT_FALSE(codes->could_answer(set, "ABCD-EFGH-IJKL-MNOP"));
    EXPECT_FALSE(codes->could_answer(set, "123456"));
}

TEST_F(RecoveryCodeTest, what_has_not_the_form_is_wrong_at_once) {
    Material material;
    Secret answer;
    ASSERT_TRUE(answer.copy("123456") && material.secret.copy("*0"));
    const auto check = make_recovery_code(pepper)->verify(set, material, answer, {});
    ASSERT_TRUE(check);
    EXPECT_TRUE(std::holds_alternative<Rejected>(*check)) << "whatever it would be compared with";
}

TEST_F(RecoveryCodeTest, a_code_whose_public_part_is_taken_is_made_again) {
    /// 'a' is drawn twice.
    class Unlucky final : public StrongRandom {
    public:
        void fill(std::span<char> out) override {
            const char drawn = drawn_ < 2 ? 'a' : static_cast<char>('a' + drawn_);
            if (out.size() == 13) ++drawn_;  // a code; the others are salts
            std::fill(out.begin(), out.end(), drawn);
        }

    private:
        int drawn_ = 0;
    } unlucky;
    const auto fresh = make_recovery_codes(2, unlucky, pepper).value();
    EXPECT_EQ(fresh.stored[0].index, to_base32("aaa").substr(0, 4));
    EXPECT_EQ(fresh.stored[1].index, to_base32("ccc").substr(0, 4));
}

TEST_F(RecoveryCodeTest, codes_of_a_set_differ_in_their_public_part) {
    const auto fresh = make_recovery_codes(10, random, pepper).value();
    std::set<std::string> indexes;
    for (const auto& code : fresh.stored) indexes.insert(code.index);
    EXPECT_EQ(indexes.size(), 10U);
}

TEST(NormalRecoveryCode, is_twenty_letters_of_base32_and_nothing_else) {
    EXPECT_EQ(normal_recovery_code("abcd-efgh-ijkl-mnop-qrst"), "ABCDEFGHIJKLMNOPQRST");
    EXPECT_EQ(normal_recovery_code("ABCD EFGH IJKL MNOP QRST"), "ABCDEFGHIJKLMNOPQRST");
    EXPECT_FALSE(normal_recovery_code("ABCD-EFGH-IJKL-MNOP-QRS"));
    EXPECT_FALSE(normal_recovery_code("ABCD-EFGH-IJKL-MNOP-QRSTU"));
    EXPECT_FALSE(normal_recovery_code("ABCD-EFGH-IJKL-MNOP-QRS1"));  // 0, 1, 8, 9 are no letters of it
    EXPECT_FALSE(normal_recovery_code("ABCD-EFGH-IJKL-MNOP-QRS{"));
    EXPECT_FALSE(normal_recovery_code(std::string(500, '-')));
    EXPECT_FALSE(normal_recovery_code(""));
}
