#include "common/printable.hpp"

#include <gtest/gtest.h>

using namespace stepup;

TEST(Printable, leaves_ordinary_text_of_any_language_alone) {
    EXPECT_EQ(printable("my phone"), "my phone");
    EXPECT_EQ(printable("\U000E1000"), "\U000E1000");
    EXPECT_EQ(printable("Schlüssel 鍵 🔑"), "Schlüssel 鍵 🔑");
}

TEST(Printable, shows_a_question_mark_for_what_moves_the_cursor_or_ends_a_line) {
    EXPECT_EQ(printable("a\nb\rc\x1b[31m\x7f"), "a?b?c?[31m?");
    EXPECT_EQ(printable("plain\x7f"), "plain?");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "?31m");  // C1: CSI in one character
    EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a?b");
}

TEST(Printable, shows_a_question_mark_for_what_reorders_or_hides_text) {
    EXPECT_EQ(printable("user\u202Egpj"), "user?gpj");
    EXPECT_EQ(printable("a\u200Bb\u2066c\uFEFF"), "a?b?c?");
    EXPECT_EQ(printable("a\u2028b"), "a?b");
    EXPECT_EQ(printable("a\u00ADb\u061Cc\uFFF9d\uFFFBe\U000E0001f"), "a?b?c?d?e?f");
}

TEST(Printable, shows_a_question_mark_for_bytes_that_are_not_utf8) {
    EXPECT_EQ(printable("\xff\xfe"), "??");
    EXPECT_EQ(printable("\xc0\x8a"), "??");       // overlong newline
    EXPECT_EQ(printable("\xe0\x80\x8a"), "???");  // and longer
    EXPECT_EQ(printable("\xf0\x80\x80\x8a"), "????");
    EXPECT_EQ(printable("\xc3("), "?(");               // what follows does not belong to it
    EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");  // past U+10FFFF
    EXPECT_EQ(printable("ab\xe2\x82"), "ab??");        // cut off
}

TEST(Printable, cuts_at_a_character_and_shows_that_it_did) {
    EXPECT_EQ(printable("abcdef", 4), "abcd…");
    EXPECT_EQ(printable("äöü", 3), "ä…");
    EXPECT_EQ(printable(std::string(10'000, 'x'), 8), "xxxxxxxx…");
}

TEST(IsPrintable, is_what_a_label_must_be) {
    EXPECT_TRUE(is_printable("my phone", 64));
    EXPECT_FALSE(is_printable("", 64));
    EXPECT_FALSE(is_printable("a\nb", 64));
    EXPECT_FALSE(is_printable(std::string(65, 'x'), 64));
}
