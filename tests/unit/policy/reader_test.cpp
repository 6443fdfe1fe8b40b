#include "policy/reader.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

/// What `reader` makes of the value that is written so, or what it says about it.
template <class T> std::string read(Heard<T> (*reader)(const toml::node&), const std::string& written) {
    const auto table = read_toml("value = " + written, "file").value();
    const auto heard = reader(*table.get("value"));
    return heard ? testing::PrintToString(*heard) : heard.error().message;
}

}  // namespace

TEST(Reader, takes_a_flag_for_true_or_false_only) {
    EXPECT_EQ(read(as_flag, "true"), "true");
    EXPECT_EQ(read(as_flag, "false"), "false");
    EXPECT_EQ(read(as_flag, "1"), "must be true or false, not an integer");
    EXPECT_EQ(read(as_flag, "'true'"), "must be true or false, not a string");
}

TEST(Reader, names_every_type_that_a_value_can_have) {
    for (const auto& [written, name] : std::vector<std::pair<std::string, std::string>>{
             {"{ a = 1 }", "a table"},
             {"['a']", "a list"},
             {"7", "an integer"},
             {"1.5", "a floating-point number"},
             {"true", "a boolean"},
             {"1979-05-27", "a date"},
             {"07:32:00", "a time"},
             {"1979-05-27T07:32:00Z", "a date with time"},
         })
        EXPECT_EQ(read(as_text, written), "must be a string, not " + name);
    EXPECT_EQ(read(as_flag, "'a'"), "must be true or false, not a string");
}

TEST(DurationText, is_in_the_largest_unit_that_fits) {
    EXPECT_EQ(duration_text(Seconds(0)), "0s");
    EXPECT_EQ(duration_text(Seconds(59)), "59s");
    EXPECT_EQ(duration_text(Seconds(60)), "1m");
    EXPECT_EQ(duration_text(Seconds(61)), "61s");
    EXPECT_EQ(duration_text(Seconds(5400)), "90m");
    EXPECT_EQ(duration_text(Seconds(86400)), "24h");
}
