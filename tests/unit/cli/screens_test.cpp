#include <clocale>

#include <gtest/gtest.h>

#include "cli/arguments.hpp"
#include "cli/find.hpp"
#include "cli/screens.hpp"

namespace stepup::cli {
namespace {

const Canvas terminal{.is_terminal = true, .utf8 = true, .colors = false, .width = 80};

class Screens : public ::testing::Test {
protected:
    Screens() {
        std::setlocale(LC_ALL, "C.UTF-8");
        ::setenv("TZ", "UTC", 1);
    }
};

Factor factor(std::int64_t id, std::string type, std::string label) {
    Factor made{.id = id, .type = std::move(type), .label = std::move(label), .active = true};
    made.strength = made.type == "totp" ? "otp" : made.type;
    made.enrolled = 1'700'000'000;
    return made;
}

std::vector<Factor> some() {
    std::vector<Factor> factors{factor(1, "totp", "phone"), factor(12, "totp", std::string(64, 'x')),
                                factor(13, "totp", "møøse 電話"), factor(2, "recovery-code", "recovery codes")};
    factors[0].primary = true;
    factors[0].last_used = 1'700'003'600;
    factors[2].active = false;
    factors[3].left = 7;
    factors[3].issued = 10;
    return factors;
}

TEST_F(Screens, a_table_of_factors_fits_into_80_columns) {
    EXPECT_EQ(factors_table(some(), terminal),
              "ID     TYPE           LABEL               STRENGTH       ENROLLED     LAST USED\n"
              "1   *  totp           phone               otp            2023-11-14   2023-11-14\n"
              "12     totp           xxxxxxxxxxxxxxxx..  otp            2023-11-14   never\n"
              "13     totp           møøse 電話          otp            unconfirmed  never\n"
              "2      recovery-code  7 of 10 left        recovery-code  2023-11-14   never\n"
              "* is asked for first.\n");
}

TEST_F(Screens, sentences_break_between_words) {
    EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
    EXPECT_EQ(wrapped("one two three", 6), "one\ntwo\nthree");
    EXPECT_EQ(wrapped("a\none two three", 7), "a\none two\nthree");
    EXPECT_EQ(wrapped("電話 is it", 7), "電話 is\nit");
    EXPECT_EQ(wrapped("extraordinary words", 5), "extraordinary\nwords");
    EXPECT_EQ(wrapped("one two three", 0), "one two three");
    EXPECT_EQ(wrapped("  1  totp\n", 80), "  1  totp\n");
    EXPECT_EQ(wrapped("", 80), "");
}

TEST_F(Screens, a_table_for_a_file_cuts_nothing) {
    EXPECT_NE(factors_table(some(), Canvas{}).find(std::string(64, 'x')), std::string::npos);
}

TEST_F(Screens, a_label_is_not_cut_to_nothing_beside_the_longest_types) {
    auto key = factor(1234, "ssh-security-key", std::string(64, 'x'));
    key.active = false;
    const auto table = factors_table({key}, terminal);
    EXPECT_NE(table.find(" xxxxxxxxxx.. "), std::string::npos) << table;
    for (const auto& line : {table.substr(0, table.find('\n')), table.substr(table.find('\n') + 1)})
        EXPECT_LE(columns(line), 81U) << line;
}

TEST_F(Screens, factors_in_words_are_one_sentence_each) {
    const auto text = factors_in_words(some());
    EXPECT_NE(text.find("Factor 13: totp, møøse 電話, as strong as otp, not confirmed yet, last used never.\n"),
              std::string::npos);
    EXPECT_NE(text.find("Factor 2: recovery-code, 7 of 10 left, enrolled 2023-11-14, last used never.\n"),
              std::string::npos);
}

TEST_F(Screens, texts_are_cut_at_characters_and_by_what_they_take) {
    EXPECT_EQ(columns("電話"), 4U);
    EXPECT_EQ(cut("電話機", 5), "電..");
    EXPECT_EQ(cut("abc", 3), "abc");
}

TEST_F(Screens, foreign_text_is_harmless_line_by_line) {
    EXPECT_EQ(printable_lines("a\033[1m\nb\rc"), "a?[1m\nb?c");
    EXPECT_EQ(printable_lines("a\n\nb\n"), "a\n\nb\n");
}

TEST_F(Screens, a_qr_code_has_its_quiet_zone_and_fits) {
    const auto picture = qr_code("otpauth://totp/x", terminal);
    ASSERT_TRUE(picture);
    const auto first = picture->substr(0, picture->find('\n'));
    EXPECT_EQ(columns(first), 29U);  // version 1: 21 modules and 4 on each side
    std::string quiet;
    for (int i = 0; i < 29; ++i) quiet += "█";
    EXPECT_EQ(first, quiet);
}

TEST_F(Screens, a_qr_code_is_not_shown_where_it_cannot_be) {
    for (const Canvas& poor : {Canvas{.is_terminal = false, .utf8 = true, .width = 80},
                               Canvas{.is_terminal = true, .utf8 = false, .width = 80},
                               Canvas{.is_terminal = true, .utf8 = true, .width = 28}})
        EXPECT_FALSE(qr_code("otpauth://totp/x", poor));
}

TEST_F(Screens, a_qr_code_brings_its_colors_where_it_may) {
    auto colorful = terminal;
    colorful.colors = true;
    const auto picture = qr_code("x", colorful);
    ASSERT_TRUE(picture);
    EXPECT_TRUE(picture->starts_with("\033[40;97m"));
    EXPECT_TRUE(picture->ends_with("\033[0m\n"));
}

TEST_F(Screens, recovery_codes_are_shown_two_by_two) {
    EXPECT_EQ(recovery_codes_screen({"AAAA", "BBBB", "CCCC"}),
              "\nSave these recovery codes now; they are never shown again. Each lets you in\n"
              "once, should you lose your device. Keep them where you find them without it.\n\n"
              "    AAAA    BBBB\n"
              "    CCCC\n\n");
}

TEST_F(Screens, few_recovery_codes_come_with_advice) {
    EXPECT_EQ(recovery_screen({4, 10}), "4 of 10 recovery codes are left.\n");
    EXPECT_EQ(recovery_screen({3, 10}),
              "3 of 10 recovery codes are left.\n`stepup recovery regenerate` makes new ones.\n");
    EXPECT_EQ(recovery_screen({0, 0}), "You have no recovery codes.\n");
}

TEST_F(Screens, durations_are_short) {
    EXPECT_EQ(duration(59), "59 s");
    EXPECT_EQ(duration(60), "1 min");
    EXPECT_EQ(duration(560), "9 min 20 s");
    EXPECT_EQ(duration(7260), "2 h 1 min");
}

TEST_F(Screens, a_secret_is_typed_in_groups_of_four) {
    EXPECT_EQ(in_groups("ABCDEFGHIJ"), "ABCD EFGH IJ");
    EXPECT_EQ(in_groups(""), "");
}

TEST_F(Screens, a_secret_is_read_out_letter_by_letter_four_a_line) {
    EXPECT_EQ(spelled_out("ABCDEFG"), "    A B C D\n    E F G\n");
}

TEST_F(Screens, what_a_screen_reader_reads_has_no_picture_and_says_the_secret_first) {
    const Started started{3, "GEZDGNBV", "otpauth://totp/x?secret=GEZDGNBV"};
    const auto text = plain_enroll_screen(started);
    EXPECT_LT(text.find("G E Z D"), text.find("otpauth://"));
    for (const auto* block : {"█", "▀", "▄"}) EXPECT_EQ(text.find(block), std::string::npos);
}

TEST(Window, is_a_number_and_a_unit) {
    EXPECT_EQ(seconds_in("90"), 90U);
    EXPECT_EQ(seconds_in("90s"), 90U);
    EXPECT_EQ(seconds_in("5m"), 300U);
    EXPECT_EQ(seconds_in("24h"), 86'400U);
    EXPECT_EQ(seconds_in("1d"), 86'400U);
    EXPECT_EQ(seconds_in("7d", 7 * 86'400), 7U * 86'400);
    EXPECT_FALSE(seconds_in("8d", 7 * 86'400));
    for (const auto* wrong : {"", "m", "5x", "5 m", "-5m", "25h", "1441m", "99999999999", "1.5h", "5mm"})
        EXPECT_FALSE(seconds_in(wrong)) << wrong;
}

TEST(FindFactor, takes_a_label_before_an_id) {
    const std::vector<Factor> factors{factor(1, "totp", "2"), factor(2, "totp", "phone")};
    EXPECT_EQ(find_factor(factors, "2")->id, 1);
    EXPECT_EQ(find_factor(factors, "1")->id, 1);
    EXPECT_EQ(find_factor(factors, "phone")->id, 2);
    for (const auto* wrong : {"3", "", "0", "-1", "1x"}) EXPECT_EQ(find_factor(factors, wrong), nullptr) << wrong;
}

}  // namespace
}  // namespace stepup::cli
