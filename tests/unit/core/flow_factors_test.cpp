#include <gtest/gtest.h>

#include "daemon/core/flow.hpp"
#include "tests/support/fakes.hpp"
#include "tests/unit/core/asked.hpp"

// Factors of other kinds than the usual: flow_test.cpp has those.

using namespace stepup;
using namespace stepup::testing;

namespace {

/// Its answers look like the numbers of a menu.
class OneDigit final : public Factor, public Factors {
public:
    bool could_answer(const Enrollment&, std::string_view answer) const override { return answer == "7"; }
    Result<Check> verify(const Enrollment&, const Material&, const Secret&, Instant) const override {
        return Rejected{};
    }
    std::string_view example(const Enrollment&) const override { return "one digit"; }
    const Factor* find(FactorKind) const override { return this; }
};

}  // namespace

TEST(Flow, a_factor_that_this_build_has_not_is_listed_and_never_compared) {
    const FakeFactors factors;
    Flow flow({enrollment(1, FactorKind::webauthn, "laptop"), enrollment(2, FactorKind::totp, "phone")}, factors);
    (void)flow.start();
    EXPECT_NE(asked(flow.answer("?")).find("  1  webauthn \"laptop\"\n  2  totp \"phone\", 6 digits\n"),
              std::string::npos);
    const auto step = flow.answer("123456");
    ASSERT_TRUE(std::holds_alternative<JudgeAgainst>(step));
    EXPECT_EQ(std::get<JudgeAgainst>(step).choices, std::vector<std::size_t>{1});
    EXPECT_EQ(flow.choices().at(1).label, "phone");
}

TEST(Flow, what_could_be_a_code_is_no_number_of_the_menu) {
    const OneDigit factors;
    Flow flow({enrollment(1, FactorKind::totp)}, factors);
    (void)flow.start();
    EXPECT_EQ(asked(flow.answer("8")).find("You can answer"), 0U) << "past the list";
    EXPECT_TRUE(std::holds_alternative<JudgeAgainst>(flow.answer("7")));
}

TEST(Flow, a_number_with_something_behind_it_is_no_number_of_the_menu) {
    const FakeFactors factors;
    Flow flow({enrollment(1, FactorKind::totp)}, factors);
    (void)flow.start();
    EXPECT_TRUE(std::holds_alternative<JudgeAgainst>(flow.answer("1x")));
}

TEST(Factor, has_no_advice_unless_it_says_some) { EXPECT_EQ(OneDigit().advice(), ""); }
