#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "policy/parse.hpp"

using namespace stepup;

namespace {

std::string manual() {
    std::ostringstream text;
    text << std::ifstream(std::string(std::getenv("STEPUP_SOURCE")) + "/docs/policy.md").rdbuf();
    return text.str();
}

/// The part of the manual under the heading that names `table`, up to the next heading.
std::string section(const std::string& text, std::string_view table) {
    static const std::map<std::string_view, std::string_view> headings{{"defaults", "## `[defaults]`"},
                                                                       {"limits", "## `[limits]`"},
                                                                       {"rule", "## `[[rule]]`"},
                                                                       {"match", "## `match`"},
                                                                       {"trusted_keys", "## `trusted_keys`"}};
    const auto begin = text.find(std::string("\n") + std::string(headings.at(table)));
    if (begin == text.npos) return "";
    return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

}  // namespace

TEST(PolicyManual, has_a_row_for_every_key_of_every_table) {
    const auto text = manual();
    for (const auto& key : policy_keys())
        EXPECT_NE(section(text, key.table).find("\n| `" + std::string(key.name) + "` |"), std::string::npos)
            << key.name << " of " << key.table;
}

TEST(PolicyManual, names_every_factor_and_every_strength) {
    const auto text = manual();
    for (const auto& row : factor_kinds)
        EXPECT_NE(text.find("\n| `" + std::string(row.name) + "` | `" + std::string(name_of(row.strength)) + "`"),
                  std::string::npos)
            << row.name;
    for (const auto& row : strengths) EXPECT_NE(text.find("`" + std::string(row.name) + "`"), text.npos) << row.name;
}

TEST(PolicyManual, has_no_row_for_a_key_that_does_not_exist) {
    const auto text = manual();
    for (const std::string_view table : {"defaults", "limits", "rule", "match", "trusted_keys"}) {
        const auto part = section(text, table);
        for (auto at = part.find("\n| `"); at != part.npos; at = part.find("\n| `", at + 1)) {
            const auto name = part.substr(at + 4, part.find('`', at + 4) - at - 4);
            const auto keys = policy_keys();
            EXPECT_TRUE(std::any_of(keys.begin(), keys.end(),
                                    [&](const PolicyKey& key) { return key.table == table && key.name == name; }))
                << name << " of " << table;
        }
    }
}
