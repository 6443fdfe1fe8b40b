#include "policy/toml_text.hpp"

#include <gtest/gtest.h>

using namespace stepup;

TEST(TomlText, lets_through_whatever_toml_allows) {
    for (const auto* text : {
             "",
             "\xEF\xBB\xBFkey = 1 # größer\r\n",
             "[table]\n [ table . \"grün\" ]\n[['list']]\n[-]\n[_1]\n",
             "a = [\n  [1, 2],\n  [],\n]\n[b]\n",
             "a = { b = [ 'ö' ], c = 1 }\n[b]\n",
             "a = \"é \\\" [, \\\\\"\n[b]\n",
             "a = 'é \\'\n[b]\n",
             "a = \"\"\nb = ''\n[b]\n",
             "a = \"\"\"é\n[,\"\"\\\"\"\"\"\"\n[b]\n",
             "a = '''é\n[,'' '''''\n[b]\n",
             "[Upper]\r\n[0]\r\na = 1\r\n[b]\r\n",
             "a = \"\"\"b\"\"\"",
         })
        EXPECT_FALSE(fault_before_parsing(text)) << text;
}

TEST(TomlText, leaves_what_is_never_closed_to_the_parser) {
    for (const auto* text :
         {"a = \"é", "a = 'é\n[b]\n", "a = \"\"\"é\n", "a = \"\\", "[", "[[", "[ ", "a = ]\n[b]\n", "a = '''"})
        EXPECT_FALSE(fault_before_parsing(text)) << text;
}

TEST(TomlText, finds_what_the_parser_would_not_survive_behind_anything) {
    for (const auto* text : {"a = \"\"\"é\"\"\"\n[,]", "a = '#'\n[ =]", "a = [\n[1],\n]\n[\n]", "# é\n\t[[{]]",
                             "a = 1 é", "a = \"\x7F\"", "# \x01", "a = 'b'é", "a = \"\\\x02\""})
        EXPECT_TRUE(fault_before_parsing(text)) << text;
}
