#include "daemon/core/origins.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace stepup;

namespace {

const Whence office{From::remote, Address::parse("192.0.2.7")};
const Whence console{From::local, {}};

Session in_audit_session(std::uint32_t number) {
    Session session;
    session.audit_session = number;
    return session;
}

/// Sets the time zone while it lives.
class Zone {
public:
    explicit Zone(const char* name) {
        if (const char* old = std::getenv("TZ"); old != nullptr) before_ = old;
        ::setenv("TZ", name, 1);
    }
    ~Zone() { before_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before_.c_str(), 1); }

private:
    std::string before_;
};

Millis at(std::int64_t seconds) { return Seconds(seconds); }

struct OriginsTest : ::testing::Test {
    ProcReader proc;
    Origins origins{proc};
};

std::optional<LocalTime> time_of(Millis moment) {
    Facts facts;
    tell_time(facts, moment);
    return facts.time;
}

}  // namespace

TEST_F(OriginsTest, knows_from_where_each_session_was_opened_until_it_is_closed) {
    origins.opened(in_audit_session(7), office);
    origins.opened(in_audit_session(8), console);
    EXPECT_EQ(origins.of(in_audit_session(7)), office);
    EXPECT_EQ(origins.of(in_audit_session(8)), console);
    EXPECT_EQ(origins.of(in_audit_session(9)), Whence{});
    EXPECT_EQ(origins.of(Session{}), Whence{});
    origins.closed(in_audit_session(7));
    EXPECT_EQ(origins.of(in_audit_session(7)), Whence{});
}

TEST_F(OriginsTest, goes_by_the_descent_from_the_opener_where_no_session_has_a_name) {
    Session opener;
    opener.process = proc.reference(::getppid()).value();
    Session place;
    place.process = proc.reference(::getpid()).value();
    EXPECT_EQ(origins.of(place), Whence{});
    origins.opened(opener, office);
    EXPECT_EQ(origins.of(place), office);
    EXPECT_EQ(origins.of(in_audit_session(3)), Whence{}) << "who stands in a session is not told by descent";
    Session stranger;
    stranger.process = proc.reference(1).value();
    EXPECT_EQ(origins.of(stranger), Whence{});
}

TEST_F(OriginsTest, knows_by_which_security_key_its_owner_opened_a_session_and_tells_nobody_else) {
    const AccountKey al{1000, "al"};
    const SshKey plain{"ssh-ed25519", "SHA256:plain", false, false};
    const SshKey first{"sk-ssh-ed25519@openssh.com", "SHA256:first", true, false};
    const SshKey second{"sk-ssh-ed25519@openssh.com", "SHA256:second", true, true};
    origins.opened(in_audit_session(7), office, al, {plain, first, second});
    origins.opened(in_audit_session(8), office, al, {plain});
    EXPECT_EQ(origins.security_key_of(in_audit_session(7), al), "SHA256:first");
    EXPECT_EQ(origins.security_key_of(in_audit_session(8), al), "");
    EXPECT_EQ(origins.security_key_of(in_audit_session(9), al), "");
    EXPECT_EQ(origins.security_key_of(in_audit_session(7), {1001, "bo"}), "") << "who came by su";
    EXPECT_EQ(origins.security_key_of(in_audit_session(7), {1000, "bo"}), "") << "a recycled uid";
    origins.closed(in_audit_session(7));
    EXPECT_EQ(origins.security_key_of(in_audit_session(7), al), "");
}

TEST_F(OriginsTest, forgets_the_oldest_rather_than_growing_without_end) {
    for (std::uint32_t i = 0; i <= Origins::most; ++i) origins.opened(in_audit_session(i), office);
    EXPECT_EQ(origins.of(in_audit_session(0)), Whence{});
    EXPECT_EQ(origins.of(in_audit_session(1)), office);
    EXPECT_EQ(origins.of(in_audit_session(Origins::most)), office);
}

TEST(LocalTime, is_that_of_the_hosts_zone_with_its_summer_time) {
    const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");                      // Berlin's rule, without its file
    EXPECT_EQ(time_of(at(1'767'225'600)), (LocalTime{3, 60}));          // 2026-01-01 00:00 UTC, a Thursday
    EXPECT_EQ(time_of(at(1'774'745'999)), (LocalTime{6, 119}));         // 2026-03-29 01:59 CET …
    EXPECT_EQ(time_of(at(1'774'746'000)), (LocalTime{6, 180}));         // … a second later it is 03:00 CEST
    EXPECT_EQ(time_of(at(1'792'886'400)), (LocalTime{6, 120}));         // 2026-10-25 02:00 CEST …
    EXPECT_EQ(time_of(at(1'792'890'000)), (LocalTime{6, 120}));         // … an hour later it is 02:00 again, CET
    EXPECT_EQ(time_of(Millis(1'767'225'599'999)), (LocalTime{3, 59}));  // what is left of a second does not count
}

TEST(LocalTime, notices_another_zone) {
    {
        const Zone zone("UTC0");
        EXPECT_EQ(time_of(at(0)), (LocalTime{3, 0}));  // 1970-01-01, a Thursday
    }
    const Zone zone("EST5");
    EXPECT_EQ(time_of(at(0)), (LocalTime{2, 19 * 60}));
}

TEST_F(OriginsTest, make_the_facts_of_whoever_asks_for_himself) {
    const Zone zone("UTC0");
    origins.opened(in_audit_session(7), office);
    const Account al{{1000, "al"}, std::vector<std::string>{"wheel"}};
    const Instant now{Seconds(0), {}};
    const auto facts = own_facts(al, in_audit_session(7), "sudo", origins, now);
    EXPECT_EQ(facts.service, "sudo");
    EXPECT_EQ(facts.user, "al");
    EXPECT_EQ(facts.groups, al.groups);
    EXPECT_EQ(facts.target, "al");
    EXPECT_EQ(facts.whence, office);
    EXPECT_EQ(facts.time, (LocalTime{3, 0}));
    EXPECT_EQ(own_facts(al, std::nullopt, "sudo", origins, now).whence, Whence{}) << "nobody knows where he stands";
}

TEST(TellTime, goes_by_the_hosts_calendar) {
    const Zone zone("Pacific/Auckland");
    Facts facts;
    tell_time(facts, at(1'767'182'400));  // 2025-12-31 12:00 UTC
    EXPECT_EQ(facts.date, std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
}
