#include "cli/foreign/reading.hpp"

#include <gtest/gtest.h>

// Formats as libpam-google-authenticator 20191231, liboath 2.6.7, the "Key Uri Format" and Aegis 3 write them.

namespace stepup::foreign {
namespace {

constexpr std::int64_t now = 1'700'000'000;                   // step 56,666,666
const std::string seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";  // "12345678901234567890", RFC 6238

std::string said(const Reading& reading) {
    std::string all;
    for (const auto& note : reading.notes) all += std::to_string(note.line) + ' ' + note.text + '\n';
    return all;
}

bool is_refused(const Reading& reading) {
    return reading.generators.empty() && !reading.notes.empty() && reading.notes.back().outcome == Outcome::refused;
}

Reading google(const std::string& rest, const std::string& secret = seed) {
    return read_google_authenticator(secret + '\n' + rest, now);
}

// --- google-authenticator ---

TEST(GoogleAuthenticator, gives_seed_and_the_last_step_that_was_used) {
    const auto reading = google("\" RATE_LIMIT 3 30 1699999990\n\" WINDOW_SIZE 17\n\" DISALLOW_REUSE 56666666 56666668 "
                                "56666665\n\" TOTP_AUTH\n12345678\n87654321\n");
    ASSERT_EQ(reading.generators.size(), 1U) << said(reading);
    const auto& found = reading.generators.front();
    EXPECT_TRUE(found.counts_time);
    EXPECT_EQ(found.secret.reveal(), seed);
    EXPECT_EQ(found.bytes, 20U);
    EXPECT_EQ(found.counter, 56'666'668U);
    EXPECT_EQ(found.period, 30U);
    EXPECT_NE(said(reading).find("6 2 scratch codes: 8 digits are too few."), std::string::npos) << said(reading);
    EXPECT_NE(said(reading).find("2 a limit of tries"), std::string::npos);
    EXPECT_NE(said(reading).find("3 a window"), std::string::npos);
}

TEST(GoogleAuthenticator, gives_the_counter_of_a_token) {
    const auto reading = google("\" HOTP_COUNTER 42\n\" STEP_SIZE 999\n");
    ASSERT_EQ(reading.generators.size(), 1U);
    EXPECT_EQ(reading.generators.front().period, 30U) << "it has none";
    EXPECT_FALSE(reading.generators.front().counts_time);
    EXPECT_EQ(reading.generators.front().counter, 42U);
}

TEST(GoogleAuthenticator, takes_its_step_size_but_no_offset_of_the_clock) {
    const auto reading
        = google("\" TOTP_AUTH\n\" STEP_SIZE 60\n\" TIME_SKEW 4\n\" RESETTING_TIME_SKEW 1+2\n\" LAST0 h 1\n"
                 "\" NEW_THING 1\n");
    ASSERT_EQ(reading.generators.size(), 1U);
    EXPECT_EQ(reading.generators.front().period, 60U);
    EXPECT_EQ(reading.generators.front().counter, 0U);
    for (const auto* words : {"4 a learned clock offset", "5 a clock offset", "6 logins of late", "7 an option",
                              "1 a code could be used again"})
        EXPECT_NE(said(reading).find(words), std::string::npos) << words << '\n' << said(reading);
}

TEST(GoogleAuthenticator, refuses_what_cannot_be_kept_to) {
    for (const auto* rest :
         {"", "\" HOTP_COUNTER 0\n", "\" HOTP_COUNTER 4294967296\n", "\" TOTP_AUTH\n\" STEP_SIZE 61\n",
          "\" TOTP_AUTH\n\" STEP_SIZE 1\n", "\" TOTP_AUTH\n\" STEP_SIZE x\n",
          "\" TOTP_AUTH\n\" DISALLOW_REUSE 56666666 5666666x\n", "\" TOTP_AUTH\n\" DISALLOW_REUSE 56668177\n"})
        EXPECT_TRUE(is_refused(google(rest))) << rest;
    EXPECT_FALSE(is_refused(google("\" TOTP_AUTH\n\" DISALLOW_REUSE 56668176\n"))) << "12.5 h is what it searches";
    for (const auto* secret : {"", "root:$6$hash", "A", "0000"})
        EXPECT_TRUE(is_refused(google("\" TOTP_AUTH\n", secret))) << secret;
}

TEST(GoogleAuthenticator, reads_a_secret_as_apps_do) {
    const auto secret_of = [](const std::string& written) {
        const auto reading = google("\" TOTP_AUTH\n", written);
        return reading.generators.empty() ? std::string() : std::string(reading.generators.front().secret.reveal());
    };
    EXPECT_EQ(secret_of("gezd gnbv-gy3t qojq"), "GEZDGNBVGY3TQOJQ");
    EXPECT_EQ(secret_of("GEZDGNBVGY======"), "GEZDGNBVGY");
    EXPECT_EQ(secret_of("GEZDGNBVG"), "GEZDGNBV") << "five bits more are no byte";
    EXPECT_EQ(secret_of("G7"), "G4") << "bits behind the last byte are zero";
    EXPECT_EQ(secret_of(std::string(104, 'A')), "") << "65 bytes";
    EXPECT_EQ(secret_of(std::string(103, 'A')).size(), 103U);
}

// --- users.oath ---

TEST(UsersOath, gives_each_line_to_its_user) {
    const auto reading = read_users_oath("# comment\n\nHOTP alice - 3132333435363738393031323334353637383930\n"
                                         "HOTP/T30/8\tbob\t+\t3132333435363738393031323334353637383930\n",
                                         now);
    ASSERT_EQ(reading.generators.size(), 2U) << said(reading);
    EXPECT_EQ(reading.generators[0].user, "alice");
    EXPECT_EQ(reading.generators[0].line, 3U);
    EXPECT_EQ(reading.generators[0].counter, 0U);
    EXPECT_EQ(reading.generators[0].secret.reveal(), seed);
    EXPECT_EQ(reading.generators[1].digits, 8U);
    EXPECT_EQ(reading.generators[1].period, 30U);
}

/// What liboath 2.6.7 wrote after logins: the counter is that of the code which was used.
TEST(UsersOath, goes_on_behind_the_code_that_was_used) {
    const auto hotp = read_users_oath(
        "HOTP\talice\t-\t3132333435363738393031323334353637383930\t3\t969429\t2023-11-14T22:13:00L\n", now);
    ASSERT_EQ(hotp.generators.size(), 1U);
    EXPECT_EQ(hotp.generators[0].counter, 4U);
    ::setenv("TZ", "UTC", 1);
    const auto totp = read_users_oath(
        "HOTP/T30\tbob\t-\t3132333435363738393031323334353637383930\t6\t547540\t2023-11-14T22:13:00L\n", now);
    ASSERT_EQ(totp.generators.size(), 1U);
    EXPECT_EQ(totp.generators[0].counter, (now - 20) / 30 + 20) << "the widest window ahead of that moment";
    const auto later = read_users_oath(
        "HOTP/T30\tbob\t-\t3132333435363738393031323334353637383930\t6\t547540\t2033-11-14T22:13:00L\n", now);
    EXPECT_EQ(later.generators.at(0).counter, now / 30 + 20) << "no use is in the future";
}

TEST(UsersOath, refuses_what_would_be_weaker_here_or_is_not_understood) {
    for (const auto* line :
         {"HOTP alice 1234 3132333435363738393031323334353637383930", "MOTP alice - 31323334", "HOTP alice",
          "HOTP alice - 3132333x", "HOTP alice - 313", "HOTP alice - -", "HOTP alice - 31323334353637383930 x",
          "HOTP/T30 alice - 31323334353637383930 0 1 yesterday"})
        EXPECT_TRUE(is_refused(read_users_oath(line, now))) << line;
    EXPECT_EQ(said(read_users_oath("HOTP alice 1234 3132", now)).find("1234"), std::string::npos);
}

// --- links ---

TEST(Otpauth, gives_what_the_link_says) {
    const auto reading = read_otpauth(
        "# mine\notpauth://totp/ACME%20Co:alice?secret=" + seed
        + "&issuer=ACME&algorithm=SHA512&digits=8&period=60\r\n\notpauth://hotp/key?counter=9&secret=" + seed + "\n");
    ASSERT_EQ(reading.generators.size(), 2U) << said(reading);
    EXPECT_EQ(reading.generators[0].name, "ACME Co:alice");
    EXPECT_EQ(reading.generators[0].algorithm, "SHA512");
    EXPECT_EQ(reading.generators[0].digits, 8U);
    EXPECT_EQ(reading.generators[0].period, 60U);
    EXPECT_EQ(reading.generators[0].line, 2U);
    EXPECT_EQ(reading.generators[1].counter, 9U);
    EXPECT_FALSE(reading.generators[1].counts_time);
}

TEST(Otpauth, refuses_links_that_are_not_whole) {
    for (const std::string line :
         {"https://example.org", "otpauth://totp/a", "otpauth://totp/a?issuer=b", "otpauth://steam/a?secret=AAAA",
          "otpauth-migration://offline?data=CjEK", "otpauth://totp/a%2?secret=AAAA", "otpauth://totp"})
        EXPECT_TRUE(is_refused(read_otpauth(line))) << line;
    for (const auto* more : {"&digits=9", "&digits=x", "&period=0", "&period=90", "&algorithm=MD5", "&secret=A", "&x"})
        EXPECT_TRUE(is_refused(read_otpauth("otpauth://totp/a?secret=" + seed + more))) << more;
    for (const auto* more : {"", "&counter=-1", "&counter=4294967296", "&counter=1&algorithm=SHA256"})
        EXPECT_TRUE(is_refused(read_otpauth("otpauth://hotp/a?secret=" + seed + more))) << more;
}

// --- Aegis ---

std::string vault(const std::string& entries) {
    return R"({"version":1,"header":{"slots":null,"params":null},"db":{"version":3,"entries":[)" + entries + "]}}";
}
std::string entry(const std::string& type, const std::string& info) {
    return R"({"type":")" + type + R"(","uuid":"u","name":"alice","issuer":"host","info":{"secret":")" + seed
        + R"(","algo":"SHA1","digits":6,)" + info + "}}";
}

TEST(Aegis, gives_the_entries_of_a_plain_vault) {
    const auto reading = read_aegis(vault(entry("totp", R"("period":30)") + ',' + entry("hotp", R"("counter":4)")));
    ASSERT_EQ(reading.generators.size(), 2U) << said(reading);
    EXPECT_EQ(reading.generators[0].name, "host:alice");
    EXPECT_EQ(reading.generators[0].secret.reveal(), seed);
    EXPECT_EQ(reading.generators[1].line, 2U);
    EXPECT_EQ(reading.generators[1].counter, 5U) << "the fourth was shown";
}

TEST(Aegis, names_the_export_to_choose_where_the_vault_is_encrypted) {
    const auto reading = read_aegis(R"({"version":1,"header":{"slots":[{}],"params":{}},"db":"AAAA"})");
    EXPECT_TRUE(is_refused(reading));
    EXPECT_NE(said(reading).find("switch \"Encrypt the vault\" off"), std::string::npos);
}

TEST(Aegis, refuses_what_is_no_vault_or_no_entry) {
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("{"), std::string(R"({"db":{}})"),
          std::string(R"({"db":{"entries":{}}})"), std::string(100'000, '['), vault("1"), vault("{}"),
          vault(entry("steam", R"("period":30)")), vault(entry("totp", R"("period":"30")")),
          vault(entry("totp", R"("period":61)")), vault(entry("hotp", R"("x":1)")),
          vault(R"({"type":"totp","info":[]})"), vault(R"({"type":"totp","info":{"secret":1}})")})
        EXPECT_TRUE(is_refused(read_aegis(text))) << text.substr(0, 90);
}

// --- keys ---

TEST(Keys, of_pam_u2f_and_pam_yubico_are_left_where_they_are) {
    const auto u2f
        = read_u2f("alice:aGFuZGxl,a2V5,es256,+presence:aGFuZGxl,a2V5,es256,+presence+pin\nbob:aGFuZGxl,a2V5\n");
    ASSERT_EQ(u2f.notes.size(), 2U);
    EXPECT_EQ(u2f.notes[0].outcome, Outcome::kept);
    EXPECT_EQ(u2f.notes[0].user, "alice");
    EXPECT_TRUE(u2f.notes[0].text.starts_with("2 security keys: ")) << u2f.notes[0].text;
    const auto yubico = read_yubico("alice:ccccccbchvth:cccccccfeejh\n");
    EXPECT_TRUE(yubico.notes.at(0).text.starts_with("2 YubiKeys: "));
    for (const auto* line : {"alice", "alice:", ":aGFuZGxl,a2V5", "root:x:0:0:root:/root:/bin/bash"}) {
        EXPECT_EQ(read_u2f(line).notes.at(0).outcome, Outcome::refused) << line;
        EXPECT_EQ(read_yubico(line).notes.at(0).outcome, Outcome::refused) << line;
    }
}

}  // namespace
}  // namespace stepup::foreign
