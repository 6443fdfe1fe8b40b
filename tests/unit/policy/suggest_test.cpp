#include "policy/suggest.hpp"

#include <array>

#include <gtest/gtest.h>

using namespace stepup;

namespace {
constexpr std::array<std::string_view, 5> words{"window", "window_scope", "name", "users", "key_only"};
}

TEST(Suggest, finds_the_word_that_was_meant) {
    EXPECT_EQ(nearest("windw", words), "window");    // one missing
    EXPECT_EQ(nearest("windoww", words), "window");  // one too many
    EXPECT_EQ(nearest("wimdow", words), "window");   // one wrong
    EXPECT_EQ(nearest("widnow", words), "window");   // two swapped
    EXPECT_EQ(nearest("window-scope", words), "window_scope");
    EXPECT_EQ(nearest("widnwo", words), "window");  // two slips in a long word
    EXPECT_EQ(nearest("nmae", words), "name");
}

TEST(Suggest, stays_silent_where_it_could_only_guess) {
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest("nuxe", words), "");  // two slips in four letters
    EXPECT_EQ(nearest("policy", words), "");
    EXPECT_EQ(nearest(std::string(1'000'000, 'w'), words), "");
    EXPECT_EQ(did_you_mean("policy", words), "");
}

TEST(Suggest, words_it_as_a_question) { EXPECT_EQ(did_you_mean("usrs", words), "; did you mean \"users\"?"); }
