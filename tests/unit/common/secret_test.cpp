#include "common/secret.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

#include <gtest/gtest.h>

using namespace stepup;

TEST(Secret, wipes_the_text_it_takes) {
    char line[] = "123456";
    Secret code;
    ASSERT_TRUE(code.take({line, 6}));
    EXPECT_EQ(code.reveal(), "123456");
    EXPECT_TRUE(std::all_of(line, line + 6, [](char c) { return c == 0; }));
}

TEST(Secret, wipes_even_the_text_that_is_too_long_to_take) {
    std::string line(Secret::capacity + 1, 'x');
    Secret code;
    EXPECT_FALSE(code.take({line.data(), line.size()}));
    EXPECT_TRUE(code.empty());
    EXPECT_EQ(line, std::string(Secret::capacity + 1, '\0'));
}

TEST(Secret, leaves_nothing_behind_where_it_lived) {
    alignas(Secret) unsigned char place[sizeof(Secret)];
    auto* secret = new (place) Secret;
    ASSERT_TRUE(secret->copy("canary-7731"));
    Secret moved = std::move(*secret);
    const std::string_view old_home(reinterpret_cast<const char*>(place), sizeof place);
    EXPECT_EQ(old_home.find("canary"), std::string_view::npos) << "after a move";
    *secret = std::move(moved);
    secret->~Secret();
    EXPECT_EQ(old_home.find("canary"), std::string_view::npos) << "after its end";
}

TEST(Secret, moved_onto_itself_stays_what_it_is) {
    Secret code;
    ASSERT_TRUE(code.copy("123456"));
    auto& itself = code;
    code = std::move(itself);
    EXPECT_EQ(code.reveal(), "123456");
}

TEST(Secret, cannot_be_copied) {
    static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
    SUCCEED();
}
