#include "daemon/pam_door/door.hpp"

#include <atomic>
#include <functional>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/frame.hpp"
#include "tests/support/fake_recorder.hpp"
#include "tests/support/fakes.hpp"

using namespace stepup;
using namespace stepup::testing;

namespace {

/// alice, uid 1000, and nobody; "slow" is in a directory that does not answer.
class FakeAccounts final : public Accounts {
public:
    void find(const std::string& name, Done<Account> done) override {
        if (name == "slow") return done(fail(Errc::unavailable, "no answer"));
        if (name == "nobody") return done(Account{{65534, "nobody"}, std::vector<std::string>{}});
        if (name != "alice") return done(fail(Errc::not_found, "nobody"));
        done(Account{{1000, "alice"}, std::vector<std::string>{}});
    }
    void find(uid_t uid, Done<Account> done) override {
        if (uid != 0) return done(fail(Errc::not_found, "nobody"));
        done(Account{{0, "root"}, std::vector<std::string>{}});
    }
};

/// The real clocks, moved.
class MovedClock final : public Clock {
public:
    Instant now() const override {
        const Instant real = SystemClock().now();
        return {real.wall + Millis(wall), real.boot + Millis(boot)};
    }
    std::atomic<std::int64_t> wall = 0;
    std::atomic<std::int64_t> boot = 0;
};

class SilentJournal final : public AuditSink {
public:
    void show(const AuditEntry&) override { }
};

Policy policy_of(Level level, Seconds window = Seconds(900)) {
    Policy policy;
    policy.defaults.level = level;
    policy.defaults.window = window;
    return policy;
}

/// What a client sees: a packet, or nothing once the door has hung up.
class Client {
public:
    explicit Client(const std::string& path) {
        auto connected = connect_to(path, soon());
        if (connected) fd_ = std::move(*connected);
    }
    [[nodiscard]] bool is_welcome() {
        say(wire::GetToken{});
        return hear<wire::Token>().has_value();
    }
    template <class Message> void say(const Message& message) { (void)send_message(fd_.get(), message, soon()); }
    void say_bytes(wire::PacketView packet) { (void)send_packet(fd_.get(), packet, soon()); }
    template <class Message> std::optional<Message> hear() {
        auto packet = receive_packet(fd_.get(), buffer_, soon());
        if (!packet) return std::nullopt;
        auto message = wire::decode<Message>(*packet);
        return message ? std::optional<Message>(*message) : std::nullopt;
    }
    bool hung_up() {
        auto packet = receive_packet(fd_.get(), buffer_, soon());
        return !packet && packet.error().code == Errc::closed;
    }

private:
    static Deadline soon() { return monotonic_now() + std::chrono::seconds(10); }
    UniqueFd fd_;
    std::array<std::uint8_t, wire::max_packet> buffer_{};
};

wire::Begin login_of(std::string_view user, Phase phase = Phase::auth) {
    wire::Begin begin;
    begin.login = 77;
    begin.phase = phase;
    begin.service = "sshd";
    begin.user = user;
    return begin;
}

struct DoorTest : ::testing::Test {
    DoorTest() { records.all = {enrollment(1, FactorKind::totp), enrollment(2, FactorKind::recovery_code)}; }

    UniqueFd listener() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        unlink(path.c_str());
        UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(listen(fd.get(), 64), 0);
        return fd;
    }

    /// Opens the door on a loop of its own while `visit` is a client on another thread.
    void at_the_door(const std::function<void()>& visit, DoorLimits limits = {}) {
        asio::io_context loop;
        Workers workers(loop.get_executor(), 1);
        TokenBook tokens(random);
        const auto in_force = std::make_shared<const Policy>(policy);
        Door door(loop.get_executor(), listener(),
                  {clock,
                   proc,
                   records,
                   recorder,
                   accounts,
                   factors,
                   journal,
                   tokens,
                   workers,
                   [in_force] { return in_force; },
                   {},
                   origins,
                   addresses},
                  limits);
        asio::co_spawn(loop, door.run(), asio::detached);
        std::thread client([&] {
            visit();
            asio::post(loop, [&] { loop.stop(); });
        });
        loop.run();
        client.join();
        unlink(path.c_str());
    }

    std::string path = "/tmp/stepup-door-" + std::to_string(getpid()) + ".sock";
    Policy policy = policy_of(Level::required);
    MovedClock clock;
    ProcReader proc;
    Origins origins{proc};
    FakeAddressBook addresses;
    KernelRandom random;
    FakeRecords records;
    FakeRecorder recorder;
    FakeAccounts accounts;
    FakeFactors factors;
    SilentJournal journal;
};

}  // namespace

TEST_F(DoorTest, a_right_answer_is_judged_and_then_granted) {
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        const auto question = client.hear<wire::Ask>();
        ASSERT_TRUE(question);
        EXPECT_EQ(question->turn, 1);
        EXPECT_EQ(question->text, "Code (? for help): ");
        client.say(wire::Answer{1, "111111"});
        const auto verdict = client.hear<wire::Verdict>();
        ASSERT_TRUE(verdict);
        EXPECT_EQ(verdict->login, 77U);
        EXPECT_EQ(verdict->decision, Decision::granted);
    });
    ASSERT_EQ(recorder.judged.size(), 1U);
    EXPECT_EQ(recorder.judged[0].account_limit, "uid:1000");
    EXPECT_EQ(recorder.judged[0].proof->opens.binding, Binding::pending);
}

TEST_F(DoorTest, a_right_answer_that_cannot_be_recorded_is_not_granted) {
    recorder.outcomes.emplace_back(fail(Errc::unavailable, "the disk is full"));
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::unavailable);
    });
}

TEST_F(DoorTest, a_right_answer_past_the_limit_or_spent_before_is_refused) {
    for (const auto outcome : {Outcome::locked, Outcome::replayed}) {
        recorder.outcomes.emplace_back(Judged{outcome, {}, false});
        at_the_door([&] {
            Client client(path);
            client.say(login_of("alice"));
            ASSERT_TRUE(client.hear<wire::Ask>());
            client.say(wire::Answer{1, "111111"});
            if (outcome == Outcome::locked) {
                EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::denied);
            } else {
                EXPECT_EQ(client.hear<wire::Ask>()->text, "Not accepted. Code (? for help): ");
            }
        });
    }
}

TEST_F(DoorTest, what_a_wrong_answer_leaves_behind_goes_with_its_judgement_and_no_other) {
    records.all = {enrollment(2, FactorKind::hotp, "token")};
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        for (std::uint8_t turn = 1; turn <= 3; ++turn) {
            ASSERT_TRUE(client.hear<wire::Ask>());
            client.say(wire::Answer{turn, turn == 1 ? "777777" : turn == 2 ? "000000" : "111111"});
        }
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
    ASSERT_EQ(recorder.judged.size(), 3U);
    ASSERT_EQ(recorder.judged[0].awaits.size(), 1U);
    EXPECT_EQ(recorder.judged[0].awaits[0].enrollment, 2);
    EXPECT_EQ(recorder.judged[0].awaits[0].counter, 8U);
    EXPECT_FALSE(recorder.judged[0].proof);
    EXPECT_TRUE(recorder.judged[1].awaits.empty());
    EXPECT_TRUE(recorder.judged[2].awaits.empty());
}

TEST_F(DoorTest, an_answer_that_came_too_soon_waits_its_turn_and_is_judged_once) {
    recorder.outcomes.emplace_back(Judged{Outcome::later, clock.now().boot + Millis(30), false});
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
    EXPECT_EQ(recorder.judged.size(), 2U) << "put off once, then judged";
}

TEST_F(DoorTest, an_unknown_user_is_asked_alike_and_never_granted) {
    at_the_door([&] {
        Client client(path);
        client.say(login_of("mallory"));
        EXPECT_EQ(client.hear<wire::Ask>()->text, "Code (? for help): ");
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Ask>()->text, "Not accepted. Code (? for help): ");
    });
    ASSERT_EQ(recorder.judged.size(), 1U);
    EXPECT_FALSE(recorder.judged[0].proof);
    EXPECT_EQ(recorder.judged[0].account_limit, "name:mallory");
}

TEST_F(DoorTest, a_reserved_uid_is_asked_alike_and_never_granted_and_that_is_written_down) {
    policy = policy_of(Level::disabled);
    at_the_door([&] {
        Client client(path);
        client.say(login_of("nobody"));
        EXPECT_EQ(client.hear<wire::Ask>()->text, "Code (? for help): ");
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Ask>()->text, "Not accepted. Code (? for help): ");
        Client later(path);
        later.say(login_of("nobody", Phase::account));
        EXPECT_EQ(later.hear<wire::Verdict>()->decision, Decision::denied);
    });
    ASSERT_FALSE(recorder.noted.empty());
    EXPECT_EQ(recorder.noted[0].event, Event::peer_refused);
}

/// How long `client` waits for the next Ask.
std::chrono::steady_clock::duration waits(Client& client, const std::function<void()>& say) {
    const auto said = std::chrono::steady_clock::now();
    say();
    EXPECT_TRUE(client.hear<wire::Ask>());
    return std::chrono::steady_clock::now() - said;
}

TEST_F(DoorTest, who_asks_from_another_host_gets_questions_and_refusals_on_the_beat) {
    at_the_door([&] {
        Client client(path);
        auto begin = login_of("alice");
        begin.remote_host = "192.0.2.7";
        EXPECT_GE(waits(client, [&] { client.say(begin); }), Millis(5));
        EXPECT_GE(waits(client, [&] { client.say(wire::Answer{1, "222222"}); }), Millis(5));
    });
}

TEST_F(DoorTest, a_recovery_code_is_hashed_also_for_who_has_none) {
    records.all.pop_back();
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "GOOD"});
        EXPECT_EQ(client.hear<wire::Ask>()->text, "Not accepted. Code (? for help): ");
    });
    EXPECT_EQ(records.looked_up, std::vector{FactorKind::recovery_code});
    ASSERT_EQ(recorder.judged.size(), 1U);
    EXPECT_FALSE(recorder.judged[0].proof) << "right, but nobody's";
}

TEST_F(DoorTest, a_directory_that_does_not_answer_grants_nothing) {
    at_the_door([&] {
        Client client(path);
        client.say(login_of("slow"));
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::unavailable);
    });
}

TEST_F(DoorTest, a_withdrawn_answer_costs_nothing_and_is_written_down) {
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Withdraw{wire::Why::blind});
        EXPECT_TRUE(client.hung_up());
    });
    EXPECT_TRUE(recorder.judged.empty());
    ASSERT_EQ(recorder.noted.size(), 1U);
    EXPECT_EQ(recorder.noted[0].event, Event::answer_withdrawn);
}

TEST_F(DoorTest, hangs_up_on_whatever_it_was_not_asked) {
    const std::vector<std::vector<std::uint8_t>> packets{{0},          {1, 1, 0}, {99, 1, 2, 3},
                                                         {3, 1, 0, 0}, {4, 0, 0}, std::vector<std::uint8_t>(9000, 1)};
    for (const auto& packet : packets)
        at_the_door([&] {
            Client client(path);
            client.say_bytes(packet);
            EXPECT_TRUE(client.hung_up());
        });
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(DoorTest, hangs_up_on_another_protocol_and_on_an_answer_to_another_question) {
    at_the_door([&] {
        Client newer(path);
        auto begin = login_of("alice");
        begin.protocol = wire::version + 1;
        newer.say(begin);
        EXPECT_TRUE(newer.hung_up());
        Client confused(path);
        confused.say(login_of("alice"));
        ASSERT_TRUE(confused.hear<wire::Ask>());
        confused.say(wire::Answer{2, "111111"});
        EXPECT_TRUE(confused.hung_up());
    });
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(DoorTest, turns_away_who_is_over_his_share_and_those_who_say_nothing) {
    DoorLimits limits;
    limits.connections = 2;
    limits.first_message = Millis(200);
    at_the_door(
        [&] {
            Client first(path);
            Client second(path);
            first.say(login_of("alice"));
            ASSERT_TRUE(first.hear<wire::Ask>());
            Client third(path);
            EXPECT_TRUE(third.hung_up()) << "the house is full";
            EXPECT_TRUE(second.hung_up()) << "said nothing";
            Client fourth(path);
            fourth.say(login_of("alice"));
            EXPECT_TRUE(fourth.hear<wire::Ask>()) << "a place is free again";
        },
        limits);
}

/// What this thread does as a program of `uid`'s: the kernel notes the uid of whoever connects.
template <class Action> void as_user(uid_t uid, Action action) {
    constexpr auto keep = static_cast<uid_t>(-1);
    ASSERT_EQ(syscall(SYS_setresuid, keep, uid, keep), 0) << "needs root";
    action();
    ASSERT_EQ(syscall(SYS_setresuid, keep, 0, keep), 0);
}

TEST_F(DoorTest, keeps_half_of_its_places_for_root_s_programs) {
    DoorLimits limits;
    limits.connections = 4;
    at_the_door(
        [&] {
            chmod(path.c_str(), 0666);
            std::vector<Client> theirs;
            as_user(1000, [&] {
                Client first(path);
                EXPECT_TRUE(first.is_welcome() && first.hung_up()) << "served, and its place is free again";
                for (int i = 0; i < 2; ++i) theirs.emplace_back(path);
                EXPECT_FALSE(Client(path).is_welcome()) << "half of the places are taken, by programs not root's";
            });
            std::vector<Client> ours;
            for (int i = 0; i < 2; ++i) EXPECT_TRUE(ours.emplace_back(path).is_welcome());
        },
        limits);
}

TEST_F(DoorTest, an_attempt_ends_when_its_time_is_over) {
    DoorLimits limits;
    limits.attempt = Millis(100);
    at_the_door(
        [&] {
            Client client(path);
            client.say(login_of("alice"));
            ASSERT_TRUE(client.hear<wire::Ask>());
            EXPECT_TRUE(client.hung_up());
        },
        limits);
}

TEST_F(DoorTest, sessions_are_opened_and_closed_by_login_programs_only) {
    at_the_door([&] {
        Client sshd(path);
        sshd.say(login_of("alice", Phase::open_session));
        EXPECT_EQ(sshd.hear<wire::Verdict>()->decision, Decision::granted);
        Client closing(path);
        closing.say(login_of("alice", Phase::close_session));
        EXPECT_EQ(closing.hear<wire::Verdict>()->decision, Decision::granted);
        Client su(path);
        auto begin = login_of("alice", Phase::open_session);
        begin.service = "su";
        su.say(begin);
        EXPECT_EQ(su.hear<wire::Verdict>()->decision, Decision::not_required);
    });
    ASSERT_EQ(recorder.attached.size(), 1U);
    EXPECT_EQ(recorder.attached[0].opener.process.pid, getpid());
    EXPECT_EQ(recorder.ended.size(), 1U);
}

TEST_F(DoorTest, a_verification_of_this_transaction_satisfies_account) {
    records.proved.emplace_back();
    auto& proved = records.proved[0];
    proved.account = {1000, "alice"};
    proved.at = clock.now().boot;
    proved.service = "sshd";
    proved.asker = proc.reference(getpid()).value();
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice", Phase::account));
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
}

TEST_F(DoorTest, a_host_that_slept_has_no_recent_verifications) {
    records.proved.emplace_back();
    records.proved[0].account = {1000, "alice"};
    records.proved[0].at = clock.now().boot;
    records.proved[0].service = "sshd";
    records.proved[0].asker = proc.reference(getpid()).value();
    clock.boot = Millis(std::chrono::hours(8)).count();
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice", Phase::account));
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::denied);
    });
}

TEST_F(DoorTest, a_clock_that_was_set_is_told_once_and_logins_go_on) {
    constexpr std::int64_t hour = 3'600'000;
    const auto log_in = [&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    };
    const std::int64_t today = clock.now().wall.count();
    constexpr std::int64_t end_of_32_bits = std::int64_t{0x7FFFFFFF} * 1000;
    at_the_door([&] {
        for (const auto shift : {std::int64_t{0}, hour, std::int64_t{0}, -today, end_of_32_bits + hour - today}) {
            clock.wall = shift;
            for (int i = 0; i < 2; ++i) log_in();
        }
    });
    ASSERT_EQ(recorder.noted.size(), 4U) << "each time it was set, and not at the first look";
    std::vector<std::string> seconds;
    for (const auto& entry : recorder.noted) {
        EXPECT_EQ(entry.event, Event::clock_jumped);
        seconds.push_back(entry.fields.at(0).second);
    }
    EXPECT_NEAR(std::stod(seconds[0]), 3600, 1) << "the two clocks are not read together";
    EXPECT_NEAR(std::stod(seconds[1]), -3600, 1);
    EXPECT_LT(std::stod(seconds[2]), 0);
    EXPECT_GT(std::stod(seconds[3]), 0);
}

TEST_F(DoorTest, a_key_alone_is_refused_where_a_factor_is_required) {
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice", Phase::account));
        const auto verdict = client.hear<wire::Verdict>();
        EXPECT_EQ(verdict->decision, Decision::denied);
        EXPECT_NE(verdict->text.find("key alone"), std::string_view::npos);
    });
}

TEST_F(DoorTest, every_login_by_key_alone_is_written_down_and_no_quota_silences_root_s_programs) {
    constexpr int logins = 5 * AuditQuota::burst;
    policy.defaults.key_only = KeyOnly::allow;
    at_the_door([&] {
        for (int i = 0; i < logins; ++i) {
            Client client(path);
            client.say(login_of("alice", Phase::account));
            EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
        }
    });
    EXPECT_EQ(recorder.noted.size(), logins);
    for (const auto& entry : recorder.noted) EXPECT_EQ(entry.event, Event::passed_by_key_only);

    recorder.noted.clear();
    records.all.clear();
    at_the_door([&] {
        for (int i = 0; i < logins; ++i) {
            Client client(path);
            client.say(login_of("alice"));
            EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::denied);
        }
    });
    EXPECT_EQ(recorder.noted.size(), logins) << "refusals of sshd's are everybody's";
}

TEST_F(DoorTest, who_has_no_factor_or_none_that_is_allowed_is_told_which_of_the_two) {
    policy.defaults.allowed = FactorSet{FactorKind::security_key};
    const auto told = [&] {
        std::string text;
        at_the_door([&] {
            Client client(path);
            client.say(login_of("alice"));
            const auto verdict = client.hear<wire::Verdict>();
            EXPECT_EQ(verdict->decision, Decision::denied);
            text = verdict->text;
        });
        return text;
    };
    EXPECT_EQ(told(), "None of your factors is allowed here. Ask your administrator for help.");
    records.all.clear();
    EXPECT_EQ(told(), "This account needs a second factor and has none.\nAsk your administrator for help.");
}

TEST_F(DoorTest, lets_rules_go_by_from_where_the_peer_says_that_the_user_comes) {
    policy.defaults.level = Level::disabled;
    policy.rules.push_back({"office", {.networks = {.among = {*Network::parse("192.0.2.0/24")}}}, {}, "p", 1});
    policy.rules.back().terms.level = Level::disabled;
    policy.rules.push_back({"afar", {.from = From::remote}, {.level = Level::required}, "p", 2});
    struct Row {
        const char* service;
        const char* remote_host;
        const char* ssh_connection;
        bool asked;
    };
    const Row table[] = {
        {"sshd", "192.0.2.7", "", false},
        {"sshd", "::ffff:192.0.2.7", "", false},
        {"sshd", "198.51.100.7", "", true},
        {"sshd", "office.example", "192.0.2.7 5022 192.0.2.1 22", false},
        {"sshd", "office.example", "", true},  // a name is not resolved
        {"sshd", "", "", true},
        {"login", "", "", false},
        {"login", "198.51.100.7", "", true},
        {"remote", "telnet.example", "", true},
        {"ftp", "192.0.2.7", "", false},
        {"ftp", "198.51.100.7", "", true},
        {"ftp", "", "", true},  // from nobody knows where
    };
    for (const auto& row : table)
        at_the_door([&] {
            Client client(path);
            auto begin = login_of("alice");
            begin.service = row.service;
            begin.remote_host = row.remote_host;
            begin.ssh_connection = row.ssh_connection;
            client.say(begin);
            EXPECT_EQ(client.hear<wire::Ask>().has_value(), row.asked) << row.service << " from " << row.remote_host;
        });
}

TEST_F(DoorTest, remembers_from_where_a_session_was_opened_until_it_is_closed) {
    policy.defaults.level = Level::disabled;
    policy.rules.push_back({"elsewhere",
                            {.services = {"ftp", "login"}, .networks = {.except = {*Network::parse("192.0.2.0/24")}}},
                            {.level = Level::required},
                            "p",
                            1});
    const auto is_asked = [&](const char* service) {
        Client client(path);
        auto begin = login_of("alice");
        begin.service = service;
        client.say(begin);
        return client.hear<wire::Ask>().has_value();
    };
    const auto session = [&](Phase phase, const char* address) {
        Client client(path);
        auto begin = login_of("alice", phase);
        begin.remote_host = address;
        client.say(begin);
        EXPECT_TRUE(client.hear<wire::Verdict>());
    };
    at_the_door([&] {
        EXPECT_TRUE(is_asked("ftp")) << "nobody knows from where";
        session(Phase::open_session, "192.0.2.7");
        EXPECT_FALSE(is_asked("ftp"));
        session(Phase::close_session, "192.0.2.7");
        EXPECT_TRUE(is_asked("ftp"));
        EXPECT_FALSE(is_asked("login")) << "it begins at the machine itself";
        session(Phase::open_session, "198.51.100.7");
        EXPECT_TRUE(is_asked("ftp"));
        EXPECT_TRUE(is_asked("login")) << "login run in a session from afar is not at the machine itself";
    });
}

TEST_F(DoorTest, lets_rules_go_by_the_time) {
    policy.defaults.level = Level::disabled;
    policy.rules.push_back({"at night", {}, {.level = Level::required}, "p", 1});
    Facts told;
    tell_time(told, clock.now().wall);
    const auto now = told.time;
    ASSERT_TRUE(now);
    auto& times = policy.rules.back().match.times;
    const auto is_asked = [&] {
        bool asked = false;
        at_the_door([&] {
            Client client(path);
            client.say(login_of("alice"));
            asked = client.hear<wire::Ask>().has_value();
        });
        return asked;
    };
    const auto today = static_cast<std::uint8_t>(1U << now->weekday);
    const auto tomorrow = static_cast<std::uint8_t>(1U << (now->weekday + 1) % 7);  // midnight may pass meanwhile
    times = {{static_cast<std::uint8_t>(today | tomorrow)}};
    EXPECT_TRUE(is_asked());
    times = {{static_cast<std::uint8_t>(TimeSpan::every_day & ~(today | tomorrow))}};
    EXPECT_FALSE(is_asked());
}

TEST_F(DoorTest, hands_out_tokens_and_checks_oneself) {
    records.all[0].account = {0, "root"};
    at_the_door([&] {
        Client wanting(path);
        wanting.say(wire::GetToken{});
        EXPECT_EQ(wanting.hear<wire::Token>()->token.size(), 64U);
        Client only_looking(path);
        wire::Verify look;
        look.may_ask = 0;
        only_looking.say(look);
        EXPECT_EQ(only_looking.hear<wire::Verdict>()->decision, Decision::denied);
        Client proving(path);
        proving.say(wire::Verify{.login = 5});
        ASSERT_TRUE(proving.hear<wire::Ask>());
        proving.say(wire::Answer{1, "111111"});
        const auto verdict = proving.hear<wire::Verdict>();
        EXPECT_EQ(verdict->login, 5U);
        EXPECT_EQ(verdict->decision, Decision::granted);
    });
}

// Risk, time to enroll, and rules that only report

TEST_F(DoorTest, no_window_of_before_a_changed_password_counts_where_that_is_a_signal) {
    policy.defaults.level = Level::risk_based;
    policy.defaults.triggers = SignalSet{Signal::after_password_change};
    policy.defaults.window_scope = WindowScope::user;
    records.proved.emplace_back();
    records.proved[0].account = {1000, "alice"};
    records.proved[0].at = clock.now().boot;
    records.proved[0].strength = Strength::otp;
    records.proved[0].binding = Binding::session;
    const auto is_asked = [&] {
        bool asked = false;
        at_the_door([&] {
            Client client(path);
            client.say(login_of("alice"));
            asked = client.hear<wire::Ask>().has_value();
        });
        return asked;
    };
    EXPECT_FALSE(is_asked());
    records.remembered.password_changed = true;
    EXPECT_TRUE(is_asked());
    policy.defaults.level = Level::required;
    EXPECT_FALSE(is_asked()) << "where it is no signal, the window counts";
}

TEST_F(DoorTest, a_rule_that_only_reports_notes_each_login_once_also_of_a_program_that_serves_many) {
    policy.defaults.report_only = true;
    at_the_door([&] {
        for (const auto phase : {Phase::auth, Phase::account, Phase::auth, Phase::account, Phase::account}) {
            Client client(path);
            client.say(login_of("alice", phase));
            EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::not_required);
        }
    });
    EXPECT_EQ(recorder.noted.size(), 3U) << "two logins, and one that was asked in account alone";
}

TEST_F(DoorTest, who_cannot_be_given_time_to_enroll_because_nothing_can_be_written_is_not_let_in) {
    policy.defaults.grace = std::chrono::hours(24);
    records.all.clear();
    recorder.is_full = true;
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::unavailable);
    });
    recorder.is_full = false;
    recorder.first_seen = clock.now().wall - std::chrono::hours(25);
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::denied);
    });
}

namespace {

/// alice has nothing enrolled, and a day to do so.
struct GraceDoor : DoorTest {
    GraceDoor() {
        policy.defaults.grace = day;
        records.all.clear();
        from_home.phase = Phase::account;
        from_home.ssh_connection = "192.0.2.7 5 192.0.2.1 22";
    }
    std::optional<Decision> log_in() {
        std::optional<Decision> decision;
        at_the_door([&] {
            Client client(path);
            client.say(from_home);
            if (const auto verdict = client.hear<wire::Verdict>()) decision = verdict->decision;
        });
        return decision;
    }
    std::vector<Event> noted() const {
        std::vector<Event> events;
        for (const auto& entry : recorder.noted) events.push_back(entry.event);
        return events;
    }

    static constexpr Seconds day = std::chrono::hours(24);
    wire::Begin from_home = login_of("alice");
};

}  // namespace

TEST_F(GraceDoor, time_begins_by_risk_with_the_first_login_and_not_with_the_first_that_is_unusual) {
    policy.defaults.level = Level::risk_based;
    policy.defaults.triggers = SignalSet{Signal::suspicious_ip};
    EXPECT_EQ(log_in(), Decision::not_required);
    ASSERT_EQ(recorder.first_sights.size(), 1U);
    EXPECT_EQ(recorder.first_sights[0].account.name, "alice");
    records.remembered.first_required = clock.now().wall - day - Seconds(1);
    EXPECT_EQ(log_in(), Decision::not_required) << "nothing is asked of her";
    EXPECT_EQ(recorder.first_sights.size(), 1U);
    addresses.listed = true;
    EXPECT_EQ(log_in(), Decision::denied) << "whoever has her password by now: her time is over";
    records.remembered.first_required = clock.now().wall - Seconds(3600);
    EXPECT_EQ(log_in(), Decision::not_required);
}

TEST_F(GraceDoor, no_time_begins_by_risk_where_none_is_given_or_needed) {
    policy.defaults.level = Level::risk_based;
    policy.defaults.triggers = SignalSet{Signal::suspicious_ip};
    policy.defaults.report_only = true;
    EXPECT_EQ(log_in(), Decision::not_required);
    policy.defaults.report_only = false;
    records.all = {enrollment(1, FactorKind::totp)};
    EXPECT_EQ(log_in(), Decision::not_required);
    records.all.clear();
    policy.defaults.grace = Seconds(0);
    EXPECT_EQ(log_in(), Decision::not_required);
    from_home.user = "mallory";
    policy.defaults.grace = day;
    EXPECT_EQ(log_in(), Decision::denied) << "no such user";
    EXPECT_TRUE(recorder.first_sights.empty());
}

TEST_F(GraceDoor, of_whom_nothing_is_asked_is_let_in_also_while_nothing_can_be_written) {
    policy.defaults.level = Level::risk_based;
    policy.defaults.triggers = SignalSet{Signal::suspicious_ip};
    recorder.is_full = true;
    EXPECT_EQ(log_in(), Decision::not_required);
    addresses.listed = true;
    EXPECT_EQ(log_in(), Decision::unavailable) << "of whom something is, is not";
}

TEST_F(GraceDoor, time_that_a_clock_which_ran_ahead_began_begins_today) {
    const auto year = Millis(std::chrono::hours(365 * 24));
    records.remembered.first_required = clock.now().wall + year;
    EXPECT_EQ(log_in(), Decision::not_required);
    ASSERT_EQ(recorder.first_sights.size(), 1U) << "and that is kept";
    EXPECT_LE(recorder.first_sights[0].at, clock.now().wall);
    ASSERT_EQ(noted(), (std::vector{Event::clock_jumped, Event::passed_for_now}));
    EXPECT_EQ(recorder.noted[0].account.name, "alice");
    EXPECT_NEAR(std::stod(recorder.noted[0].fields.at(0).second), -365.0 * 86400, 60);
    EXPECT_EQ(recorder.noted[1].fields.back(), (std::pair<std::string_view, std::string>{"days", "1"}));
}

TEST_F(GraceDoor, a_clock_that_was_only_corrected_is_not_worth_a_record) {
    records.remembered.first_required = clock.now().wall + Seconds(60);
    EXPECT_EQ(log_in(), Decision::not_required);
    EXPECT_EQ(recorder.first_sights.size(), 1U);
    EXPECT_EQ(noted(), std::vector{Event::passed_for_now});
}

TEST_F(GraceDoor, a_rule_that_only_reports_calls_nobody_refused_who_would_have_time_and_begins_none) {
    policy.defaults.report_only = true;
    EXPECT_EQ(log_in(), Decision::not_required);
    EXPECT_TRUE(recorder.noted.empty());
    EXPECT_TRUE(recorder.first_sights.empty());
    records.remembered.first_required = clock.now().wall + std::chrono::hours(1);
    EXPECT_EQ(log_in(), Decision::not_required);
    EXPECT_TRUE(recorder.noted.empty());
    EXPECT_TRUE(recorder.first_sights.empty());
    records.remembered.first_required = clock.now().wall - day - Seconds(1);
    EXPECT_EQ(log_in(), Decision::not_required);
    ASSERT_EQ(noted(), std::vector{Event::would_have_refused});
    const std::pair<std::string_view, std::string> rule{"rule", "[defaults]"};
    const auto& fields = recorder.noted[0].fields;
    EXPECT_NE(std::find(fields.begin(), fields.end(), rule), fields.end());
}

// Trusted keys

namespace {

const std::string laptop_line
    = "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIETzaZJ2RBNmNJlwrfq2+idJ0V/vwBsAOjVkZwxdjQOR\n";
const std::string laptop = "SHA256:dguPO7tYJH+NZI+03Do4xXQeuf+7oU1suAPIOIjlTIE";

wire::Begin login_with_key(Phase phase = Phase::auth) {
    auto begin = login_of("alice", phase);
    begin.ssh_authenticated = laptop_line;
    begin.ssh_connection = "192.0.2.7 5 192.0.2.1 22";
    return begin;
}

struct KeyDoor : DoorTest {
    KeyDoor() {
        policy.defaults.key_trust.enabled = true;
        records.remembered.seen = {{Sighting::Kind::key, laptop}, {Sighting::Kind::network, "192.0.2.0/24"}};
    }

    /// alice trusts her laptop's key.
    TrustedKey& trust() {
        TrustedKey key;
        key.id = 5;
        key.account = {1000, "alice"};
        key.fingerprint = laptop;
        key.type = "ssh-ed25519";
        key.strength = Strength::otp;
        key.created = clock.now().wall;
        key.expires = key.created + std::chrono::hours(1);
        return records.trusted.emplace_back(key);
    }
    /// The verdict, after a right code if one is asked for and `answer` if something is offered.
    std::optional<Decision> log_in(const wire::Begin& begin, const std::optional<std::string>& answer = {}) {
        std::optional<Decision> decision;
        at_the_door([&] {
            Client client(path);
            client.say(begin);
            if (begin.phase == Phase::auth && records.trusted.empty()) {
                ASSERT_TRUE(client.hear<wire::Ask>());
                client.say(wire::Answer{1, "111111"});
            }
            if (answer) {
                const auto offer = client.hear<wire::Offer>();
                ASSERT_TRUE(offer);
                EXPECT_EQ(offer->decision, Decision::granted);
                EXPECT_EQ(offer->login, 77U);
                EXPECT_NE(offer->text.find(laptop), std::string_view::npos);
                client.say(wire::Answer{offer->turn, *answer});
            }
            const auto verdict = client.hear<wire::Verdict>();
            if (verdict) decision = verdict->decision;
        });
        return decision;
    }
};

}  // namespace

TEST_F(KeyDoor, a_trusted_key_is_let_in_without_a_code_counted_once_and_opens_no_window) {
    trust();
    at_the_door([&] {
        for (const auto phase : {Phase::auth, Phase::account}) {
            Client client(path);
            client.say(login_with_key(phase));
            EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
        }
    });
    ASSERT_EQ(recorder.used.size(), 1U);
    EXPECT_EQ(recorder.used[0].key, 5);
    EXPECT_EQ(recorder.used[0].audit.event, Event::trusted_key_used);
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(KeyDoor, a_trusted_key_is_counted_in_the_account_phase_where_auth_was_not_called) {
    trust();
    at_the_door([&] {
        for (const auto phase : {Phase::account, Phase::auth, Phase::account, Phase::account}) {
            Client client(path);
            client.say(login_with_key(phase));
            EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
        }
    });
    EXPECT_EQ(recorder.used.size(), 3U) << "three logins, of which one had both phases";
    recorder.refuses_keys = true;
    EXPECT_EQ(log_in(login_with_key(Phase::account)), Decision::denied) << "forgotten this very moment";
}

TEST_F(KeyDoor, what_was_said_of_keys_counts_in_sshd_alone) {
    trust();
    for (const char* service : {"sudo", "login", "xscreensaver"}) {
        auto begin = login_with_key();
        begin.service = service;
        at_the_door([&] {
            Client client(path);
            client.say(begin);
            const auto asked = client.hear<wire::Ask>();
            EXPECT_TRUE(asked || std::string_view(service) == "sudo") << service;  // root's own sudo is let be
        });
    }
    EXPECT_TRUE(recorder.used.empty());
}

TEST_F(KeyDoor, a_key_that_was_forgotten_this_moment_is_asked_for_a_code) {
    trust();
    recorder.refuses_keys = true;
    at_the_door([&] {
        Client client(path);
        client.say(login_with_key());
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
    EXPECT_EQ(recorder.used.size(), 1U);
}

TEST_F(KeyDoor, no_key_is_trusted_where_anything_is_unusual_or_nobody_can_tell) {
    trust();
    const auto is_asked = [&] {
        bool asked = false;
        at_the_door([&] {
            Client client(path);
            client.say(login_with_key());
            asked = client.hear<wire::Ask>().has_value();
        });
        return asked;
    };
    EXPECT_FALSE(is_asked());
    addresses.listed = true;
    EXPECT_TRUE(is_asked());
    addresses.listed = std::nullopt;
    EXPECT_TRUE(is_asked());
    addresses.listed = false;
    records.source_failures = 10;
    EXPECT_TRUE(is_asked());
    records.source_failures = 0;
    records.remembered.password_changed = true;
    EXPECT_TRUE(is_asked());
    records.remembered.password_changed = false;
    records.remembered.seen.pop_back();
    EXPECT_TRUE(is_asked()) << "another network";
}

TEST_F(KeyDoor, a_key_alone_is_not_the_business_of_trust) {
    trust();
    EXPECT_EQ(log_in(login_of("alice", Phase::account)), Decision::denied);
}

TEST_F(KeyDoor, who_proved_a_factor_behind_a_key_is_asked_whether_he_trusts_it) {
    EXPECT_EQ(log_in(login_with_key(), "yes"), Decision::granted);
    ASSERT_EQ(recorder.trusted.size(), 1U);
    const auto& wish = recorder.trusted[0];
    EXPECT_EQ(wish.key.fingerprint, laptop);
    EXPECT_EQ(wish.key.type, "ssh-ed25519");
    EXPECT_EQ(wish.key.network, "192.0.2.0/24");
    EXPECT_EQ(wish.key.strength, Strength::otp);
    EXPECT_EQ(wish.key.expires - wish.key.created, Millis(std::chrono::hours(24 * 30)));
    EXPECT_EQ(wish.enrollment, 1);
    EXPECT_EQ(wish.audit.event, Event::key_trusted);
}

TEST_F(KeyDoor, any_other_answer_is_no_and_in_he_is_all_the_same) {
    for (const char* answer : {"", "n", "no", "111111", "?"})
        EXPECT_EQ(log_in(login_with_key(), answer), Decision::granted);
    EXPECT_TRUE(recorder.trusted.empty());
    recorder.refuses_keys = true;
    EXPECT_EQ(log_in(login_with_key(), "y"), Decision::granted) << "and also when it cannot be kept";
}

TEST_F(KeyDoor, an_offer_that_is_withdrawn_is_written_down_as_nothing) {
    at_the_door([&] {
        Client client(path);
        client.say(login_with_key());
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        ASSERT_TRUE(client.hear<wire::Offer>());
        client.say(wire::Withdraw{});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
    EXPECT_TRUE(recorder.noted.empty());
    EXPECT_TRUE(recorder.trusted.empty());
}

TEST_F(KeyDoor, nothing_is_offered_without_a_key_by_a_recovery_code_or_where_policy_says_no) {
    const auto is_offered = [&](const wire::Begin& begin, const char* code) {
        bool offered = false;
        at_the_door([&] {
            Client client(path);
            client.say(begin);
            ASSERT_TRUE(client.hear<wire::Ask>());
            client.say(wire::Answer{1, code});
            offered = client.hear<wire::Offer>().has_value();
        });
        return offered;
    };
    EXPECT_TRUE(is_offered(login_with_key(), "111111"));
    EXPECT_FALSE(is_offered(login_of("alice"), "111111"));
    EXPECT_FALSE(is_offered(login_with_key(), "GOOD"));
    auto console = login_with_key();
    console.service = "login";
    EXPECT_FALSE(is_offered(console, "111111"));
    policy.defaults.key_trust.enabled = false;
    EXPECT_FALSE(is_offered(login_with_key(), "111111"));
}

// Security keys

namespace {

const std::string yubikey_line
    = "publickey sk-ssh-ed25519@openssh.com "
      "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABHNzaDo=\n";
const std::string yubikey = "SHA256:/p0CbeE3dk2SyW1OXXsThGc12ezDVD8eGw2/vtztDfk";
const std::string other_yubikey_line
    = "publickey sk-ssh-ed25519@openssh.com "
      "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo=\n";

struct SecurityKeyDoor : DoorTest {
    SecurityKeyDoor() {
        policy.defaults.security_key_login = SecurityKeyLogin::verified;
        records.all.push_back(enrollment(3, FactorKind::ssh_security_key, "yubikey"));
        records.seeds[3] = yubikey;
    }

    static wire::Begin login_with(const std::string& line, Phase phase = Phase::auth) {
        auto begin = login_of("alice", phase);
        begin.ssh_authenticated = line;
        begin.ssh_connection = "192.0.2.7 5 192.0.2.1 22";
        return begin;
    }
    /// The verdict that comes at once; nothing if something is asked first.
    std::optional<Decision> at_once(const wire::Begin& begin) {
        std::optional<Decision> decision;
        at_the_door([&] {
            Client client(path);
            client.say(begin);
            const auto verdict = client.hear<wire::Verdict>();
            if (verdict) decision = verdict->decision;
        });
        return decision;
    }
};

}  // namespace

TEST_F(SecurityKeyDoor, a_login_by_an_enrolled_one_is_a_factor_that_is_judged_before_it_is_told) {
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::granted);
    ASSERT_EQ(recorder.judged.size(), 1U);
    const auto& judgement = recorder.judged[0];
    ASSERT_TRUE(judgement.proof);
    EXPECT_EQ(judgement.proof->enrollment, 3);
    EXPECT_EQ(std::get<SpendNothing>(judgement.proof->spend).enrollment, 3);
    EXPECT_EQ(judgement.proof->opens.factor, FactorKind::ssh_security_key);
    EXPECT_EQ(judgement.proof->opens.strength, Strength::ssh_security_key);
    EXPECT_EQ(judgement.proof->opens.binding, Binding::pending);
    EXPECT_TRUE(judgement.clears_failures);
    EXPECT_EQ(judgement.account_limit, "uid:1000");
    EXPECT_EQ(judgement.audit.fields.back(), (std::pair<std::string_view, std::string>("key", yubikey)));
    recorder.outcomes.emplace_back(fail(Errc::unavailable, "the disk is full"));
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::unavailable);
}

TEST_F(SecurityKeyDoor, counts_also_where_the_account_phase_is_all_there_is_and_a_key_alone_is_refused) {
    policy.defaults.key_only = KeyOnly::deny;
    EXPECT_EQ(at_once(login_with(yubikey_line, Phase::account)), Decision::granted);
    EXPECT_EQ(recorder.judged.size(), 1U);
    EXPECT_EQ(at_once(login_with(laptop_line, Phase::account)), Decision::denied);
    EXPECT_EQ(at_once(login_with("", Phase::account)), Decision::denied);
}

TEST_F(SecurityKeyDoor, who_shows_another_key_or_a_plain_one_or_none_is_asked) {
    for (const auto& line :
         {other_yubikey_line, laptop_line, std::string(), std::string("publickey sk-ssh-ed25519@openssh.com \n")})
        EXPECT_EQ(at_once(login_with(line)), std::nullopt) << line;
    EXPECT_EQ(at_once(login_with(laptop_line + yubikey_line)), Decision::granted) << "one of several is enough";
    EXPECT_EQ(recorder.judged.size(), 1U);
}

TEST_F(SecurityKeyDoor, a_plain_key_of_the_same_fingerprint_is_none) {
    records.seeds[3] = laptop;
    EXPECT_EQ(at_once(login_with(laptop_line)), std::nullopt);
}

TEST_F(SecurityKeyDoor, one_that_is_not_confirmed_or_somebody_elses_is_asked) {
    records.all.back().active = false;
    EXPECT_EQ(at_once(login_with(yubikey_line)), std::nullopt);
    records.all.back().active = true;
    records.all.back().account = {1001, "bob"};
    EXPECT_EQ(at_once(login_with(yubikey_line)), std::nullopt);
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(SecurityKeyDoor, counts_only_where_policy_says_so_and_lets_it_be_a_factor) {
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::granted);
    policy.defaults.allowed = FactorSet{FactorKind::totp, FactorKind::recovery_code};
    EXPECT_EQ(at_once(login_with(yubikey_line)), std::nullopt);
    policy.defaults.allowed.reset();
    policy.defaults.min_strength = Strength::webauthn;
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::denied) << "and nothing else is strong enough";
    policy.defaults.min_strength = Strength::ssh_security_key;
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::granted);
    policy.defaults.min_strength.reset();
    policy.defaults.security_key_login.reset();
    EXPECT_EQ(at_once(login_with(yubikey_line)), std::nullopt);
}

TEST_F(SecurityKeyDoor, what_was_said_of_it_counts_in_sshd_alone) {
    for (const char* service : {"login", "xscreensaver"}) {
        auto begin = login_with(yubikey_line);
        begin.service = service;
        EXPECT_EQ(at_once(begin), std::nullopt) << service;
    }
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(SecurityKeyDoor, one_that_is_refused_by_a_lock_is_asked_like_anybody_and_judged_once) {
    recorder.outcomes.emplace_back(Judged{Outcome::locked, {}, false});
    EXPECT_EQ(at_once(login_with(yubikey_line)), std::nullopt);
    EXPECT_EQ(recorder.judged.size(), 1U);
    recorder.outcomes.emplace_back(Judged{Outcome::locked, {}, false});
    EXPECT_EQ(at_once(login_with(yubikey_line, Phase::account)), Decision::denied);
}

TEST_F(SecurityKeyDoor, is_one_of_two_different_factors_and_the_other_is_asked_for) {
    policy.defaults.two_different = true;
    at_the_door([&] {
        Client client(path);
        client.say(login_with(yubikey_line));
        EXPECT_EQ(client.hear<wire::Ask>()->text,
                  "Your security key is accepted. One more is needed, of another kind.\nCode (? for help): ");
        EXPECT_EQ(recorder.judged.size(), 1U);
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
    ASSERT_EQ(recorder.judged.size(), 2U);
    EXPECT_FALSE(recorder.judged[0].clears_failures) << "nobody may guess at the other with the key in his hand";
    EXPECT_TRUE(recorder.judged[1].clears_failures);
    EXPECT_EQ(recorder.judged[0].proved_before, FactorSet{});
    EXPECT_EQ(recorder.judged[1].proved_before, FactorSet{FactorKind::ssh_security_key});
    EXPECT_EQ(at_once(login_with(yubikey_line, Phase::account)), Decision::denied) << "nothing can be asked there";
}

TEST_F(SecurityKeyDoor, of_two_a_key_that_is_refused_leaves_two_to_be_asked_for) {
    policy.defaults.two_different = true;
    recorder.outcomes.emplace_back(Judged{Outcome::locked, {}, false});
    at_the_door([&] {
        Client client(path);
        client.say(login_with(yubikey_line));
        EXPECT_EQ(client.hear<wire::Ask>()->text, "Code (? for help): ");
        client.say(wire::Answer{1, "111111"});
        EXPECT_EQ(client.hear<wire::Ask>()->text,
                  "Accepted. One more is needed, of another kind.\nSecond code (? for help): ");
    });
    recorder.outcomes.emplace_back(fail(Errc::unavailable, "the disk is full"));
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::unavailable);
}

TEST_F(SecurityKeyDoor, and_nothing_else_is_not_enough_for_two) {
    policy.defaults.two_different = true;
    records.all = {records.all.back()};
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::denied);
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(SecurityKeyDoor, a_signal_that_fires_does_not_stop_it_and_is_told_to_the_trail) {
    policy = policy_of(Level::risk_based);
    policy.defaults.security_key_login = SecurityKeyLogin::verified;
    addresses.listed = true;
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::granted);
    ASSERT_EQ(recorder.judged.size(), 1U);
    const auto& fields = recorder.judged[0].audit.fields;
    const auto signals
        = std::find_if(fields.begin(), fields.end(), [](const auto& one) { return one.first == "signals"; });
    ASSERT_NE(signals, fields.end());
    EXPECT_NE(signals->second.find("suspicious-ip"), std::string::npos);
    EXPECT_FALSE(recorder.judged[0].sightings.empty()) << "this key and network are nothing new from now on";
}

TEST_F(SecurityKeyDoor, where_nothing_is_asked_for_want_of_risk_it_is_proved_and_lets_in_all_the_same_if_it_cannot_be) {
    policy = policy_of(Level::risk_based);
    policy.defaults.triggers = SignalSet{Signal::suspicious_ip};
    policy.defaults.security_key_login = SecurityKeyLogin::verified;
    addresses.listed = false;
    EXPECT_EQ(at_once(login_with(laptop_line)), Decision::not_required);
    EXPECT_TRUE(recorder.judged.empty());
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::granted);
    EXPECT_EQ(recorder.judged.size(), 1U) << "sudo may go by its window";
    recorder.outcomes.emplace_back(fail(Errc::unavailable, "the disk is full"));
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::not_required);
    recorder.outcomes.emplace_back(Judged{Outcome::locked, {}, false});
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::not_required);
    recorder.outcomes.emplace_back(Judged{Outcome::later, clock.now().boot + Millis(30), false});
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::not_required) << "and nobody is kept waiting";
    EXPECT_EQ(recorder.judged.size(), 4U);
    policy.defaults.report_only = true;
    EXPECT_EQ(at_once(login_with(yubikey_line)), Decision::not_required);
    EXPECT_EQ(recorder.judged.size(), 4U);
}

TEST_F(SecurityKeyDoor, it_opens_a_session_in_which_it_can_be_told_whose_key_it_was) {
    auto begin = login_with(yubikey_line, Phase::open_session);
    at_the_door([&] {
        Client client(path);
        client.say(begin);
        EXPECT_TRUE(client.hear<wire::Verdict>());
    });
    const auto place = proc.session_of(::getpid());
    ASSERT_TRUE(place);
    EXPECT_EQ(origins.security_key_of(*place, {1000, "alice"}), yubikey);
    EXPECT_EQ(origins.security_key_of(*place, {1001, "bob"}), "");
}

// Two different factors

TEST_F(DoorTest, two_different_factors_are_two_judgements_and_nothing_is_granted_after_one) {
    policy.defaults.two_different = true;
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        const auto second = client.hear<wire::Ask>();
        ASSERT_TRUE(second);
        EXPECT_EQ(second->text, "Accepted. One more is needed, of another kind.\nSecond code (? for help): ");
        EXPECT_EQ(recorder.judged.size(), 1U);
        client.say(wire::Answer{2, "GOOD"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::granted);
    });
    ASSERT_EQ(recorder.judged.size(), 2U);
    EXPECT_FALSE(recorder.judged[0].clears_failures) << "nobody may guess at the second with the first in his hand";
    EXPECT_TRUE(recorder.judged[1].clears_failures);
    EXPECT_EQ(recorder.judged[1].proved_before, FactorSet{FactorKind::totp});
    EXPECT_EQ(recorder.judged[0].proof->opens.factor, FactorKind::totp);
    EXPECT_EQ(recorder.judged[1].proof->opens.factor, FactorKind::recovery_code);
}

TEST_F(DoorTest, of_two_different_factors_one_that_cannot_be_recorded_is_none) {
    policy.defaults.two_different = true;
    recorder.outcomes.emplace_back(Judged{Outcome::accepted, {}, false});
    recorder.outcomes.emplace_back(fail(Errc::unavailable, "the disk is full"));
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{1, "111111"});
        ASSERT_TRUE(client.hear<wire::Ask>());
        client.say(wire::Answer{2, "GOOD"});
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::unavailable);
    });
}

TEST_F(DoorTest, who_has_one_kind_of_factor_only_is_not_asked_for_two) {
    policy.defaults.two_different = true;
    records.all = {enrollment(1, FactorKind::totp), enrollment(3, FactorKind::totp, "tablet")};
    at_the_door([&] {
        Client client(path);
        client.say(login_of("alice"));
        EXPECT_EQ(client.hear<wire::Verdict>()->decision, Decision::denied);
    });
    EXPECT_TRUE(recorder.judged.empty());
}

TEST_F(DoorTest, one_of_two_proofs_does_not_pass_the_account_phase) {
    policy.defaults.two_different = true;
    policy.defaults.window = Seconds(0);
    const auto account = [&] {
        std::optional<Decision> decision;
        at_the_door([&] {
            Client client(path);
            client.say(login_of("alice", Phase::account));
            const auto verdict = client.hear<wire::Verdict>();
            if (verdict) decision = verdict->decision;
        });
        return decision;
    };
    Verification first;
    first.account = {1000, "alice"};
    first.at = clock.now().boot;
    first.service = "sshd";
    first.asker = *proc.reference(getpid());
    records.proved = {first};
    EXPECT_EQ(account(), Decision::denied);
    auto second = first;
    second.factor = FactorKind::recovery_code;
    records.proved.push_back(second);
    EXPECT_EQ(account(), Decision::granted);
}
