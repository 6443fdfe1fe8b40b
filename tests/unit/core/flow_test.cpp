#include "daemon/core/flow.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"
#include "tests/unit/core/asked.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

const FakeFactors factors;

Flow two_factors() {
    return {{enrollment(1, FactorKind::totp, "phone"), enrollment(2, FactorKind::totp, "tablet"),
             enrollment(3, FactorKind::recovery_code, "")},
            factors};
}

std::vector<std::size_t> judged_against(const Step& step) {
    const auto* judge = std::get_if<JudgeAgainst>(&step);
    return judge == nullptr ? std::vector<std::size_t>{99} : judge->choices;
}

bool denied(const Step& step) { return std::holds_alternative<FlowDenied>(step); }
bool granted(const Step& step) { return std::holds_alternative<FlowGranted>(step); }

}  // namespace

TEST(Factor, takes_an_answer_as_it_was_typed_unless_it_says_otherwise) {
    Secret typed;
    ASSERT_TRUE(typed.copy(" 12 34 56"));
    EXPECT_EQ(factors.find(FactorKind::totp)->normal(typed).reveal(), " 12 34 56");
}

TEST(Flow, asks_with_one_prompt_for_every_factor) {
    auto flow = two_factors();
    EXPECT_EQ(asked(flow.start()), "Code (? for help): ");
}

TEST(Flow, compares_a_code_with_every_factor_it_could_answer_in_order) {
    auto flow = two_factors();
    (void)flow.start();
    EXPECT_EQ(judged_against(flow.answer("123456")), (std::vector<std::size_t>{0, 1}));
    auto other = two_factors();
    (void)other.start();
    EXPECT_EQ(judged_against(other.answer("ABCD")), (std::vector<std::size_t>{2}));
}

TEST(Flow, lists_a_code_that_was_handed_out_by_its_kind_alone) {
    Flow flow{{enrollment(1, FactorKind::totp, "phone"), enrollment(2, FactorKind::bypass_code, "bypass-code")},
              factors};
    (void)flow.start();
    EXPECT_NE(asked(flow.answer("?")).find("  2  bypass-code, letters\n"), std::string::npos)
        << asked(flow.answer("?"));
}

TEST(Flow, ignores_blanks_around_an_answer) {
    auto flow = two_factors();
    (void)flow.start();
    EXPECT_EQ(judged_against(flow.answer("  123456 ")), (std::vector<std::size_t>{0, 1}));
}

TEST(Flow, an_answer_of_no_factors_form_is_judged_too_for_it_costs_an_attempt) {
    auto flow = two_factors();
    (void)flow.start();
    EXPECT_TRUE(judged_against(flow.answer("12345")).empty());
}

TEST(Flow, grants_only_what_was_accepted) {
    for (const auto outcome :
         {Outcome::accepted, Outcome::refused, Outcome::replayed, Outcome::later, Outcome::locked}) {
        auto flow = two_factors();
        (void)flow.start();
        (void)flow.answer("111111");
        EXPECT_EQ(granted(flow.judged(outcome)), outcome == Outcome::accepted);
    }
}

TEST(Flow, asks_again_twice_and_denies_the_third_wrong_answer) {
    auto flow = two_factors();
    (void)flow.start();
    for (int i = 0; i < 2; ++i) {
        (void)flow.answer("000000");
        EXPECT_EQ(asked(flow.judged(Outcome::refused)), "Not accepted. Code (? for help): ");
    }
    (void)flow.answer("000000");
    EXPECT_TRUE(denied(flow.judged(Outcome::replayed)));
}

TEST(Flow, a_lock_and_a_wrong_code_read_alike) {
    auto wrong = two_factors();
    (void)wrong.start();
    Step last = AskFor{};
    for (int i = 0; i < 3; ++i) {
        (void)wrong.answer("000000");
        last = wrong.judged(Outcome::refused);
    }
    auto locked = two_factors();
    (void)locked.start();
    (void)locked.answer("000000");
    EXPECT_EQ(std::get<FlowDenied>(locked.judged(Outcome::locked)).text, std::get<FlowDenied>(last).text);
}

TEST(Flow, enter_alone_and_a_question_mark_list_the_factors) {
    for (const auto* line : {"", "?", "   "}) {
        auto flow = two_factors();
        (void)flow.start();
        EXPECT_EQ(asked(flow.answer(line)),
                  "You can answer with a code of:\n"
                  "  1  totp \"phone\", 6 digits\n"
                  "  2  totp \"tablet\", 6 digits\n"
                  "  3  recovery-code (10 left), letters\n"
                  "Type a code, or a number to use only that one.\n"
                  "Code (? for help): ");
    }
}

TEST(Flow, a_number_of_the_list_narrows_the_next_answer_to_that_factor) {
    auto flow = two_factors();
    (void)flow.start();
    EXPECT_EQ(asked(flow.answer("2")), "Using totp \"tablet\".\nCode (? for help): ");
    EXPECT_EQ(judged_against(flow.answer("123456")), (std::vector<std::size_t>{1}));
}

TEST(Flow, a_number_past_the_list_shows_the_list) {
    auto flow = two_factors();
    (void)flow.start();
    EXPECT_NE(asked(flow.answer("9")).find("  1  totp"), std::string::npos);
}

TEST(Flow, asks_six_times_at_most) {
    auto flow = two_factors();
    (void)flow.start();
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(denied(flow.answer("?")));
    EXPECT_TRUE(denied(flow.answer("?")));
}

TEST(Flow, the_menu_fits_into_one_pam_message_however_long_the_labels_are) {
    std::vector<Enrollment> many;
    for (int i = 0; i < 20; ++i) many.push_back(enrollment(i, FactorKind::totp, std::string(64, 'x')));
    Flow flow(many, factors);
    (void)flow.start();
    EXPECT_LE(asked(flow.answer("?")).size(), 512U);
}

TEST(Flow, the_menu_says_once_what_to_do_about_a_factor_that_falls_behind) {
    const auto advised = [](const std::vector<Enrollment>& choices) {
        Flow flow(choices, factors);
        (void)flow.start();
        const auto menu = asked(flow.answer("?"));
        EXPECT_EQ(menu.find("Press again."), menu.rfind("Press again.")) << menu;
        return menu.find("Press again.\n") != std::string::npos;
    };
    EXPECT_FALSE(advised({enrollment(1, FactorKind::totp)}));
    EXPECT_TRUE(advised({enrollment(1, FactorKind::totp), enrollment(2, FactorKind::hotp, "token"),
                         enrollment(3, FactorKind::hotp, "spare")}));
}

TEST(Flow, a_refusal_reads_the_same_whatever_was_wrong) {
    for (const auto* line : {"000000", "777777", "nonsense"}) {
        Flow flow({enrollment(1, FactorKind::hotp)}, factors);
        (void)flow.start();
        (void)flow.answer(line);
        EXPECT_EQ(asked(flow.judged(Outcome::refused)), "Not accepted. Code (? for help): ");
    }
}

TEST(Flow, a_label_cannot_write_on_the_terminal) {
    Flow flow({enrollment(1, FactorKind::totp, "a\x1b[31m\nb")}, factors);
    (void)flow.start();
    EXPECT_NE(asked(flow.answer("?")).find("\"a?[31m?b\""), std::string::npos);
}

TEST(Flow, nothing_out_of_order_is_ever_granted) {
    auto fresh = two_factors();
    EXPECT_TRUE(denied(fresh.judged(Outcome::accepted)));
    auto unasked = two_factors();
    EXPECT_TRUE(denied(unasked.answer("111111")));
    auto twice = two_factors();
    (void)twice.start();
    EXPECT_TRUE(denied(twice.judged(Outcome::accepted)));
    auto over = two_factors();
    (void)over.start();
    (void)over.answer("111111");
    EXPECT_TRUE(granted(over.judged(Outcome::accepted)));
    EXPECT_TRUE(denied(over.judged(Outcome::accepted)));
    EXPECT_TRUE(denied(over.start()));
}

TEST(Flow, random_walks_are_granted_only_right_after_an_accepted_judgement) {
    std::mt19937 random(7);
    const std::array lines{"", "?", "1", "2", "42", "111111", "GOOD", "x y", "0"};
    for (int walk = 0; walk < 5000; ++walk) {
        auto flow = two_factors();
        bool judging = false;
        for (int i = 0; i < 12; ++i) {
            const auto move = random() % 8;
            const auto outcome = static_cast<Outcome>(random() % 5);
            const Step step = move == 0 ? flow.start()
                : move < 5              ? flow.answer(lines[random() % lines.size()])
                                        : flow.judged(outcome);
            const bool earned = judging && move >= 5 && outcome == Outcome::accepted;
            ASSERT_EQ(granted(step), earned);
            judging = std::holds_alternative<JudgeAgainst>(step);
            if (granted(step) || denied(step)) break;
        }
    }
}

// Two different factors

namespace {

Flow two_different(std::vector<Enrollment> choices) { return {std::move(choices), factors, Proofs::two_different}; }
Flow two_different() {
    return two_different({enrollment(1, FactorKind::totp, "phone"), enrollment(2, FactorKind::totp, "tablet"),
                          enrollment(3, FactorKind::recovery_code, "")});
}

}  // namespace

TEST(FlowOfTwo, grants_after_two_proofs_of_different_kinds_and_not_after_one) {
    auto flow = two_different();
    EXPECT_EQ(asked(flow.start()), "Code (? for help): ");
    (void)flow.answer("111111");
    EXPECT_EQ(asked(flow.judged(Outcome::accepted, FactorKind::totp)),
              "Accepted. One more is needed, of another kind.\nSecond code (? for help): ");
    EXPECT_EQ(judged_against(flow.answer("GOOD")), (std::vector<std::size_t>{0}));
    EXPECT_TRUE(granted(flow.judged(Outcome::accepted, FactorKind::recovery_code)));
}

TEST(FlowOfTwo, compares_the_second_code_with_no_factor_of_the_first_kind) {
    auto flow = two_different();
    (void)flow.start();
    (void)flow.answer("111111");
    (void)flow.judged(Outcome::accepted, FactorKind::totp);
    EXPECT_TRUE(judged_against(flow.answer("111111")).empty()) << "of the tablet";
    EXPECT_EQ(asked(flow.judged(Outcome::refused)), "Not accepted. Second code (? for help): ");
    EXPECT_EQ(asked(flow.answer("?")).find("tablet"), std::string::npos);
}

TEST(FlowOfTwo, never_grants_for_two_of_one_kind_or_for_what_nobody_names) {
    auto flow = two_different();
    (void)flow.start();
    (void)flow.answer("111111");
    (void)flow.judged(Outcome::accepted, FactorKind::totp);
    (void)flow.answer("GOOD");
    EXPECT_TRUE(denied(flow.judged(Outcome::accepted, FactorKind::totp)));
    auto nameless = two_different();
    (void)nameless.start();
    (void)nameless.answer("111111");
    EXPECT_TRUE(denied(nameless.judged(Outcome::accepted)));
}

TEST(FlowOfTwo, takes_three_wrong_answers_of_both_together) {
    auto flow = two_different();
    (void)flow.start();
    for (int wrong = 0; wrong < 2; ++wrong) {
        (void)flow.answer("000000");
        (void)flow.judged(Outcome::refused);
    }
    (void)flow.answer("111111");
    (void)flow.judged(Outcome::accepted, FactorKind::totp);
    (void)flow.answer("BAD");
    EXPECT_TRUE(denied(flow.judged(Outcome::refused)));
}

TEST(FlowOfTwo, is_content_with_a_code_that_was_handed_out) {
    for (const bool first : {true, false}) {
        auto flow = two_different({enrollment(1, FactorKind::totp), enrollment(2, FactorKind::bypass_code)});
        (void)flow.start();
        if (!first) {
            (void)flow.answer("111111");
            (void)flow.judged(Outcome::accepted, FactorKind::totp);
        }
        (void)flow.answer("GOOD");
        EXPECT_TRUE(granted(flow.judged(Outcome::accepted, FactorKind::bypass_code)));
    }
}

TEST(FlowOfTwo, ends_where_there_is_but_one_kind) {
    auto flow = two_different({enrollment(1, FactorKind::totp), enrollment(2, FactorKind::totp, "tablet")});
    (void)flow.start();
    (void)flow.answer("111111");
    EXPECT_TRUE(denied(flow.judged(Outcome::accepted, FactorKind::totp)));
}

TEST(Flow, goes_on_behind_a_proof_that_was_made_before_it_began) {
    Flow flow{{enrollment(1, FactorKind::totp), enrollment(2, FactorKind::hotp)},
              factors,
              Proofs::two_different,
              "Your key counts.\n",
              FactorKind::totp};
    EXPECT_EQ(asked(flow.start()), "Your key counts.\nCode (? for help): ");
    ASSERT_EQ(flow.choices().size(), 1U) << "what was proved is no choice";
    const auto step = flow.answer("111111");
    ASSERT_TRUE(std::holds_alternative<JudgeAgainst>(step));
    EXPECT_FALSE(std::get<JudgeAgainst>(step).is_first_of_two);
    EXPECT_TRUE(granted(flow.judged(Outcome::accepted, FactorKind::hotp)));
}

TEST(Flow, takes_the_same_kind_again_for_none_behind_a_proof) {
    Flow flow{{enrollment(1, FactorKind::totp)}, factors, Proofs::two_different, {}, FactorKind::hotp};
    (void)flow.start();
    (void)flow.answer("111111");
    EXPECT_TRUE(denied(flow.judged(Outcome::accepted, FactorKind::hotp)));
}

TEST(Flow, takes_no_proof_of_before_where_one_is_enough) {
    Flow flow{{enrollment(1, FactorKind::totp)}, factors, Proofs::one, {}, FactorKind::totp};
    EXPECT_EQ(flow.choices().size(), 1U);
    (void)flow.start();
    EXPECT_FALSE(denied(flow.answer("111111")));
    EXPECT_TRUE(granted(flow.judged(Outcome::accepted, FactorKind::totp)));
}
