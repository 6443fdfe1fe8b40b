#include "daemon/audit/record.hpp"

#include <gtest/gtest.h>

namespace stepup {
namespace {

AuditEntry accepted() {
    return {.event = Event::factor_accepted,
            .at = {},
            .account = {1000, "alice"},
            .service = "sshd",
            .fields = {{"factor", "totp"}, {"source", "2001:db8::7"}}};
}

TEST(Record, is_one_line_of_names_and_values) {
    EXPECT_EQ(to_line(accepted()),
              "MFA-1001 factor-accepted user=alice uid=1000 service=sshd factor=totp source=2001:db8::7");
}

TEST(Record, leaves_out_an_account_that_does_not_exist) {
    auto entry = accepted();
    entry.account = {};
    EXPECT_EQ(to_line(entry), "MFA-1001 factor-accepted service=sshd factor=totp source=2001:db8::7");
}

TEST(Record, an_odd_value_stays_in_its_quotes) {
    auto entry = accepted();
    entry.fields = {{"label", R"(my "phone" uid=0 \)"}, {"why", ""}};
    EXPECT_EQ(to_line(entry),
              R"(MFA-1001 factor-accepted user=alice uid=1000 service=sshd label="my \"phone\" uid=0 \\" why="")");
}

TEST(Record, no_byte_of_a_value_can_forge_another_line) {
    for (int byte = 0; byte < 256; ++byte) {
        auto entry = accepted();
        const std::string evil = "x" + std::string(1, static_cast<char>(byte)) + "MFA-1001 factor-accepted";
        entry.account.name = evil;
        entry.service = evil;
        entry.fields = {{"source", evil}};
        const auto line = to_line(entry);
        EXPECT_EQ(line.find_first_of(std::string("\0\n\r\x1b\x0b\x0c\x7f", 7)), std::string::npos) << byte;
        for (const auto& field : to_journal(entry))
            EXPECT_EQ(field.find_first_of(std::string("\0\n\r\x1b", 4)), std::string::npos) << byte;
    }
}

TEST(Record, a_long_value_is_cut) {
    auto entry = accepted();
    entry.fields = {{"source", std::string(10'000, 'x')}};
    EXPECT_LT(to_line(entry).size(), longest_value + 100);
}

TEST(Record, has_fields_for_the_journal) {
    const auto fields = to_journal(accepted());
    const std::vector<std::string> expected{
        "MESSAGE=MFA-1001 factor-accepted user=alice uid=1000 service=sshd factor=totp source=2001:db8::7",
        "MESSAGE_ID=34c07eafe2b5438090576cebb0857137",
        "PRIORITY=6",
        "SYSLOG_IDENTIFIER=stepupd",
        "STEPUP_EVENT=MFA-1001",
        "STEPUP_USER=alice",
        "STEPUP_UID=1000",
        "STEPUP_SERVICE=sshd",
        "STEPUP_FACTOR=totp",
        "STEPUP_SOURCE=2001:db8::7",
    };
    EXPECT_EQ(fields, expected);
}

}  // namespace
}  // namespace stepup
