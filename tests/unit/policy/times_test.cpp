#include "policy/times.hpp"

#include <bitset>
#include <string>

#include <gtest/gtest.h>

using namespace stepup;

namespace {

constexpr unsigned day = 24 * 60;
using Week = std::bitset<std::size_t{7} * day>;

/// The model: every minute of a week, set one by one from the minute where a span begins.
Week week_of(std::initializer_list<unsigned> days, unsigned begin, unsigned length) {
    Week week;
    for (const auto each : days)
        for (unsigned i = 0; i < length; ++i) week.set((each * day + begin + i) % week.size());
    return week;
}

Week week_of(const TimeSpan& span) {
    Week week;
    for (unsigned at = 0; at < week.size(); ++at) week.set(at, span.contains(LocalTime{at / day, at % day}));
    return week;
}

TimeSpan span(std::string_view text) { return TimeSpan::parse(text).value(); }

struct Written {
    const char* text;
    Week means;
};

}  // namespace

TEST(TimeSpan, means_the_minutes_that_its_words_say) {
    const std::initializer_list<unsigned> all{0, 1, 2, 3, 4, 5, 6};
    const Written table[] = {
        {"mon-fri 08:00-18:00", week_of({0, 1, 2, 3, 4}, 480, 600)},
        {"08:00-18:00", week_of(all, 480, 600)},
        {"sat,sun", week_of({5, 6}, 0, day)},
        {"wed", week_of({2}, 0, day)},
        {"mon,wed-fri,sun 00:00-00:01", week_of({0, 2, 3, 4, 6}, 0, 1)},
        {"fri-mon", week_of({4, 5, 6, 0}, 0, day)},
        {"mon-sun", week_of(all, 0, day)},
        {"22:00-06:00", week_of(all, 1320, 480)},
        {"sun 22:00-06:00", week_of({6}, 1320, 480)},  // to Monday morning
        {"fri 22:00-00:00", week_of({4}, 1320, 120)},
        {"fri 22:00-24:00", week_of({4}, 1320, 120)},
        {"00:00-24:00", week_of(all, 0, day)},
        {"tue 12:00-11:59", week_of({1}, 720, day - 1)},
    };
    for (const auto& [text, means] : table) EXPECT_EQ(week_of(span(text)), means) << text;
}

TEST(TimeSpan, is_refused_where_it_is_written_otherwise) {
    for (const auto* text : {"",
                             " ",
                             "mo",
                             "Mon",
                             "monday",
                             "mon-",
                             "-fri",
                             "mon,,tue",
                             "mon,",
                             "mon fri",
                             "mon  08:00-18:00",
                             "8:00-18:00",
                             "08:00",
                             "08:00-",
                             "08:00-18:60",
                             "08:00-24:01",
                             "24:00-08:00",
                             "08:00-08:00",
                             "0a:00-18:00",
                             "08.00-18.00",
                             "08:00-18:00 mon",
                             "mon 08:00-18:00 ",
                             "mon-fri-sun",
                             "08:00-12:00-18:00",
                             "!mon"})
        EXPECT_FALSE(TimeSpan::parse(text)) << text;
}

TEST(TimeSpan, is_said_to_contain_another_only_if_it_has_each_of_its_minutes) {
    const char* const texts[] = {"mon-fri 08:00-18:00", "tue 09:00-10:00", "fri 22:00-06:00", "sat",        "fri-sat",
                                 "22:00-06:00",         "23:00-05:00",     "mon-sun",         "00:00-24:00"};
    unsigned yes = 0;
    for (const auto* wide : texts)
        for (const auto* narrow : texts)
            if (span(wide).contains(span(narrow))) {
                ++yes;
                EXPECT_TRUE((week_of(span(narrow)) & ~week_of(span(wide))).none()) << wide << " and " << narrow;
            }
    EXPECT_TRUE(span("22:00-06:00").contains(span("fri 23:00-05:00")));
    EXPECT_GT(yes, 15U);
}
