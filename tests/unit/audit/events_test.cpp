#include "daemon/audit/events.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace stepup {
namespace {

TEST(Events, no_two_share_an_id_a_name_or_a_message_id) {
    std::set<std::string_view> ids;
    std::set<std::string_view> names;
    std::set<std::string_view> message_ids;
    for (const auto& row : event_rows) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id;
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(message_ids.insert(row.message_id).second) << row.message_id;
    }
}

TEST(Events, message_ids_are_128_bits_in_hex) {
    for (const auto& row : event_rows) {
        EXPECT_EQ(row.message_id.size(), 32u) << row.id;
        EXPECT_EQ(row.message_id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << row.id;
    }
}

TEST(Events, every_one_says_what_it_means) {
    for (const auto& row : event_rows) {
        EXPECT_EQ(row.meaning.back(), '.') << row.id;
        EXPECT_EQ(row.id.substr(0, 4), "MFA-") << row.id;
    }
}

TEST(Events, field_names_are_words_that_journald_takes) {
    for (const auto& row : event_rows)
        EXPECT_EQ(row.fields.find_first_not_of("abcdefghijklmnopqrstuvwxyz_ "), std::string_view::npos) << row.id;
}

}  // namespace
}  // namespace stepup
