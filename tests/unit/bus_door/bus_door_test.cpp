#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <future>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "dbus/client.hpp"
#include "dbus/names.hpp"
#include "policy/demand_fields.hpp"
#include "tests/support/private_bus.hpp"
#include "tests/unit/bus_door/door.hpp"

namespace stepup::testing {
namespace {

using bus::Client;

class BusDoorTest : public ::testing::Test {
protected:
    BusDoorTest() {
        bus.start();
        door.open();
        EXPECT_TRUE(door.waits_for_name(1));
    }

    /// "" for success, else the error's name.
    template <class... In> std::string error_of(const char* interface, const char* method, const In&... in) {
        auto client = Client::open();
        if (!client) return "no bus";
        const auto reply = client->call(interface, method, in...);
        return reply ? "" : std::string(row_of(reply.error().error).name);
    }

    PrivateBus bus;
    Door door;
};

/// What a command prints, run as `uid`.
std::string output_of(uid_t uid, const std::string& command) {
    const auto id = std::to_string(uid);
    const auto whole = "setpriv --reuid " + id + " --regid " + id + " --clear-groups " + command + " 2>&1";
    std::string output;
    auto* pipe = ::popen(whole.c_str(), "r");
    std::array<char, 256> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) output += piece.data();
    ::pclose(pipe);
    return output;
}

std::string busctl(const PrivateBus& bus, uid_t uid, const std::string& call) {
    return output_of(uid, "busctl --address=" + bus.address() + " call " + call);
}

constexpr uid_t somebody = 1;  // "daemon", on every Debian: the bus turns away whoever has no account

const std::string list = "org.stepup.StepUp1 /org/stepup/StepUp1 org.stepup.StepUp1.Factors List";

/// Interfaces, methods and arguments of ours in an introspection text, one a line.
std::set<std::string> members(const std::string& xml) {
    const std::regex tag("<(interface|method|arg|signal|property)\\s+([^>]*?)/?>");
    const std::regex attribute("(\\w+)=\"([^\"]*)\"");
    std::set<std::string> found;
    std::string interface;
    std::string method;
    int position = 0;
    for (std::sregex_iterator at(xml.begin(), xml.end(), tag), end; at != end; ++at) {
        const std::string kind = (*at)[1];
        const std::string text = (*at)[2];
        std::map<std::string, std::string> has;
        for (std::sregex_iterator one(text.begin(), text.end(), attribute); one != end; ++one)
            has[(*one)[1]] = (*one)[2];
        if (kind == "interface") interface = has["name"];
        if (kind == "method") {
            method = has["name"];
            position = 0;
        }
        if (!interface.starts_with("org.stepup.")) continue;
        std::string line = kind + ' ' + interface;
        if (kind != "interface") line += '.' + method;
        if (kind == "arg")
            line += ' ' + std::to_string(position++) + ' ' + has["direction"] + ' ' + has["type"] + ' ' + has["name"];
        found.insert(line);
    }
    return found;
}

std::string file(const char* path) {
    std::ostringstream text;
    text << std::ifstream(std::string(std::getenv("STEPUP_SOURCE")) + '/' + path).rdbuf();
    return text.str();
}

// --- what is offered ---

TEST_F(BusDoorTest, offers_what_the_interface_file_says) {
    auto client = Client::open();
    ASSERT_TRUE(client);
    const auto reply = client->call("org.freedesktop.DBus.Introspectable", "Introspect");
    ASSERT_TRUE(reply);
    const char* xml = nullptr;
    ASSERT_GT(sd_bus_message_read_basic(reply->get(), 's', &xml), 0);
    const auto promised = members(file("dbus/org.stepup.StepUp1.xml"));
    EXPECT_EQ(members(xml), promised);
    EXPECT_EQ(promised.count("arg org.stepup.StepUp1.Factors.Confirm 3 out as recovery_codes"), 1U);
}

TEST(Gatekeeper, has_a_row_for_each_method_and_no_other) {
    std::set<std::string> rows;
    for (const auto& row : gate_rows)
        rows.insert("method " + std::string(row.interface) + '.' + std::string(row.method));
    std::set<std::string> methods;
    for (const auto& line : members(file("dbus/org.stepup.StepUp1.xml")))
        if (line.starts_with("method ")) methods.insert(line);
    EXPECT_EQ(rows, methods);
}

TEST(Gatekeeper, no_method_takes_a_uid_or_a_user_but_those_for_admins) {
    for (const auto& line : members(file("dbus/org.stepup.StepUp1.xml"))) {
        if (std::regex_search(line, std::regex(R"(org\.stepup\.StepUp1\.(Admin|Policy)\.)"))) continue;
        EXPECT_FALSE(std::regex_search(line, std::regex(" in .*(uid|user|pid|account)"))) << line;
    }
    const auto is_for_admins = [](const auto& row) {
        return row.interface == bus::admin_interface || row.interface == bus::policy_interface;
    };
    for (const auto& row : gate_rows) EXPECT_EQ(is_for_admins(row), row.needs == Needs::admin) << row.method;
}

TEST(Gatekeeper, names_only_actions_that_polkit_is_told_of_and_that_are_ours_to_ask_about) {
    const auto policy = file("dbus/org.stepup.policy");
    for (const auto& row : gate_rows) {
        const auto at = policy.find("<action id=\"" + std::string(row.action) + "\">");
        ASSERT_NE(at, std::string::npos) << row.action;
        const auto action = policy.substr(at, policy.find("</action>", at) - at);
        EXPECT_NE(action.find("policykit.owner\">unix-user:stepup<"), std::string::npos) << row.action;
        const bool asks_admin = action.find("<allow_any>auth_admin</allow_any>") != std::string::npos;
        EXPECT_EQ(asks_admin, row.needs == Needs::admin) << row.method;
    }
}

TEST_F(BusDoorTest, knows_no_other_method_and_no_call_without_an_interface) {
    EXPECT_EQ(error_of(bus::factors_interface, "ShowSecret"), "Unavailable");
    EXPECT_EQ(error_of(nullptr, "List"), "NotAuthorized");
}

// --- who calls ---

TEST_F(BusDoorTest, goes_by_the_uid_that_the_bus_tells) {
    EXPECT_EQ(busctl(bus, somebody, list), "aa{sv} 0\n");
    door.on_loop([&] { EXPECT_EQ(door.accounts.asked, std::vector<uid_t>{somebody}); });
}

TEST_F(BusDoorTest, refuses_reserved_uids_before_looking_them_up) {
    EXPECT_NE(busctl(bus, 65534, list).find("does not say who you are"), std::string::npos);
    door.on_loop([&] { EXPECT_TRUE(door.accounts.asked.empty()); });
}

TEST_F(BusDoorTest, refuses_a_uid_without_an_account) {
    door.on_loop([&] { door.accounts.answer = [](uid_t) { return Result<Account>(fail(Errc::not_found, "none")); }; });
    EXPECT_EQ(error_of(bus::factors_interface, "List"), "NotAuthorized");
    door.on_loop([&] { door.accounts.answer = [](uid_t) { return Result<Account>(fail(Errc::timed_out, "slow")); }; });
    EXPECT_EQ(error_of(bus::factors_interface, "List"), "Unavailable");
}

/// Sends a call and hangs up without waiting; gives the unique name it had.
std::string call_and_vanish(const char* interface = bus::factors_interface, const char* method = "List") {
    sd_bus* opened = nullptr;
    EXPECT_GE(sd_bus_open_system(&opened), 0);
    const char* name = nullptr;
    EXPECT_GE(sd_bus_get_unique_name(opened, &name), 0);
    std::string had = name;
    sd_bus_message* made = nullptr;
    EXPECT_GE(sd_bus_message_new_method_call(opened, &made, bus::service_name, bus::object_path, interface, method), 0);
    sd_bus_send(opened, made, nullptr);
    sd_bus_flush(opened);
    sd_bus_message_unref(made);
    sd_bus_close_unref(opened);
    return had;
}

/// True while the bus knows `name`.
bool is_there(const std::string& name) {
    sd_bus* opened = nullptr;
    int there = 0;
    sd_bus_message* reply = nullptr;
    EXPECT_GE(sd_bus_open_system(&opened), 0);
    EXPECT_GE(sd_bus_call_method(opened, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                 "NameHasOwner", nullptr, &reply, "s", name.c_str()),
              0);
    EXPECT_GT(sd_bus_message_read_basic(reply, 'b', &there), 0);
    sd_bus_message_unref(reply);
    sd_bus_close_unref(opened);
    return there != 0;
}

TEST_F(BusDoorTest, a_caller_who_is_gone_when_the_bus_is_asked_about_him_is_nobody) {
    std::promise<void> gone;
    auto until_gone = gone.get_future();
    std::promise<void> held;
    std::thread holds_up_the_loop([&] {
        door.on_loop([&] {
            held.set_value();
            until_gone.wait();
        });
    });
    held.get_future().wait();
    const auto name = call_and_vanish();
    while (is_there(name)) { }
    gone.set_value();
    holds_up_the_loop.join();
    EXPECT_EQ(error_of(bus::factors_interface, "List"), "");  // so the one before was dealt with
    door.on_loop([&] { EXPECT_EQ(door.accounts.asked.size(), 1U); });
}

TEST_F(BusDoorTest, callers_that_vanish_in_mid_call_leave_nothing_behind) {
    const std::array<std::pair<const char*, const char*>, 5> calls{{{bus::factors_interface, "List"},
                                                                    {bus::factors_interface, "Disable"},
                                                                    {bus::recovery_interface, "Status"},
                                                                    {bus::session_interface, "Begin"},
                                                                    {bus::session_interface, "Answer"}}};
    for (std::size_t i = 0; i < 1000; ++i)
        (void)call_and_vanish(calls[i % calls.size()].first, calls[i % calls.size()].second);
    door.on_loop([&] { door.bench.clock.pass(Seconds(60)); });
    for (int i = 0; i < 10; ++i) EXPECT_EQ(error_of(bus::factors_interface, "List"), "");
}

// --- how much ---

TEST_F(BusDoorTest, takes_no_argument_that_is_too_long) {
    const std::string_view longest(std::string_view("x"));
    EXPECT_EQ(error_of(bus::session_interface, "Status", longest, std::string_view()), "");
    const std::string long_text(513, 'x');
    EXPECT_EQ(error_of(bus::session_interface, "Status", std::string_view(long_text), std::string_view()),
              "InvalidArgument");
}

/// One argument too few, and one of each other type.
TEST_F(BusDoorTest, takes_no_argument_of_another_type_or_number_in_any_method) {
    auto client = Client::open();
    ASSERT_TRUE(client);
    const std::string_view text;
    for (const auto& row : gate_rows) {
        if (row.needs == Needs::identity) continue;
        const std::string interface(row.interface);
        const std::string method(row.method);
        const auto error_of = [&](const auto&... in) {
            door.on_loop([&] { door.bench.clock.pass(Seconds(1)); });
            const auto reply = client->call(interface.c_str(), method.c_str(), in...);
            return reply ? std::string() : std::string(row_of(reply.error().error).name);
        };
        EXPECT_EQ(error_of(), "InvalidArgument") << method;
        EXPECT_EQ(error_of(true, true, true, true, true, true), "InvalidArgument") << method;
        EXPECT_EQ(error_of(std::int64_t{1}), "InvalidArgument") << method;
    }
}

TEST_F(BusDoorTest, takes_no_argument_of_another_type) {
    EXPECT_EQ(error_of(bus::factors_interface, "Remove", std::string_view("1"), std::string_view()), "InvalidArgument");
}

TEST_F(BusDoorTest, slows_a_user_who_calls_too_often_and_nobody_else) {
    for (int i = 0; i < 30; ++i) ASSERT_EQ(busctl(bus, somebody, list), "aa{sv} 0\n");
    EXPECT_EQ(busctl(bus, somebody, list), "Call failed: Too many calls. Wait a second, then try again.\n");
    EXPECT_EQ(busctl(bus, 2, list), "aa{sv} 0\n");
    door.on_loop([&] { door.bench.clock.pass(Seconds(1)); });
    EXPECT_EQ(busctl(bus, somebody, list), "aa{sv} 0\n");
}

TEST(Quota, lets_root_call_as_often_as_it_likes_but_not_more_at_once) {
    Quota quota;
    const Instant now{Millis(0), Seconds(100)};
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(quota.enter(0, now));
        quota.leave(0);
    }
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(quota.enter(0, now));
    EXPECT_FALSE(quota.enter(0, now));
}

TEST(Quota, lets_eight_calls_of_a_user_wait_at_once) {
    Quota quota;
    const Instant now{Millis(0), Seconds(100)};
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(quota.enter(1000, now));
    EXPECT_FALSE(quota.enter(1000, now));
    EXPECT_TRUE(quota.enter(1001, now));
    quota.leave(1000);
    EXPECT_TRUE(quota.enter(1000, now));
}

// --- where ---

TEST_F(BusDoorTest, a_token_says_where_the_caller_stands_once) {
    const auto enroll = [&](std::string_view label, std::string_view token) {
        return error_of(bus::factors_interface, "EnrollTotp", label, std::string_view("SHA1"), std::uint32_t{6}, token);
    };
    EXPECT_EQ(enroll("a", ""), "NotAuthorized");
    EXPECT_EQ(enroll("a", "made up"), "NotAuthorized");
    const auto token = door.token();
    EXPECT_EQ(enroll("a", token), "");
    EXPECT_EQ(enroll("b", token), "NotAuthorized");
    EXPECT_EQ(enroll("b", door.token(1000)), "NotAuthorized") << "somebody else's";
}

TEST_F(BusDoorTest, carries_a_whole_enrollment) {
    auto client = Client::open();
    ASSERT_TRUE(client);
    const auto token = door.token();
    const auto started = client->call(bus::factors_interface, "EnrollTotp", std::string_view("phone"),
                                      std::string_view("SHA256"), std::uint32_t{8}, std::string_view(token));
    ASSERT_TRUE(started) << started.error().message;
    std::int64_t id = 0;
    std::string secret_text;
    std::string uri;
    ASSERT_TRUE(bus::read(started->get(), id) && bus::read(started->get(), secret_text)
                && bus::read(started->get(), uri));
    EXPECT_EQ(secret_text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    const auto again = door.token();
    const auto confirmed
        = client->call(bus::factors_interface, "Confirm", id, std::string_view("111111"), std::string_view(again));
    ASSERT_TRUE(confirmed) << confirmed.error().message;
    ASSERT_GT(sd_bus_message_enter_container(confirmed->get(), 'a', "s"), 0);
    std::string code;
    int codes = 0;
    while (bus::read(confirmed->get(), code)) ++codes;
    EXPECT_EQ(codes, 10);
    EXPECT_EQ(error_of(bus::factors_interface, "Remove", id, std::string_view()), "StepUpRequired");
}

TEST_F(BusDoorTest, carries_another_label_another_primary_and_the_end_of_it_all) {
    door.on_loop([&] {
        for (const auto& [id, label] : {std::pair{1, "phone"}, std::pair{2, "tablet"}}) {
            auto made = enrollment(id, FactorKind::totp, label);
            made.account = {0, "root"};
            door.bench.records.all.push_back(made);
        }
        door.bench.prove().account = {0, "root"};
    });
    const std::string_view token;
    const std::int64_t tablet = 2;
    for (const auto* method : {"Rename", "SetPrimary", "Disable"}) {
        const auto call = [&](std::string_view with) {
            if (method == std::string_view("Rename"))
                return error_of(bus::factors_interface, method, tablet, std::string_view("watch"), with);
            if (method == std::string_view("SetPrimary")) return error_of(bus::factors_interface, method, tablet, with);
            return error_of(bus::factors_interface, method, with);
        };
        EXPECT_EQ(call(""), "StepUpRequired") << method;
        EXPECT_EQ(call("made up"), "NotAuthorized") << method;
        EXPECT_EQ(call(door.token()), "") << method;
        door.on_loop([&] {
            const auto* found = door.bench.recorder.find(tablet);
            EXPECT_EQ(found == nullptr, method == std::string_view("Disable"));
            if (found == nullptr) return;
            EXPECT_EQ(found->label, "watch");
            EXPECT_EQ(found->primary, method == std::string_view("SetPrimary"));
        });
    }
}

TEST_F(BusDoorTest, nothing_is_changed_from_another_session_than_the_one_a_factor_was_proved_in) {
    door.on_loop([&] {
        auto made = enrollment(1, FactorKind::totp);
        made.account = {0, "root"};
        door.bench.records.all.push_back(made);
        door.bench.prove().account = {0, "root"};
    });
    const std::int64_t id = 1;
    const std::string_view label("new");
    for (const auto& [session, error] : {std::pair{4U, "StepUpRequired"}, std::pair{3U, ""}}) {
        const auto call = [&](const char* interface, const char* method, const auto&... in) {
            const auto token = door.token(0, session);
            return error_of(interface, method, in..., std::string_view(token));
        };
        EXPECT_EQ(call(bus::factors_interface, "EnrollTotp", label, std::string_view("SHA1"), std::uint32_t{6}), error);
        EXPECT_EQ(call(bus::factors_interface, "Rename", id, std::string_view("watch")), error);
        EXPECT_EQ(call(bus::factors_interface, "SetPrimary", id), error);
        EXPECT_EQ(call(bus::recovery_interface, "Regenerate"), error);
        EXPECT_EQ(call(bus::factors_interface, "Remove", id), error);
    }
}

TEST_F(BusDoorTest, carries_a_challenge_which_is_for_the_connection_that_began_it) {
    door.on_loop([&] {
        auto made = enrollment(1, FactorKind::totp);
        made.account = {0, "root"};
        door.bench.records.all.push_back(made);
        door.bench.recorder.outcome = Outcome::accepted;
    });
    auto client = Client::open();
    auto other = Client::open();
    ASSERT_TRUE(client && other);
    const auto first = door.token();
    const auto begun = client->call(bus::session_interface, "Begin", std::string_view("sudo"), std::string_view(first));
    ASSERT_TRUE(begun) << begun.error().message;
    std::string challenge;
    std::string prompt;
    std::uint32_t seconds = 0;
    ASSERT_TRUE(bus::read(begun->get(), challenge));
    ASSERT_GT(sd_bus_message_skip(begun->get(), "aa{sv}"), 0);
    ASSERT_TRUE(bus::read(begun->get(), prompt) && bus::read(begun->get(), seconds));
    EXPECT_EQ(prompt, "Code: ");
    EXPECT_EQ(seconds, 90U);
    const auto answered = [&](Client& by, std::string_view code) {
        const auto token = door.token();
        const auto reply = by.call(bus::session_interface, "Answer", std::string_view(challenge), std::int64_t{1}, code,
                                   std::string_view(token));
        return reply ? std::string() : std::string(row_of(reply.error().error).name);
    };
    EXPECT_EQ(answered(*other, "111111"), "NotAuthorized");
    EXPECT_EQ(answered(*client, "222222"), "InvalidCode");
    EXPECT_EQ(answered(*client, "111111"), "");
    EXPECT_EQ(answered(*client, "111111"), "ExpiredChallenge");
    door.on_loop([&] { EXPECT_EQ(door.bench.recorder.judged.size(), 2U); });
}

TEST_F(BusDoorTest, tells_the_seconds_to_wait_as_a_number_too) {
    std::int64_t pending = 0;
    door.on_loop([&] {
        pending = door.bench.begin();
        door.bench.recorder.find(pending)->account = {0, "root"};
        door.bench.recorder.outcome = Outcome::later;
        door.bench.recorder.later = door.bench.clock.at.boot + Seconds(4);
    });
    auto client = Client::open();
    ASSERT_TRUE(client);
    const auto token = door.token();
    const auto reply
        = client->call(bus::factors_interface, "Confirm", pending, std::string_view("222222"), std::string_view(token));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().error, ManagementError::rate_limited);
    EXPECT_EQ(reply.error().seconds, 4U);
    EXPECT_EQ(reply.error().message, "Too many wrong codes. Wait 4 s, then try again.");
}

// --- for root ---

std::string admin(const std::string& call) {
    return "-- org.stepup.StepUp1 /org/stepup/StepUp1 org.stepup.StepUp1.Admin " + call;
}

TEST_F(BusDoorTest, root_sees_an_account_and_pages_through_all_of_them) {
    door.on_loop([&] {
        door.bench.enroll(1);
        for (uid_t uid = 1000; uid < 1003; ++uid) {
            AccountSummary summary;
            summary.account = {uid, "user" + std::to_string(uid)};
            door.bench.records.summed_up.push_back(summary);
        }
    });
    const auto one = busctl(bus, 0, admin("Status ss alice ''"));
    for (const auto* entry : {"\"factors\" u 1 ", "\"enrolled\" b true ", "\"account\" s \"present\"\n"})
        EXPECT_NE(one.find(entry), std::string::npos) << one;
    const auto page = busctl(bus, 0, admin("List subs '' 2 false ''"));
    EXPECT_TRUE(page.starts_with("aa{sv}s 2 ")) << page;
    EXPECT_TRUE(page.ends_with(" \"1001:user1001\"\n")) << page;
    const auto last = busctl(bus, 0, admin("List subs 1001:user1001 2 false ''"));
    EXPECT_TRUE(last.starts_with("aa{sv}s 1 ")) << last;
    EXPECT_TRUE(last.ends_with(" \"\"\n")) << last;
    EXPECT_TRUE(busctl(bus, 0, admin("NotEnrolled ass 2 alice bob ''")).starts_with("aa{sv} 1 3 \"user\" s \"bob\""));
}

TEST_F(BusDoorTest, takes_no_list_that_is_too_long) {
    std::vector<std::string> users(1001, "alice");
    EXPECT_EQ(error_of(bus::admin_interface, "NotEnrolled", users, std::string_view()), "InvalidArgument");
    users.resize(501);
    EXPECT_EQ(error_of(bus::admin_interface, "NotEnrolled", users, std::string_view()), "InvalidArgument");
    users.assign({"alice", std::string(513, 'a')});
    EXPECT_EQ(error_of(bus::admin_interface, "NotEnrolled", users, std::string_view()), "InvalidArgument");
    EXPECT_EQ(
        error_of(bus::admin_interface, "List", std::string_view("odd"), std::uint32_t{1}, true, std::string_view()),
        "InvalidArgument");
}

TEST_F(BusDoorTest, root_resets_accounts_and_hands_out_codes) {
    door.on_loop([&] { door.bench.enroll(1); });
    EXPECT_EQ(busctl(bus, 0, admin("Invite sus alice 3600 ''")),
              "Call failed: That user has a factor already. A bypass code lets him in.\n");
    const auto bypass = busctl(bus, 0, admin("Bypass suss alice 3600 'lost phone' ''"));
    EXPECT_EQ(bypass, "st \"CODE-0\" 1700003600\n");
    EXPECT_EQ(busctl(bus, 0, admin("Reset sxs alice -1 ''")), "u 1\n");
    EXPECT_EQ(busctl(bus, 0, admin("Reset sxs mallory 4000000000 ''")), "u 0\n");
    EXPECT_EQ(busctl(bus, 0, admin("Reset sxs alice -2 ''")), "Call failed: That is no uid.\n");
    EXPECT_EQ(busctl(bus, 0, admin("Reset sxs alice 4294967295 ''")), "Call failed: That is no uid.\n");
    EXPECT_EQ(busctl(bus, 0, admin("Invite sus alice 3600 ''")), "st \"CODE-0\" 1700003600\n");
    door.on_loop([&] {
        EXPECT_EQ(door.bench.recorder.resets.size(), 2U);
        EXPECT_EQ(door.bench.recorder.handed_out.size(), 2U);
    });
}

TEST_F(BusDoorTest, users_see_and_forget_their_own_trusted_keys_and_root_anybodys) {
    door.on_loop([&] {
        for (const std::int64_t id : {3, 4, 5}) {
            TrustedKey key;
            key.id = id;
            key.account = id == 5 ? AccountKey{somebody, "user"} : AccountKey{1000, "alice"};
            key.fingerprint = "SHA256:" + std::to_string(id);
            key.expires = door.bench.clock.now().wall + std::chrono::hours(1);
            door.bench.records.trusted.push_back(key);
        }
    });
    const std::string keys = "org.stepup.StepUp1 /org/stepup/StepUp1 org.stepup.StepUp1.Keys ";
    EXPECT_NE(busctl(bus, somebody, keys + "List").find("aa{sv} 1 9 \"id\" x 5 \"fingerprint\" s \"SHA256:5\""),
              std::string::npos);
    EXPECT_EQ(busctl(bus, somebody, keys + "Forget x 3"),
              "Call failed: No such key is trusted. `stepup keys list` shows those that are.\n");
    EXPECT_EQ(busctl(bus, somebody, keys + "Forget x 5"), "");
    EXPECT_EQ(busctl(bus, somebody, keys + "ForgetAll"), "u 0\n");
    EXPECT_TRUE(busctl(bus, 0, admin("Keys ss alice ''")).starts_with("aa{sv} 2 9 \"id\" x 3 "));
    EXPECT_EQ(error_of(bus::admin_interface, "Keys", std::string_view("nobody-here"), std::string_view()),
              "NoSuchUser");
    EXPECT_EQ(busctl(bus, 0, admin("ForgetKeys sxs alice -1 ''")), "Call failed: That is no id of a key.\n");
    EXPECT_EQ(
        error_of(bus::admin_interface, "ForgetKeys", std::string_view("alice"), std::int64_t{5}, std::string_view()),
        "NoSuchKey");
    EXPECT_EQ(busctl(bus, 0, admin("ForgetKeys sxs alice 3 ''")), "u 1\n");
    EXPECT_EQ(busctl(bus, 0, admin("ForgetKeys sxs alice 0 ''")), "u 1\n");
    door.on_loop([&] {
        EXPECT_TRUE(door.bench.records.trusted.empty());
        const auto& audit = door.bench.recorder.forgotten.at(2).audit;
        EXPECT_EQ(audit.fields.at(0), (std::pair<std::string_view, std::string>("by", "root")));
    });
}

const std::string unlock = "org.stepup.StepUp1 /org/stepup/StepUp1 org.stepup.StepUp1.Admin Unlock ss alice ''";

TEST_F(BusDoorTest, root_unlocks_an_account_and_is_told_how_many_failures_there_were) {
    EXPECT_EQ(busctl(bus, 0, unlock), "u 7\n");
    door.on_loop([&] {
        const auto& asked = door.bench.recorder.unlocked;
        ASSERT_EQ(asked.size(), 1U);
        EXPECT_EQ(asked[0].whose, "uid:1000");
        EXPECT_EQ(asked[0].audit.account.name, "alice");
    });
}

TEST_F(BusDoorTest, nobody_else_sees_or_changes_accounts_not_even_his_own) {
    for (const auto* call : {"Status ss daemon ''", "List subs '' 2 false ''", "NotEnrolled ass 1 daemon ''",
                             "Keys ss daemon ''", "ForgetKeys sxs daemon 0 ''", "Reset sxs daemon 1 ''",
                             "Bypass suss daemon 60 why ''", "Invite sus daemon 60 ''"})
        EXPECT_EQ(busctl(bus, somebody, admin(call)),
                  "Call failed: Only root may do this now: polkit does not answer.\n")
            << call;
}

std::string policy(const std::string& call) {
    return "-- org.stepup.StepUp1 /org/stepup/StepUp1 org.stepup.StepUp1.Policy " + call;
}

TEST_F(BusDoorTest, root_sees_the_policy_in_force_and_hears_why_a_new_one_is_not) {
    EXPECT_EQ(busctl(bus, 0, policy("Get s ''")), "sasa(ss) \"files\" 0 1 \"/p.toml\" \"[defaults]\\n\"\n");
    EXPECT_EQ(busctl(bus, 0, policy("Reload s ''")), "sas \"last good\" 1 \"/p.toml:1:1: unknown key\"\n");
    door.on_loop([&] { EXPECT_EQ(door.policy.reloads, 1); });
}

TEST_F(BusDoorTest, root_sets_rules_and_hears_why_not) {
    EXPECT_EQ(busctl(bus, 0, policy("Set sss robots text ''")), "sas \"files\" 0\n");
    door.on_loop([&] { EXPECT_EQ(door.policy.texts, (ConfigTexts{{"robots", "text"}})); });
    EXPECT_EQ(
        error_of(bus::policy_interface, "Set", std::string_view("bad"), std::string_view("x"), std::string_view()),
        "InvalidArgument");
}

TEST_F(BusDoorTest, root_foresees_what_is_asked_of_whom) {
    door.on_loop([&] {
        door.bench.policy->rules.push_back({"nightly",
                                            {.users = {"daemon"}, .networks = {{*Network::parse("192.0.2.0/24")}}},
                                            {.window = Seconds(60)},
                                            "p",
                                            1});
    });
    const auto told = busctl(bus, 0, policy("Explain ssssts daemon sshd 192.0.2.7 '' 0 ''"));
    EXPECT_NE(told.find("sba{sv}s \"nightly\" false "), std::string::npos) << told;
    EXPECT_NE(told.find("\"window\" u 60 "), std::string::npos) << told;
    EXPECT_NE(told.find("\"factors\" as "), std::string::npos) << told;
    for (const auto& field : fields_of(Requirement{})) {
        constexpr std::array types{" s ", " b ", " u ", " as "};  // as the variant has them
        EXPECT_NE(told.find('"' + std::string(field.key) + '"' + types.at(field.value.index())), std::string::npos)
            << field.key << ": " << told;
    }
    const auto hidden = busctl(bus, 0, policy("Explain ssssts daemon sudo local root 0 ''"));
    EXPECT_NE(hidden.find("; sudo does not tell stepupd whom its caller becomes"), std::string::npos) << hidden;
    const auto unknown = busctl(bus, 0, policy("Explain ssssts daemon sshd '' '' 0 ''"));
    EXPECT_NE(unknown.find("\" true "), std::string::npos) << "nobody said from where: " << unknown;
    const auto explains
        = [&](std::string_view user, std::string_view service, std::string_view from, std::uint64_t at) {
              return error_of(bus::policy_interface, "Explain", user, service, from, std::string_view(), at,
                              std::string_view());
          };
    EXPECT_EQ(explains("daemon", "sudo", "local", 1), "");
    EXPECT_EQ(explains("nobody-here", "sudo", "", 0), "NoSuchUser");
    EXPECT_EQ(explains("daemon", "", "", 0), "InvalidArgument");
    EXPECT_EQ(explains("daemon", "sudo", "there", 0), "InvalidArgument");
    EXPECT_EQ(explains("daemon", "sudo", "", ~std::uint64_t{0}), "InvalidArgument");
}

TEST_F(BusDoorTest, nobody_else_sees_the_policy_or_has_it_read) {
    for (const auto* call : {"Get s ''", "Reload s ''", "Set sss a '' ''", "Explain ssssts daemon sshd '' '' 0 ''"})
        EXPECT_EQ(busctl(bus, somebody, policy(call)),
                  "Call failed: Only root may do this now: polkit does not answer.\n");
    door.on_loop([&] { EXPECT_EQ(door.policy.reloads, 0); });
}

TEST_F(BusDoorTest, nobody_else_unlocks_anything_not_even_his_own_account) {
    for (const auto* method : {"Unlock", "UnlockSource"})
        for (const auto* whom : {"alice", "daemon", "192.0.2.7", "nobody-here"}) {
            const auto answer = busctl(bus, somebody,
                                       "org.stepup.StepUp1 /org/stepup/StepUp1 org.stepup.StepUp1.Admin "
                                           + std::string(method) + " ss " + whom + " ''");
            EXPECT_EQ(answer, "Call failed: Only root may do this now: polkit does not answer.\n");
        }
    door.on_loop([&] {
        EXPECT_TRUE(door.bench.recorder.unlocked.empty());
        const auto& noted = door.bench.recorder.audit;
        ASSERT_EQ(noted.size(), 8U);
        EXPECT_EQ(noted[0].event, Event::peer_refused);
        EXPECT_EQ(noted[0].fields.at(0), (std::pair<std::string_view, std::string>("claimed", "Unlock")));
        EXPECT_EQ(noted[0].account.uid, somebody);
    });
}

TEST_F(BusDoorTest, unlocking_goes_by_a_user_that_the_host_knows_and_by_an_address) {
    const auto unlocks = [&](const char* method, std::string_view whom, std::string_view token = {}) {
        return error_of(bus::admin_interface, method, whom, token);
    };
    EXPECT_EQ(unlocks("Unlock", "alice"), "");
    EXPECT_EQ(unlocks("Unlock", "nobody-here"), "NoSuchUser");
    EXPECT_EQ(unlocks("Unlock", "slow"), "Unavailable");
    EXPECT_EQ(unlocks("Unlock", "alice", "made up"), "NotAuthorized");
    EXPECT_EQ(unlocks("UnlockSource", "192.0.2.7"), "");
    EXPECT_EQ(unlocks("UnlockSource", "alice"), "InvalidArgument");
    EXPECT_EQ(error_of(bus::admin_interface, "Unlock", std::uint32_t{1000}, std::string_view()), "InvalidArgument");
    EXPECT_EQ(error_of(bus::admin_interface, "Unlock", std::string_view("alice")), "InvalidArgument");
    door.on_loop([&] { EXPECT_EQ(door.bench.recorder.unlocked.size(), 2U); });
}

TEST_F(BusDoorTest, unlocking_with_a_token_names_the_login_it_came_from) {
    EXPECT_EQ(error_of(bus::admin_interface, "Unlock", std::string_view("alice"), std::string_view(door.token())), "");
    door.on_loop([&] {
        const auto& fields = door.bench.recorder.unlocked.at(0).audit.fields;
        ASSERT_EQ(fields.size(), 3U);
        EXPECT_EQ(fields[0].second, "root");
        EXPECT_EQ(fields[1].first, "login_uid");
        EXPECT_EQ(fields[1].second, "0");
        EXPECT_EQ(fields[2].second, "audit:3");
    });
}

// --- the rules of the bus ---

TEST_F(BusDoorTest, nobody_but_the_daemons_user_may_own_the_name) {
    const auto answer = busctl(bus, somebody,
                               "org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus RequestName su "
                               "org.stepup.StepUp1 0");
    EXPECT_EQ(answer, "Call failed: Access denied\n");
}

TEST_F(BusDoorTest, the_bus_delivers_no_call_of_an_interface_that_is_not_ours) {
    const auto answer = busctl(bus, somebody, "org.stepup.StepUp1 /org/stepup/StepUp1 org.example.Other Run");
    EXPECT_NE(answer.find("Access denied"), std::string::npos) << answer;
}

// --- the bus goes and comes ---

TEST_F(BusDoorTest, takes_its_name_again_after_the_bus_restarted) {
    bus.stop();
    EXPECT_TRUE(door.waits_for_loss(1));
    bus.start();
    EXPECT_TRUE(door.waits_for_name(2));
    EXPECT_EQ(error_of(bus::factors_interface, "List"), "");
}

TEST_F(BusDoorTest, goes_on_while_the_bus_hangs_and_answers_when_it_is_back) {
    door.on_loop([&] { door.accounts.holds = true; });
    auto waiting = std::async(std::launch::async, [&] { return error_of(bus::factors_interface, "List"); });
    ASSERT_EQ(door.accounts.is_held.get_future().wait_for(long_enough), std::future_status::ready);
    bus.signal(SIGSTOP);
    door.on_loop([&] { door.accounts.held.at(0)(); });  // the answer goes to a bus that does not read
    door.on_loop([] {});
    bus.signal(SIGCONT);
    EXPECT_EQ(waiting.get(), "");
}

TEST(BusDoor, opens_at_once_though_the_bus_hangs) {
    PrivateBus bus;
    bus.start();
    bus.signal(SIGSTOP);
    Door door;
    door.open();  // fails if the loop is blocked
    door.on_loop([] {});
    bus.signal(SIGCONT);
    EXPECT_TRUE(door.waits_for_name(1));
}

TEST(BusDoor, finds_a_bus_that_comes_later) {
    PrivateBus bus;
    Door door;
    door.open();
    EXPECT_TRUE(door.waits_for_loss(1));
    bus.start();
    EXPECT_TRUE(door.waits_for_name(1));
}

TEST(BusDoor, goes_on_trying_where_it_may_not_have_the_name) {
    PrivateBus bus("daemon");  // the policy names somebody else, as at a first installation
    bus.start();
    Door door;
    door.open();
    EXPECT_TRUE(door.waits_for_loss(1));
    bus.belongs_to("root");
    EXPECT_TRUE(door.waits_for_name(1));
}

TEST(Client, tells_within_seconds_that_there_is_no_bus) {
    const PrivateBus bus;
    const auto client = Client::open();
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().error, ManagementError::unavailable);
}

TEST(Client, tells_that_the_daemon_is_not_there) {
    PrivateBus bus;
    bus.start();
    auto client = Client::open();
    ASSERT_TRUE(client);
    const auto reply = client->call(bus::factors_interface, "List");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().error, ManagementError::unavailable);
    EXPECT_NE(reply.error().message.find("stepupd"), std::string::npos);
}

}  // namespace
}  // namespace stepup::testing
