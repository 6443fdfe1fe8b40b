#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/private_bus.hpp"
#include "tests/unit/bus_door/door.hpp"
#include "tests/unit/cli/fake_pam_socket.hpp"
#include "tests/unit/cli/run.hpp"

// The real `stepup`, in a terminal and without one, with the real door and rules of management over fakes.

namespace stepup::testing {
namespace {

using nlohmann::json;

constexpr int done = 0;
constexpr int refused = 1;
constexpr int usage = 2;
constexpr int unreachable = 3;
constexpr int not_authorized = 4;

class StepUp : public ::testing::Test {
protected:
    StepUp() {
        bus.start();
        door.open();
        EXPECT_TRUE(door.waits_for_name(1));
        pam.token = [this] { return door.token(); };
        pam.proved = [this] { door.on_loop([this] { prove(); }); };
    }

    void prove() {
        auto& made = door.bench.prove();
        made.account = root;
    }
    void enroll(std::int64_t id, FactorKind kind = FactorKind::totp, const std::string& label = "phone") {
        door.on_loop([=, this] {
            auto made = enrollment(id, kind, label);
            made.account = root;
            made.created = Seconds(1'700'000'000);
            made.primary = kind == FactorKind::totp && id == 1;
            made.issued = kind == FactorKind::recovery_code ? 10 : 0;
            door.bench.records.all.push_back(made);
        });
    }
    [[nodiscard]] std::size_t factors() {
        std::size_t count = 0;
        door.on_loop([&] { count = door.bench.records.all.size(); });
        return count;
    }

    Words with_socket(Words words) {
        words.insert(words.end(), {"--socket", path});
        return words;
    }
    Ran run(const Words& words, const Dialog& dialog = {}) { return in_terminal(with_socket(words), dialog); }
    Ran script(const Words& words) { return without_terminal(with_socket(words)); }

    const AccountKey root{0, "root"};
    const std::string path = std::filesystem::temp_directory_path() / ("stepup-cli-" + std::to_string(::getpid()));
    PrivateBus bus;
    Door door;
    FakePamSocket pam{path};
};

const std::string code = "Code (? for help): ";

// --- enrolling ---

TEST_F(StepUp, enroll_shows_a_picture_a_link_and_the_secret_and_then_recovery_codes) {
    const auto ran = run({"enroll", "totp", "--label", "phone"}, {{"Code that the app shows: ", "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_NE(ran.output.find("█▀▀▀"), std::string::npos);
    EXPECT_NE(ran.output.find("otpauth://totp/root"), std::string::npos);
    EXPECT_NE(ran.output.find("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"), std::string::npos);
    EXPECT_NE(ran.output.find("Save these recovery codes now; they are never shown again."), std::string::npos);
    EXPECT_NE(ran.output.find("    CODE-0    CODE-1\n"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("CODE-9\n"), std::string::npos);
}

TEST_F(StepUp, enroll_plain_shows_no_picture_and_spells_the_secret) {
    const auto ran = run({"enroll", "totp", "--plain"}, {{"Code that the app shows: ", "111111\n"}});
    EXPECT_EQ(ran.status, done);
    EXPECT_NE(ran.output.find("    G E Z D\n    G N B V\n"), std::string::npos) << ran.output;
    EXPECT_EQ(ran.output.find("█"), std::string::npos);
    EXPECT_NE(ran.output.find("otpauth://totp/root"), std::string::npos);
}

std::string content_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

TEST_F(StepUp, enroll_writes_a_picture_that_only_its_owner_may_read_and_says_that_it_is_a_secret) {
    const std::filesystem::path folder = path + "-qr";
    std::filesystem::create_directory(folder);
    for (const auto& [name, begins] : {std::pair{"code.png", "\x89PNG\r\n"}, std::pair{"code.svg", "<svg "}}) {
        const auto file = folder / name;
        const auto ran = run({"enroll", "totp", "--label", name, "--qr", file}, {{"app shows: ", "111111\n"}});
        EXPECT_EQ(ran.status, done) << ran.output;
        EXPECT_NE(ran.output.find("delete it once it is scanned"), std::string::npos) << ran.output;
        EXPECT_EQ(ran.output.find("█"), std::string::npos) << "one picture is enough";
        EXPECT_TRUE(content_of(file).starts_with(begins)) << name;
        EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
        door.on_loop([this] { prove(); });
    }
    std::filesystem::remove_all(folder);
}

TEST_F(StepUp, enroll_replaces_no_file_and_enrolls_nothing_where_there_is_one) {
    const std::filesystem::path file = path + ".svg";
    std::ofstream(file) << "mine";
    const auto ran = script({"enroll", "totp", "--qr", file});
    EXPECT_EQ(ran.status, usage);
    EXPECT_NE(ran.errors.find("there is such a file"), std::string::npos) << ran.errors;
    EXPECT_EQ(content_of(file), "mine");
    std::filesystem::remove(file);
    EXPECT_EQ(script({"enroll", "totp", "--qr", "/nonexistent/code.svg"}).status, usage);
    EXPECT_EQ(script({"enroll", "totp", "--qr", "code.gif"}).status, usage);
    EXPECT_EQ(factors(), 0U);
}

TEST_F(StepUp, enroll_that_is_refused_leaves_no_picture_behind) {
    pam.token = [this] { return door.token(1000); };
    const std::filesystem::path file = path + ".png";
    EXPECT_EQ(script({"enroll", "totp", "--qr", file}).status, not_authorized);
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(StepUp, enroll_with_three_wrong_codes_leaves_nothing_behind) {
    const auto ran = run({"enroll", "totp"},
                         {{"app shows: ", "222222\n"},
                          {"Not accepted. Code that the app shows: ", "333333\n"},
                          {"Not accepted. Code that the app shows: ", "444444\n"}});
    EXPECT_EQ(ran.status, refused) << ran.output;
    EXPECT_EQ(factors(), 0U);
}

TEST_F(StepUp, enroll_interrupted_says_how_to_finish_and_dies_of_the_signal) {
    const auto ran = run({"enroll", "totp"}, {{"app shows: ", "\x03"}});
    EXPECT_EQ(ran.status, 128 + SIGINT);
    EXPECT_NE(ran.output.find("`stepup confirm 101 CODE`"), std::string::npos) << ran.output;
}

TEST_F(StepUp, enroll_for_programs_takes_two_steps) {
    const auto started = script({"enroll", "totp", "--label", "phone", "--json"});
    ASSERT_EQ(started.status, done) << started.errors;
    const auto data = json::parse(started.output);
    EXPECT_EQ(data,
              (json{{"id", 101}, {"secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"uri", "otpauth://totp/root"}}));
    const auto wrong = script({"confirm", "101", "222222", "--json"});
    EXPECT_EQ(wrong.status, refused);
    EXPECT_EQ(json::parse(wrong.output)["error"], "InvalidCode");
    const auto confirmed = script({"confirm", "101", "111111", "--json"});
    EXPECT_EQ(confirmed.status, done);
    EXPECT_EQ(json::parse(confirmed.output)["confirmed"], true);
    EXPECT_EQ(json::parse(confirmed.output)["recovery_codes"].size(), 10U);
    const auto again = script({"confirm", "101", "111111", "--json"});
    EXPECT_EQ(json::parse(again.output)["error"], "AlreadyEnrolled");
}

TEST_F(StepUp, enroll_outside_of_ones_own_login_is_not_authorized) {
    pam.token = [this] { return door.token(1000); };
    const auto ran = run({"enroll", "totp"});
    EXPECT_EQ(ran.status, not_authorized);
    EXPECT_EQ(ran.output, "stepup: That token is not yours, not fresh, or used before.\n");
}

const std::string seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

TEST_F(StepUp, enroll_hotp_shows_what_the_token_needs_and_asks_for_its_next_code) {
    const auto ran
        = run({"enroll", "hotp", "--counter", "42", "--digits", "8"},
              {{"Next code of the token: ", "222222\n"}, {"Not accepted. Next code of the token: ", "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_NE(ran.output.find("otpauth://"), std::string::npos);
    EXPECT_NE(ran.output.find("Enrolled."), std::string::npos);
    door.on_loop([&] { EXPECT_EQ(door.bench.recorder.counters, std::vector<std::uint64_t>{42}); });
}

TEST_F(StepUp, enroll_hotp_takes_a_token_s_own_secret_unseen_and_shows_nothing_of_it) {
    const auto ran = run({"enroll", "hotp", "--own-secret"},
                         {{"Secret of the token (not shown): ", "GEZD-GNBV gy3t qojq GEZDGNBVGY3TQOJQ\n"},
                          {"Next code of the token: ", "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_EQ(ran.output.find("GEZD"), std::string::npos) << ran.output;
    EXPECT_EQ(ran.output.find("otpauth"), std::string::npos) << ran.output;
    door.on_loop([&] { EXPECT_EQ(door.bench.factors.brought(), "GEZDGNBVgy3tqojqGEZDGNBVGY3TQOJQ"); });
}

TEST_F(StepUp, enroll_ssh_security_key_asks_nothing_in_the_session_that_the_key_opened) {
    const Words words{"enroll", "ssh-security-key", "--label", "yubikey"};
    const auto elsewhere = script(words);
    EXPECT_EQ(elsewhere.status, not_authorized);
    EXPECT_NE(elsewhere.errors.find("was not opened by a security key"), std::string::npos) << elsewhere.errors;
    door.on_loop([&] {
        door.bench.policy->defaults.security_key_login = SecurityKeyLogin::verified;
        auto opener = Bench::own_terminal();
        door.bench.origins.opened(opener, {}, root, {{"sk-ssh-ed25519@openssh.com", "SHA256:key", true, false}});
    });
    const auto ran = script(words);
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_NE(ran.output.find("Enrolled.\n"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("CODE-9\n"), std::string::npos) << "the first factor brings recovery codes";
    EXPECT_NE(ran.output.find("sudo asks for a code as ever.\n"), std::string::npos);
    door.on_loop([&] {
        const auto& made = door.bench.records.all.front();
        EXPECT_TRUE(made.active && made.kind == FactorKind::ssh_security_key && made.label == "yubikey");
    });
}

TEST_F(StepUp, enroll_hotp_reads_a_secret_from_standard_input) {
    for (const auto& [line, options] : std::vector<std::pair<std::string, Words>>{
             {seed + "\n", {}},
             {seed, {}},
             {"3132333435363738 3930313233343536 37383930\r\nmore", {"--hex"}},
         }) {
        Words words{"enroll", "hotp", "--own-secret", "--json"};
        words.insert(words.end(), options.begin(), options.end());
        const auto ran = without_terminal(with_socket(words), line);
        EXPECT_EQ(ran.status, done) << ran.output;
        EXPECT_EQ(json::parse(ran.output)["secret"], "");
        door.on_loop([&] { EXPECT_EQ(door.bench.factors.brought(), seed); });
    }
}

TEST_F(StepUp, enroll_hotp_without_the_secret_it_was_to_bring_enrolls_nothing) {
    for (const auto& [line, words] : std::vector<std::pair<std::string, Words>>{
             {"", {"enroll", "hotp", "--own-secret"}},
             {"\n" + seed, {"enroll", "hotp", "--own-secret"}},
             {"not hexadecimal", {"enroll", "hotp", "--own-secret", "--hex"}},
         }) {
        const auto ran = without_terminal(with_socket(words), line);
        EXPECT_EQ(ran.status, usage) << line;
        EXPECT_TRUE(ran.errors.starts_with("stepup: ")) << ran.errors;
    }
    EXPECT_EQ(factors(), 0U);
}

// --- step-up on the way ---

TEST_F(StepUp, remove_asks_for_a_factor_first_and_then_does_it) {
    enroll(1);
    enroll(2, FactorKind::totp, "tablet");
    const auto ran = run({"remove", "tablet"}, {{code, "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_NE(ran.output.find("This needs a recent verification.\n"), std::string::npos);
    EXPECT_NE(ran.output.find("Removed totp \"tablet\".\n"), std::string::npos);
    EXPECT_EQ(factors(), 1U);
}

TEST_F(StepUp, remove_goes_by_id_too_and_knows_what_is_not_there) {
    enroll(1);
    enroll(2, FactorKind::totp, "tablet");
    door.on_loop([this] { prove(); });
    EXPECT_EQ(json::parse(run({"remove", "2", "--json"}).output), (json{{"removed", 2}}));
    const auto ran = run({"remove", "watch"});
    EXPECT_EQ(ran.status, refused);
    EXPECT_EQ(ran.output, "stepup: You have no such factor. `stepup list` shows those you have.\n");
}

TEST_F(StepUp, remove_fails_where_nobody_can_be_asked) {
    enroll(1);
    for (const auto& ran : {script({"remove", "phone"}), script({"remove", "phone", "--no-prompt"})}) {
        EXPECT_EQ(ran.status, not_authorized);
        EXPECT_EQ(ran.errors,
                  "stepup: This needs a recent verification by totp. Run `stepup verify`, then try again.\n");
    }
    EXPECT_EQ(factors(), 1U);
}

TEST_F(StepUp, remove_fails_after_wrong_codes) {
    enroll(1);
    const auto ran = run({"remove", "phone"}, {{code, "1\n"}, {code, "2\n"}, {code, "3\n"}});
    EXPECT_EQ(ran.status, not_authorized);
    EXPECT_NE(ran.output.find("stepup: Too many wrong codes.\n"), std::string::npos) << ran.output;
    EXPECT_EQ(factors(), 1U);
}

TEST_F(StepUp, rename_and_primary_go_by_label_and_say_what_is_now) {
    enroll(1);
    enroll(2, FactorKind::totp, "tablet");
    auto ran = run({"rename", "tablet", "old tablet"}, {{code, "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_NE(ran.output.find("totp \"tablet\" is now \"old tablet\".\n"), std::string::npos) << ran.output;
    EXPECT_EQ(json::parse(script({"primary", "old tablet", "--json"}).output), (json{{"primary", 2}}));
    EXPECT_EQ(run({"primary", "1"}).output, "totp \"phone\" is asked for first from now on.\n");
    EXPECT_EQ(json::parse(script({"rename", "1", "p", "--json"}).output), (json{{"renamed", 1}, {"label", "p"}}));
    EXPECT_EQ(json::parse(script({"rename", "p", "old tablet", "--json"}).output)["error"], "AlreadyEnrolled");
    EXPECT_EQ(script({"rename", "p", "two\nlines"}).status, usage);
    for (const auto& words : {Words{"rename", "watch", "x"}, Words{"primary", "watch"}}) {
        ran = script(words);
        EXPECT_EQ(ran.status, refused);
        EXPECT_EQ(ran.errors, "stepup: You have no such factor. `stepup list` shows those you have.\n");
    }
}

TEST_F(StepUp, disable_asks_whether_it_is_meant_and_then_for_a_factor) {
    enroll(1);
    enroll(2, FactorKind::totp, "tablet");
    auto ran = run({"disable"}, {{"to go on: ", "yes\n"}});
    EXPECT_EQ(ran.status, not_authorized);
    EXPECT_NE(ran.output.find("stepup: Nothing was changed.\n"), std::string::npos) << ran.output;
    EXPECT_EQ(factors(), 2U);
    ran = run({"disable"}, {{"to go on: ", "disable\n"}, {code, "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_NE(ran.output.find("Your 2 factors and recovery codes are removed."), std::string::npos) << ran.output;
    EXPECT_EQ(factors(), 0U);
}

TEST_F(StepUp, disable_for_scripts_must_be_told_that_it_is_meant) {
    enroll(1);
    door.on_loop([this] { prove(); });
    for (const auto& words : {Words{"disable"}, Words{"disable", "--no-prompt"}}) {
        EXPECT_EQ(script(words).status, usage);
        EXPECT_EQ(factors(), 1U);
    }
    EXPECT_EQ(json::parse(script({"disable", "--yes", "--json"}).output), (json{{"removed", 1}}));
    EXPECT_EQ(factors(), 0U);
    EXPECT_EQ(json::parse(script({"disable", "--yes", "--json"}).output)["error"], "NotEnrolled");
}

TEST_F(StepUp, recovery_counts_and_renews) {
    enroll(1);
    enroll(9, FactorKind::recovery_code, "recovery codes");
    EXPECT_EQ(run({"recovery"}).output, "10 of 10 recovery codes are left.\n");
    EXPECT_EQ(json::parse(script({"recovery", "--json"}).output), (json{{"left", 10}, {"issued", 10}}));
    const auto ran = run({"recovery", "regenerate"}, {{code, "111111\n"}});
    EXPECT_EQ(ran.status, done);
    EXPECT_NE(ran.output.find("The old recovery codes are void.\n"), std::string::npos) << ran.output;
    EXPECT_EQ(json::parse(script({"recovery", "regenerate", "--json"}).output)["recovery_codes"].size(), 10U);
}

// --- trusted keys ---

TEST_F(StepUp, keys_are_shown_and_forgotten_one_by_one_or_all_but_never_by_mistake) {
    EXPECT_EQ(run({"keys", "list"}).output, "You trust no SSH key on this host.\n");
    const std::string fingerprint = "SHA256:dguPO7tYJH+NZI+03Do4xXQeuf+7oU1suAPIOIjlTIE";
    door.on_loop([&] {
        for (const std::int64_t id : {3, 4, 12}) {
            stepup::TrustedKey key;
            key.id = id;
            key.account = root;
            key.fingerprint = id == 3 ? fingerprint : "SHA256:" + std::string(43, id == 4 ? 'a' : 'b');
            key.type = "ssh-ed25519";
            key.network = "192.0.2.0/24";
            key.created = Seconds(1'700'000'000);
            key.expires = Seconds(4'000'000'000);
            if (id == 4) key.last_used = Seconds(1'700'100'000);
            door.bench.records.trusted.push_back(key);
        }
    });
    EXPECT_EQ(run({"keys", "list"}).output,
              "ID   KEY                                                 UNTIL       LAST USED\n"
              "3    "
                  + fingerprint
                  + "  2096-10-02  never\n"
                    "4    SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  2096-10-02  2023-11-16\n"
                    "12   SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  2096-10-02  never\n");
    EXPECT_EQ(json::parse(script({"keys", "list", "--json"}).output)["keys"][0],
              (json{{"id", 3},
                    {"fingerprint", fingerprint},
                    {"type", "ssh-ed25519"},
                    {"factor", "totp"},
                    {"network", "192.0.2.0/24"},
                    {"trusted", 1'700'000'000},
                    {"expires", 4'000'000'000},
                    {"last_used", nullptr},
                    {"uses", 0}}));
    EXPECT_EQ(script({"keys", "forget"}).status, usage);
    EXPECT_EQ(script({"keys", "forget", "3", "--all"}).status, usage);
    EXPECT_EQ(script({"keys", "forget", "SHA256:aaaa"}).status, refused);
    EXPECT_EQ(run({"keys", "forget", fingerprint.substr(7)}).output, "Forgot 1 trusted key.\n");
    EXPECT_EQ(run({"keys", "forget", "--all"}).output, "Forgot 2 trusted keys.\n");
    EXPECT_EQ(run({"keys", "forget", "--all"}).output, "There was no trusted key.\n");
}

TEST_F(StepUp, admin_keys_shows_and_forgets_those_of_a_user) {
    EXPECT_EQ(run({"admin", "keys", "list", "alice"}).output, "This user trusts no SSH key.\n");
    door.on_loop([&] {
        for (const std::int64_t id : {3, 4}) {
            stepup::TrustedKey key;
            key.id = id;
            key.account = {1000, "alice"};
            key.fingerprint = "SHA256:" + std::string(43, id == 3 ? 'a' : 'b');
            key.expires = Seconds(4'000'000'000);
            door.bench.records.trusted.push_back(key);
        }
    });
    EXPECT_NE(run({"admin", "keys", "list", "alice"}).output.find("\n3    SHA256:aaa"), std::string::npos);
    EXPECT_EQ(script({"admin", "keys", "list", "nobody-here"}).status, refused);
    EXPECT_EQ(script({"admin", "keys", "forget", "alice"}).status, usage);
    EXPECT_EQ(script({"admin", "keys", "forget", "alice", "5"}).status, refused);
    EXPECT_EQ(json::parse(script({"admin", "keys", "forget", "alice", "3", "--json"}).output),
              (json{{"forgotten", 1}}));
    EXPECT_EQ(run({"admin", "keys", "forget", "alice", "--all"}).output, "Forgot 1 trusted key.\n");
}

// --- looking ---

TEST_F(StepUp, list_is_a_table_sentences_or_json) {
    EXPECT_EQ(run({"list"}).output, "You have no factor yet. `stepup enroll totp` sets one up.\n");
    EXPECT_EQ(json::parse(script({"list", "--json"}).output), (json{{"factors", json::array()}}));
    enroll(1);
    EXPECT_EQ(run({"list"}).output,
              "ID     TYPE  LABEL  STRENGTH  ENROLLED    LAST USED\n"
              "1   *  totp  phone  otp       2023-11-14  never\n"
              "* is asked for first.\n");
    EXPECT_EQ(run({"list", "--plain"}).output,
              "Factor 1: totp, phone, as strong as otp, asked for first, enrolled 2023-11-14,\nlast used never.\n");
    EXPECT_EQ(json::parse(script({"list", "--json"}).output)["factors"][0],
              (json{{"id", 1},
                    {"type", "totp"},
                    {"label", "phone"},
                    {"strength", "otp"},
                    {"active", true},
                    {"primary", true},
                    {"enrolled", 1'700'000'000},
                    {"last_used", nullptr}}));
}

TEST_F(StepUp, status_tells_what_is_recent) {
    auto ran = run({"status"});
    EXPECT_EQ(ran.status, done);
    EXPECT_EQ(ran.output,
              "Enrolled:  no, `stepup enroll totp` sets a factor up\n"
              "Policy:    a second factor is optional for stepup itself\n"
              "Recent:    no\n");
    enroll(1);
    door.on_loop([this] { prove(); });
    ran = run({"status", "--service", "sudo"});
    EXPECT_EQ(ran.output,
              "Enrolled:  yes\n"
              "Policy:    a second factor is optional for sudo\n"
              "Recent:    yes, by totp, in this terminal, for another 10 min\n");
    EXPECT_EQ(json::parse(script({"status", "--json"}).output),
              (json{{"enrolled", true},
                    {"requirement", "optional"},
                    {"recent", true},
                    {"remaining", 600},
                    {"factor", "totp"},
                    {"strength", "otp"},
                    {"scope", "terminal"}}));
}

TEST_F(StepUp, lock_ends_windows) {
    EXPECT_EQ(run({"lock"}).output, "Locked: the next step asks for a factor again.\n");
    EXPECT_EQ(json::parse(script({"lock", "--all", "--json"}).output), (json{{"ended", 2}}));
    door.on_loop([&] { EXPECT_FALSE(door.bench.recorder.ended.back().only_in); });
}

// --- administration ---

TEST_F(StepUp, admin_status_shows_one_account_to_people_and_programs) {
    door.on_loop([&] { door.bench.enroll(1); });
    const auto shown = run({"admin", "status", "alice"});
    EXPECT_EQ(shown.status, done);
    EXPECT_NE(shown.output.find("User:            alice, uid 1000\n"), std::string::npos) << shown.output;
    EXPECT_NE(shown.output.find("Factors:         1\n"), std::string::npos);
    EXPECT_NE(shown.output.find("Last verified:   never\n"), std::string::npos);
    const auto data = json::parse(script({"admin", "status", "alice", "--json"}).output);
    EXPECT_EQ(data["factors"], 1);
    EXPECT_EQ(data["last_verified"], nullptr);
    EXPECT_EQ(script({"admin", "status", "nobody-here"}).status, refused);
}

TEST_F(StepUp, admin_status_goes_through_every_page) {
    door.on_loop([&] {
        for (uid_t uid = 1; uid <= 1200; ++uid) {
            AccountSummary summary;
            summary.account = {uid, "user" + std::to_string(uid)};
            summary.standing.locked = uid == 7;
            door.bench.records.summed_up.push_back(summary);
        }
    });
    const auto text = script({"admin", "status"}).output;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1201) << "a head, and a line for each";
    EXPECT_NE(text.find("user7                7          0       0/0   until unlocked   never\n"), std::string::npos)
        << text.substr(0, 800);
    std::istringstream lines(script({"admin", "status", "--json"}).output);
    unsigned count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_EQ(json::parse(line)["uid"], count + 1);
    EXPECT_EQ(count, 1200U);
}

TEST_F(StepUp, admin_status_finds_orphans_and_says_if_there_are_none) {
    EXPECT_EQ(script({"admin", "status", "--orphans"}).output, "Every factor belongs to an account of this host.\n");
    door.on_loop([&] {
        for (const auto* name : {"alice", "nobody-here", "slow"}) {
            AccountSummary summary;
            summary.account = {name == std::string("alice") ? 900U : 1000U, name};
            door.bench.records.summed_up.push_back(summary);
        }
    });
    const auto found = script({"admin", "status", "--orphans"}).output;
    EXPECT_NE(found.find("alice                900        0       that user has another uid now\n"), std::string::npos)
        << found;
    EXPECT_NE(found.find("nobody-here          1000       0       there is no such user any more\n"),
              std::string::npos);
    EXPECT_EQ(found.find("slow"), std::string::npos) << "who cannot be looked up is none";
    EXPECT_EQ(script({"admin", "status", "alice", "--orphans"}).status, usage);
    EXPECT_EQ(script({"admin", "status", "--not-enrolled", "--orphans"}).status, usage);
}

TEST_F(StepUp, admin_reset_asks_whether_it_is_meant) {
    door.on_loop([&] { door.bench.enroll(1); });
    const std::string question = "Type \"reset\" to go on: ";
    EXPECT_EQ(run({"admin", "reset", "alice"}, {{question, "yes\n"}}).status, not_authorized);
    EXPECT_EQ(run({"admin", "reset", "alice"}, {{question, "\n"}}).status, not_authorized);
    const auto nobody = script({"admin", "reset", "alice"});
    EXPECT_EQ(nobody.status, usage);
    EXPECT_NE(nobody.errors.find("--yes"), std::string::npos) << nobody.errors;
    door.on_loop([&] { EXPECT_TRUE(door.bench.recorder.resets.empty()); });
    const auto meant = run({"admin", "reset", "alice"}, {{question, "reset\n"}});
    EXPECT_NE(meant.output.find("Reset alice: 1 factor is removed.\n"), std::string::npos) << meant.output;
    EXPECT_EQ(json::parse(script({"admin", "reset", "gone", "--uid", "4711", "--yes", "--json"}).output)["factors"], 0);
    door.on_loop([&] { EXPECT_EQ(door.bench.recorder.resets.at(1).account, (AccountKey{4711, "gone"})); });
}

TEST_F(StepUp, admin_bypass_and_invite_show_a_code_once) {
    const auto shown = run({"admin", "bypass", "alice", "--reason", "lost phone", "--for", "2d"});
    EXPECT_EQ(shown.status, done) << shown.output;
    EXPECT_NE(
        shown.output.find("Give this code to alice. It is shown only now, and good once, until\n"
                          "2023-11-16 22:13, at any prompt for a code. It also permits to enroll:\n\n    CODE-0\n\n"),
        std::string::npos)
        << shown.output;
    const auto invite = json::parse(script({"admin", "invite", "alice", "--json"}).output);
    EXPECT_EQ(invite, (json{{"user", "alice"}, {"code", "CODE-0"}, {"expires", 1'700'000'000 + 86'400}}));
    EXPECT_EQ(json::parse(script({"admin", "bypass", "alice", "--reason", "why", "--json"}).output)["expires"],
              1'700'000'000 + 3600);
    EXPECT_EQ(script({"admin", "bypass", "alice"}).status, usage) << "a reason is needed";
    EXPECT_EQ(script({"admin", "bypass", "alice", "--reason", "why", "--for", "8d"}).status, usage);
    EXPECT_EQ(script({"admin", "invite", "alice", "--for", "soon"}).status, usage);
    EXPECT_EQ(script({"admin", "invite", "nobody-here"}).status, refused);
}

TEST_F(StepUp, admin_unlock_forgets_failures_of_a_user_and_of_an_address) {
    EXPECT_EQ(run({"admin", "unlock", "alice"}).output, "Unlocked alice: 7 failures are forgotten.\n");
    EXPECT_EQ(json::parse(script({"admin", "unlock", "alice", "--json"}).output),
              (json{{"user", {{"name", "alice"}, {"failures", 7}}}}));
    EXPECT_EQ(json::parse(script({"admin", "unlock", "--source", "192.0.2.7", "--json"}).output),
              (json{{"source", {{"name", "192.0.2.7"}, {"failures", 7}}}}));
    EXPECT_EQ(script({"admin", "unlock", "alice", "--source", "192.0.2.7"}).output,
              "Unlocked alice: 7 failures are forgotten.\nUnlocked 192.0.2.7: 7 failures are forgotten.\n");
    door.on_loop([&] { EXPECT_EQ(door.bench.recorder.unlocked.size(), 5U); });
}

TEST_F(StepUp, admin_unlock_says_whom_it_does_not_know_and_what_is_missing) {
    const auto unknown = script({"admin", "unlock", "nobody-here"});
    EXPECT_EQ(unknown.status, refused);
    EXPECT_EQ(unknown.errors, "stepup: This host knows no such user. `getent passwd` shows those it knows.\n");
    EXPECT_EQ(json::parse(script({"admin", "unlock", "nobody-here", "--json"}).output)["error"], "NoSuchUser");
    EXPECT_EQ(script({"admin", "unlock", "--source", "alice"}).status, usage);
    const auto nobody = script({"admin", "unlock"});
    EXPECT_EQ(nobody.status, usage);
    EXPECT_EQ(nobody.errors, "stepup: Say whom: a user, or --source and an address.\n");
}

// --- verifying ---

TEST_F(StepUp, verify_asks_until_it_is_right) {
    const auto ran = run({"verify", "--factor", "phone"}, {{code, "000000\n"}, {"Not accepted. " + code, "111111\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_EQ(pam.last.max_age, 0U);
    EXPECT_EQ(pam.last_factor, "phone");
    EXPECT_NE(ran.output.find("Verified.\n"), std::string::npos);
}

TEST_F(StepUp, verify_refused_says_so) {
    const auto ran = run({"verify"}, {{code, "1\n"}, {code, "2\n"}, {code, "3\n"}});
    EXPECT_EQ(ran.status, refused);
    EXPECT_NE(ran.output.find("stepup: Too many wrong codes.\n"), std::string::npos);
}

TEST_F(StepUp, verify_for_programs_still_asks_at_the_terminal) {
    const auto ran = run({"verify", "--json"}, {{code, "111111\n"}});
    EXPECT_EQ(json::parse(ran.output.substr(ran.output.find('{'))), (json{{"verified", true}}));
}

TEST_F(StepUp, verify_withdraws_where_nobody_can_answer) {
    const auto ran = script({"verify"});
    EXPECT_EQ(ran.status, refused);
    EXPECT_EQ(ran.errors, "stepup: There is no terminal to ask at.\n");
    EXPECT_TRUE(pam.withdrawn.try_acquire_for(long_enough));
}

TEST_F(StepUp, verify_interrupted_withdraws_and_dies_of_the_signal) {
    EXPECT_EQ(run({"verify"}, {{code, "\x03"}}).status, 128 + SIGINT);
    EXPECT_TRUE(pam.withdrawn.try_acquire_for(long_enough));
}

TEST_F(StepUp, verify_shows_no_control_characters_of_the_server) {
    pam.prompt = "1: \033[2Jphone\n" + code;
    const auto ran = run({"verify"}, {{code, "111111\n"}});
    EXPECT_NE(ran.output.find("1: ?[2Jphone\n" + code), std::string::npos) << ran.output;
}

TEST_F(StepUp, verify_believes_no_verdict_on_another_login) {
    pam.wrong_login = 1;
    const auto ran = run({"verify"}, {{code, "111111\n"}});
    EXPECT_EQ(ran.status, unreachable);
}

TEST_F(StepUp, require_passes_in_silence_or_asks_or_fails) {
    EXPECT_EQ(script({"require"}).status, refused);
    EXPECT_EQ(pam.last.max_age, wire::policy_window);
    EXPECT_EQ(pam.last.may_ask, 0);
    EXPECT_EQ(run({"require", "--no-prompt"}).status, refused);
    EXPECT_EQ(json::parse(script({"require", "--json"}).output)["recent"], false);
    EXPECT_EQ(run({"require", "--window", "5m"}, {{code, "111111\n"}}).status, done);
    EXPECT_EQ(pam.last.max_age, 300U);
    pam.without_asking = Decision::granted;
    const auto ran = script({"require", "--no-prompt", "--window", "5m"});
    EXPECT_EQ(ran.status, done);
    EXPECT_EQ(ran.output + ran.errors, "");
    EXPECT_EQ(json::parse(script({"require", "--json"}).output), (json{{"recent", true}}));
}

TEST_F(StepUp, require_does_not_pass_where_nothing_was_proved) {
    for (const auto decision : {Decision::not_required, Decision::unavailable}) {
        pam.without_asking = decision;
        EXPECT_EQ(script({"require"}).status, decision == Decision::unavailable ? unreachable : refused);
    }
}

TEST_F(StepUp, verify_takes_the_factor_by_its_name) {
    EXPECT_EQ(run({"verify", "old phone"}, {{code, "111111\n"}}).status, done);
    EXPECT_EQ(pam.last_factor, "old phone");
    EXPECT_EQ(script({"verify", "phone", "--factor", "tablet"}).status, usage);
}

TEST_F(StepUp, verify_for_a_service_shows_what_will_do_and_asks_for_what_is_picked) {
    enroll(1);
    enroll(9, FactorKind::recovery_code, "recovery codes");
    door.on_loop([&] { door.bench.recorder.outcome = Outcome::accepted; });
    auto ran = run({"verify", "--service", "sudo"},
                   {{"Which one? [1] ", "2\n"},
                    {"Code of recovery-code (10 of 10 left): ", "111111\n"},
                    {"Code of recovery-code (10 of 10 left): ", "GOOD\n"}});
    EXPECT_EQ(ran.status, done) << ran.output;
    EXPECT_TRUE(ran.output.starts_with("For sudo one of these will do:\n"
                                       "  1  totp \"phone\", asked for first\n"
                                       "  2  recovery-code (10 of 10 left)\n"))
        << ran.output;
    EXPECT_NE(ran.output.find("That looks like a code of another factor of yours. Use the one that was asked\nfor.\n"),
              std::string::npos)
        << ran.output;
    EXPECT_TRUE(ran.output.ends_with("Verified.\n")) << ran.output;
    ran = run({"verify", "phone", "--service", "sudo", "--json"}, {{"Code of totp \"phone\": ", "111111\n"}});
    EXPECT_EQ(json::parse(ran.output.substr(ran.output.find('{'))), (json{{"verified", true}})) << ran.output;
}

TEST_F(StepUp, verify_for_a_service_gives_up_after_three_wrong_codes_and_when_nobody_answers) {
    enroll(1);
    const std::string question = "Code of totp \"phone\": ";
    auto ran = run({"verify", "--service", "sudo"},
                   {{question, "222222\n"}, {question, "222222\n"}, {question, "222222\n"}});
    EXPECT_EQ(ran.status, refused);
    EXPECT_TRUE(ran.output.ends_with("Begin again.\n")) << ran.output;
    ran = run({"verify", "--service", "sudo"}, {{question, "\x04"}});
    EXPECT_EQ(ran.status, refused);
    EXPECT_TRUE(ran.output.ends_with("stepup: Cancelled.\n")) << ran.output;
    EXPECT_EQ(run({"verify", "watch", "--service", "sudo"}).status, refused);
}

TEST_F(StepUp, verify_for_a_service_only_lists_where_nobody_can_be_asked) {
    enroll(1);
    const auto ran = script({"verify", "--service", "sudo", "--json"});
    EXPECT_EQ(ran.status, refused);
    const auto data = json::parse(ran.output);
    EXPECT_EQ(data["verified"], false);
    EXPECT_EQ(data["factors"][0]["label"], "phone");
    EXPECT_EQ(json::parse(script({"verify", "--service", "sudo", "watch", "--json"}).output)["error"], "NoSuchFactor");
}

TEST_F(StepUp, json_says_how_long_to_wait) {
    enroll(1);
    const auto id = std::to_string([&] {
        std::int64_t begun = 0;
        door.on_loop([&] {
            begun = door.bench.begin("new");
            door.bench.recorder.find(begun)->account = root;
            prove();
            door.bench.recorder.outcome = Outcome::later;
            door.bench.recorder.later = door.bench.clock.at.boot + Seconds(7);
        });
        return begun;
    }());
    const auto data = json::parse(script({"confirm", id, "222222", "--json"}).output);
    EXPECT_EQ(data,
              (json{{"error", "RateLimited"},
                    {"message", "Too many wrong codes. Wait 7 s, then try again."},
                    {"seconds", 7}}));
}

// --- when things are missing ---

TEST(StepUpAlone, tells_that_the_daemon_is_not_there) {
    PrivateBus bus;
    for (const bool with_bus : {false, true}) {
        if (with_bus) bus.start();
        for (const auto& verb : {Words{"list"}, Words{"status"}, Words{"verify"}, Words{"require"}, Words{"lock"},
                                 Words{"recovery"}, Words{"enroll", "totp"}, Words{"remove", "1"},
                                 Words{"rename", "1", "x"}, Words{"primary", "1"}, Words{"disable", "--yes"}}) {
            auto words = verb;
            words.insert(words.end(), {"--socket", "/nonexistent/pam.sock"});
            const auto ran = without_terminal(words);
            EXPECT_EQ(ran.status, unreachable) << verb.front();
            EXPECT_TRUE(ran.errors.starts_with("stepup: ")) << ran.errors;
            words.push_back("--json");
            EXPECT_EQ(json::parse(without_terminal(words).output)["error"], "Unavailable");
        }
    }
}

TEST(StepUpAlone, tells_wrong_usage) {
    for (const auto& words :
         {Words{}, Words{"frobnicate"}, Words{"enroll"}, Words{"enroll", "carrier-pigeon"}, Words{"list", "everything"},
          Words{"remove"}, Words{"confirm", "3"}, Words{"rename", "a"}, Words{"primary"}, Words{"disable", "me"},
          Words{"require", "--window", "5 minutes"}, Words{"enroll", "totp", "--digits", "9"},
          Words{"enroll", "totp", "--algorithm", "MD5"}, Words{"enroll", "hotp", "--counter", "-1"},
          Words{"enroll", "hotp", "--counter", "4294967296"}, Words{"enroll", "hotp", "--hex"}, Words{"admin"},
          Words{"admin", "unlock", "a", "b"}, Words{"status", "--colour"}}) {
        const auto ran = without_terminal(words);
        EXPECT_EQ(ran.status, usage);
        EXPECT_NE(ran.errors.find("\nTry: stepup"), std::string::npos) << ran.errors;
        EXPECT_TRUE(ran.errors.ends_with(" --help\n")) << ran.errors;
    }
    EXPECT_TRUE(without_terminal({"admin", "bypass", "alice"}).errors.ends_with("\nTry: stepup admin bypass --help\n"));
    EXPECT_NE(without_terminal({"frobnicate"}).errors.find("unknown: frobnicate"), std::string::npos);
}

TEST(StepUpAlone, helps_with_an_example_in_80_columns) {
    for (const auto& words : {Words{"--help"}, Words{"enroll", "totp", "--help"}, Words{"require", "--help"}}) {
        const auto ran = without_terminal(words);
        EXPECT_EQ(ran.status, done);
        EXPECT_NE(ran.output.find(words.size() == 1 ? "Exit status:" : "Example:"), std::string::npos);
        std::istringstream lines(ran.output);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
    }
}

}  // namespace
}  // namespace stepup::testing
