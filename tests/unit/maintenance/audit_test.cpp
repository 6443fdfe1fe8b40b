#include <clocale>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/maintenance/audit_question.hpp"
#include "daemon/maintenance/audit_screen.hpp"

namespace stepup {
namespace {

constexpr Millis now = Millis(1'795'325'149'983);  // 2026-11-22 05:25:49 UTC

class Words : public testing::Test {
protected:
    Words() {
        ::setenv("TZ", "Europe/Berlin", 1);
        ::tzset();
    }
    static AuditQuestion ask(std::vector<std::string> words) {
        auto answer = read(std::move(words));
        EXPECT_TRUE(std::holds_alternative<AuditQuestion>(answer));
        return std::holds_alternative<AuditQuestion>(answer) ? std::get<AuditQuestion>(answer) : AuditQuestion{};
    }
    static Exit refused(std::vector<std::string> words) {
        testing::internal::CaptureStderr();
        auto answer = read(std::move(words));
        (void)testing::internal::GetCapturedStderr();
        return std::holds_alternative<Exit>(answer) ? std::get<Exit>(answer) : Exit::done;
    }

private:
    static std::variant<AuditQuestion, Exit> read(std::vector<std::string> words) {
        words.insert(words.begin(), "audit");
        std::vector<char*> pointers;
        for (auto& word : words) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        return read_audit_words(static_cast<int>(words.size()), pointers.data(), now);
    }
};

TEST_F(Words, give_times_relative_and_absolute) {
    using namespace std::chrono_literals;
    EXPECT_EQ(moment_in("90s", now), now - 90s);
    EXPECT_EQ(moment_in("2h", now), now - 2h);
    EXPECT_EQ(moment_in("7d", now), now - 168h);
    EXPECT_EQ(moment_in("1w", now), now - 168h);
    EXPECT_EQ(moment_in("@1795325149", now), Millis(1'795'325'149'000));
    EXPECT_EQ(moment_in("2026-11-22T05:25:49Z", now), Millis(1'795'325'149'000));
    EXPECT_EQ(moment_in("2026-11-22 06:25:49", now), Millis(1'795'325'149'000)) << "local time, an hour ahead";
    EXPECT_EQ(moment_in("2026-11-22 06:25", now), Millis(1'795'325'100'000));
    EXPECT_EQ(moment_in("2026-07-01", now), Millis(1'782'856'800'000)) << "summer time";
    for (const char* wrong : {"", "h", "2", "2x", "-2h", "2 h", "99999999999h", "2026-13-01", "2026-02-30",
                              "2026-11-22 25:00", "soon", "2026-11-22x", "@", "@x"})
        EXPECT_FALSE(moment_in(wrong, now)) << wrong;
}

TEST_F(Words, name_events_by_id_or_name) {
    EXPECT_EQ(ask({"--event", "MFA-1004"}).event, "MFA-1004");
    EXPECT_EQ(ask({"-e", "locked"}).event, "MFA-1004");
    EXPECT_EQ(refused({"--event", "lockd"}), Exit::usage);
}

TEST_F(Words, show_the_last_fifty_unless_they_say_since_when) {
    EXPECT_EQ(ask({}).last, 50);
    EXPECT_EQ(ask({"--follow"}).last, 10);
    EXPECT_FALSE(ask({"--since", "2h"}).last);
    EXPECT_EQ(ask({"--since", "2h", "-n", "3"}).last, 3);
    EXPECT_FALSE(ask({"-n", "all"}).last);
}

TEST_F(Words, that_make_no_sense_are_refused) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"--verify", "--user", "alice"},
                                                                   {"--verify", "-f"},
                                                                   {"--anchor", "ab:1"},
                                                                   {"--journal", "/x"},
                                                                   {"-n", "-1"},
                                                                   {"-n", "x"},
                                                                   {"--since", "soon"},
                                                                   {"--user", ""},
                                                                   {"more"},
                                                                   {"--unknown"},
                                                                   {"--user"}})
        EXPECT_EQ(refused(words), Exit::usage) << words.front();
}

TEST_F(Words, give_an_anchor_back_as_it_was_printed) {
    Anchor anchor;
    anchor.seq = 4711;
    anchor.hash.fill('\x5A');
    const auto read = anchor_in(to_text(anchor));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->seq, anchor.seq);
    EXPECT_EQ(read->hash, anchor.hash);
    for (const auto& wrong : {std::string(""), std::string(":1"), std::string("5a:1"), std::string(64, 'a'),
                              std::string(64, 'a') + ":-1", std::string(64, 'g') + ":1", std::string(66, 'a') + ":1"})
        EXPECT_FALSE(anchor_in(wrong)) << wrong;
}

AuditRecord record(std::string fields) {
    return {41, now, Millis(1000), "boot", "MFA-1001", 1000, "alice", "sshd", std::move(fields), std::string(32, '\1')};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines{""};
    for (const char letter : text) {
        if (letter == '\n')
            lines.emplace_back();
        else
            lines.back() += letter;
    }
    lines.pop_back();
    return lines;
}

TEST(Screen, shows_a_record_in_one_line_or_within_the_width_of_the_terminal) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const auto one = record(R"({"source":"192.0.2.7","factor":"totp","enrollment":"3","session":"audit:7 of x"})");
    EXPECT_EQ(to_text(one, 0),
              "    41  2026-11-22 05:25:49  MFA-1001 factor-accepted user=alice uid=1000 service=sshd "
              "source=192.0.2.7 factor=totp enrollment=3 session=\"audit:7 of x\"\n");
    EXPECT_EQ(to_text(one, 80),
              "    41  2026-11-22 05:25:49  MFA-1001 factor-accepted\n"
              "        user=alice uid=1000 service=sshd source=192.0.2.7 factor=totp\n"
              "        enrollment=3 session=\"audit:7 of x\"\n");
}

TEST(Screen, breaks_what_is_longer_than_a_line_and_loses_nothing) {
    std::setlocale(LC_ALL, "C.UTF-8");
    const std::string wide = "深";  // two columns
    std::string label;
    for (int i = 0; i < 60; ++i) label += wide;
    std::string shown;
    for (const auto& line : lines_of(to_text(record("{\"label\":\"" + label + "\"}"), 60))) {
        EXPECT_LE(line.size(), 8 + 26 * wide.size());
        shown += line.substr(line.find_first_not_of(' '));
    }
    EXPECT_NE(shown.find(label), std::string::npos);
}

TEST(Screen, shows_nothing_that_moves_a_cursor) {
    for (const char* fields :
         {"{\"label\":\"a\\u001b[2Jb\\u202ec\"}", "{\"label\":\"a\\nb\"}", "\x1b[2J", "{\"\\u001b\":\"\"}"}) {
        auto one = record(fields);
        one.user = "evil\x1b[2J";
        one.event = "MFA-\x1b";
        const auto text = to_text(one, 80) + to_json(one);
        EXPECT_EQ(text.find('\x1b'), std::string::npos) << fields;
        EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << fields;
    }
}

TEST(Screen, shows_fields_that_somebody_nested_deep_as_the_text_they_are) {
    constexpr std::size_t deep = 100'000;
    const auto one = record("{\"a\":" + std::string(deep, '[') + std::string(deep, ']') + '}');
    EXPECT_NE(to_text(one, 0).find("unreadable="), std::string::npos);
    EXPECT_NE(to_json(one).find("\"unreadable\""), std::string::npos);
}

TEST(Screen, gives_programs_one_object_a_line_with_keys_that_stay) {
    auto one = record(R"({"source":"192.0.2.7"})");
    const auto json = nlohmann::ordered_json::parse(to_json(one));
    EXPECT_EQ(to_json(one).find('\n'), to_json(one).size() - 1);
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    EXPECT_EQ(keys,
              (std::vector<std::string>{"seq", "time", "boot", "uptime", "event", "name", "user", "uid", "service",
                                        "fields", "hash"}));
    EXPECT_EQ(json["time"].get<double>(), 1'795'325'149.983);
    EXPECT_EQ(json["fields"]["source"], "192.0.2.7");
    one.uid = -1;
    EXPECT_TRUE(nlohmann::json::parse(to_json(one))["uid"].is_null());
}

TEST(Screen, has_a_sentence_for_every_fault) {
    EXPECT_EQ(sentence(ChainFault::edited, 17, 17), "Record 17 was edited.");
    EXPECT_EQ(sentence(ChainFault::missing, 17, 17), "Record 17 is missing.");
    EXPECT_EQ(sentence(ChainFault::missing, 17, 20), "Records 17 to 20 are missing.");
    EXPECT_EQ(sentence(ChainFault::swapped, 17, 20), "Records 17 and 20 changed places.");
    EXPECT_EQ(sentence(ChainFault::hash_moved, 17, 20), "The hashes of records 17 and 20 were swapped.");
    EXPECT_EQ(sentence(ChainFault::inserted, 17, 18), "Record 17 was slipped in; what belongs there stands at 18.");
    EXPECT_EQ(sentence(ChainFault::cut, 17, 20), "Records 17 to 20 were cut off.");
}

}  // namespace
}  // namespace stepup
