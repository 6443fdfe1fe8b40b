#include "common/management_error.hpp"

#include <gtest/gtest.h>

using namespace stepup;

TEST(ManagementError, is_found_by_its_name_and_by_nothing_else) {
    for (const auto& row : management_errors) EXPECT_EQ(management_error_named(row.name), row.error) << row.name;
    for (const auto* odd : {"", "invalidcode", "InvalidCode2", "org.stepup.Error.InvalidCode"})
        EXPECT_FALSE(management_error_named(odd)) << odd;
}

TEST(ManagementError, is_told_in_the_words_of_its_row_unless_there_are_better_ones) {
    for (const auto& row : management_errors) {
        EXPECT_EQ(refuse(row.error).value().message, row.sentence);
        EXPECT_EQ(refuse(row.error).value().error, row.error);
    }
    EXPECT_EQ(refuse(ManagementError::last_factor, "Keep it.").value().message, "Keep it.");
}
