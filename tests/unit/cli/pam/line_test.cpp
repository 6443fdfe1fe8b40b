#include <gtest/gtest.h>

#include "cli/pam/control.hpp"
#include "cli/pam/line.hpp"

namespace stepup::pam {
namespace {

using Words = std::vector<std::string>;
using Kind = Action::Kind;

Line only(std::string_view text) {
    auto lines = read_lines(text);
    EXPECT_EQ(lines.size(), 1U);
    return lines.empty() ? Line{} : lines.front();
}

TEST(PamLine, reads_words_and_what_stands_in_brackets) {
    const auto line = only("auth\t[success=1 default=ignore]\tpam_unix.so nullok [a b]  # comment");
    EXPECT_EQ(line.phase, Phase::auth);
    EXPECT_EQ(line.control, "[success=1 default=ignore]");
    EXPECT_EQ(line.bare_module(), "pam_unix");
    EXPECT_EQ(line.arguments, (Words{"nullok", "[a b]"}));
}

TEST(PamLine, comments_and_empty_lines_are_none) {
    EXPECT_TRUE(read_lines("# auth required pam_permit.so\n\n   \n").empty());
}

TEST(PamLine, what_libpam_refuses_to_read_is_a_line_and_garbled) {
    for (const char* text : {"nonsense", "auth", "auth required", "acount required pam_permit.so", "\r", "@include"})
        EXPECT_TRUE(only(text).garbled) << text;
    EXPECT_FALSE(only("auth required pam_stepup.so").garbled);
    EXPECT_FALSE(only("uth required pam_stepup.so").is_ours());
}

TEST(PamLine, a_backslash_continues_a_line) {
    const auto line = only("auth required \\\n  pam_unix.so \\\n  nullok\n");
    EXPECT_EQ(line.count, 3U);
    EXPECT_EQ(line.module, "pam_unix.so");
    EXPECT_EQ(line.arguments, Words{"nullok"});
}

TEST(PamLine, a_comment_between_continues_it_and_one_at_its_end_does_not) {
    const auto line = only("auth required \\\n# not yet\n\n  pam_unix.so\n");
    EXPECT_EQ(line.count, 4U);
    EXPECT_EQ(line.module, "pam_unix.so");
    EXPECT_EQ(read_lines("auth required pam_unix.so \\ # here\nauth required pam_deny.so\n").size(), 2U);
}

TEST(PamLine, a_dash_and_capitals_do_not_matter) {
    const auto line = only("-Session OPTIONAL pam_systemd.so");
    EXPECT_EQ(line.phase, Phase::session);
    EXPECT_EQ(line.control, "optional");
}

TEST(PamLine, debians_include_stands_for_every_phase) {
    const auto line = only("@include common-auth");
    EXPECT_FALSE(line.phase);
    EXPECT_TRUE(line.includes());
    EXPECT_EQ(line.module, "common-auth");
}

TEST(PamLine, ours_is_known_by_its_file_name_wherever_it_lies) {
    EXPECT_TRUE(only("auth required /opt/lib/pam_stepup.so debug").is_ours());
    EXPECT_FALSE(only("auth required pam_stepup_other.so").is_ours());
    EXPECT_FALSE(only("auth include pam_stepup.so").is_ours());
}

TEST(PamControl, short_words_mean_what_pam_d_says) {
    EXPECT_EQ(read_control("required").on(Code::auth_err).kind, Kind::bad);
    EXPECT_EQ(read_control("requisite").on(Code::auth_err).kind, Kind::die);
    EXPECT_EQ(read_control("sufficient").on(Code::success).kind, Kind::done);
    EXPECT_EQ(read_control("optional").on(Code::module_unknown).kind, Kind::ignore);
}

TEST(PamControl, what_is_named_beats_the_default_in_any_order) {
    for (const char* text : {"[success=2 default=ignore]", "[default=ignore success=2]"}) {
        EXPECT_EQ(read_control(text).on(Code::success), (Action{Kind::jump, 2})) << text;
        EXPECT_EQ(read_control(text).on(Code::auth_err).kind, Kind::ignore) << text;
    }
}

TEST(PamControl, blanks_around_what_a_code_does_are_no_matter) {
    EXPECT_EQ(read_control("[ success = 2\tdefault= ignore ]").on(Code::success), (Action{Kind::jump, 2}));
}

TEST(PamControl, without_a_default_the_rest_is_bad) {
    EXPECT_EQ(read_control("[success=ok]").on(Code::ignore).kind, Kind::bad);
}

TEST(PamControl, what_nobody_understands_refuses) {
    for (const char* text :
         {"maybe", "[success]", "[success=0]", "[SUCCESS=ok]", "[success=well]", "[sucess=ok]", "[success=ok", ""}) {
        EXPECT_FALSE(read_control(text).understood) << text;
        EXPECT_EQ(read_control(text).on(Code::success).kind, Kind::bad) << text;
    }
}

}  // namespace
}  // namespace stepup::pam
