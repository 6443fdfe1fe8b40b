#include "daemon/core/trusted_key.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

constexpr Millis day{std::chrono::hours(24)};
const auto home = Address::parse("192.0.2.7");
const SshKey laptop{"ssh-ed25519", "SHA256:laptop", false, false};
const SshKey other{"ssh-ed25519", "SHA256:other", false, false};

Instant on_day(int count) { return {count * day, count * day}; }

TrustedKey trusted() {
    TrustedKey key;
    key.id = 1;
    key.account = {1000, "alice"};
    key.fingerprint = laptop.fingerprint;
    key.type = laptop.type;
    key.strength = Strength::otp;
    key.network = network_around(home);
    key.created = on_day(100).wall;
    key.expires = on_day(130).wall;
    return key;
}

Requirement requirement() {
    Requirement made;
    made.key_trust.enabled = true;
    return made;
}

bool holds_on(int count, const Requirement& asked = requirement(), const TrustedKey& key = trusted(),
              const std::optional<Address>& from = home) {
    return holds(key, asked, from, on_day(count));
}

}  // namespace

TEST(TrustedKey, holds_from_the_moment_it_was_trusted_until_it_expires) {
    EXPECT_FALSE(holds_on(99)) << "the clock was set back";
    EXPECT_TRUE(holds_on(100));
    EXPECT_TRUE(holds_on(129));
    EXPECT_FALSE(holds_on(130));
}

TEST(TrustedKey, holds_no_longer_than_policy_says_today) {
    auto asked = requirement();
    asked.key_trust.duration = std::chrono::hours(24 * 7);
    EXPECT_TRUE(holds_on(106, asked));
    EXPECT_FALSE(holds_on(107, asked));
    asked.key_trust.duration = std::chrono::hours(24 * 90);
    EXPECT_FALSE(holds_on(130, asked)) << "a longer time is not given later";
    asked.key_trust.enabled = false;
    EXPECT_FALSE(holds_on(100, asked));
}

TEST(TrustedKey, is_worth_what_was_proved_when_it_was_trusted) {
    auto asked = requirement();
    asked.min_strength = Strength::otp;
    EXPECT_TRUE(holds_on(100, asked));
    asked.min_strength = Strength::security_key;
    EXPECT_FALSE(holds_on(100, asked));
    asked = requirement();
    asked.allowed = {FactorKind::webauthn};
    EXPECT_FALSE(holds_on(100, asked));
}

TEST(TrustedKey, is_never_roots) {
    auto key = trusted();
    key.account = {0, "root"};
    EXPECT_FALSE(holds_on(100, requirement(), key));
    EXPECT_FALSE(may_trust_keys(key.account, requirement()));
    EXPECT_TRUE(may_trust_keys({1000, "alice"}, requirement()));
}

TEST(TrustedKey, holds_in_one_network_only_where_policy_says_so) {
    const auto neighbor = Address::parse("192.0.2.200");
    const auto elsewhere = Address::parse("192.0.3.7");
    auto asked = requirement();
    EXPECT_TRUE(holds_on(100, asked, trusted(), elsewhere));
    asked.key_trust.same_network = true;
    EXPECT_TRUE(holds_on(100, asked, trusted(), neighbor));
    EXPECT_FALSE(holds_on(100, asked, trusted(), elsewhere));
    EXPECT_FALSE(holds_on(100, asked, trusted(), std::nullopt)) << "nobody knows from where";
    auto placeless = trusted();
    placeless.network.clear();
    EXPECT_FALSE(holds_on(100, asked, placeless));
}

TEST(TrustedKey, is_one_that_sshd_accepted_in_this_login) {
    const std::vector all{trusted()};
    const auto among = [&](const std::vector<SshKey>& presented) {
        return trusted_among(presented, all, requirement(), home, on_day(100)) != nullptr;
    };
    EXPECT_TRUE(among({laptop}));
    EXPECT_TRUE(among({other, laptop})) << "two keys were asked for";
    EXPECT_TRUE(among({SshKey{laptop.type, laptop.fingerprint, false, true}})) << "in a certificate";
    EXPECT_FALSE(among({other}));
    EXPECT_FALSE(among({}));
    EXPECT_FALSE(among({SshKey{"ssh-rsa", laptop.fingerprint, false, false}}));
}

TEST(NetworkAround, is_a_24_or_a_64) {
    EXPECT_EQ(network_around(home), "192.0.2.0/24");
    EXPECT_EQ(network_around(Address::parse("2001:db8:1:2::7")), "2001:db8:1:2::/64");
    EXPECT_EQ(network_around(std::nullopt), "");
}

TEST(Offer, names_the_key_and_the_time_within_80_columns) {
    const SshKey key{"ssh-ed25519", "SHA256:dguPO7tYJH+NZI+03Do4xXQeuf+7oU1suAPIOIjlTIE", false, false};
    EXPECT_EQ(offer_of_trust(key, std::chrono::hours(24 * 30)),
              "Accepted. You logged in with the key\n  SHA256:dguPO7tYJH+NZI+03Do4xXQeuf+7oU1suAPIOIjlTIE\n"
              "Trust it for 30 days? Logins with it then ask for no code. [y/N]: ");
    EXPECT_NE(offer_of_trust(key, std::chrono::hours(24)).find(" 1 day?"), std::string::npos);
    EXPECT_NE(offer_of_trust(key, std::chrono::hours(25)).find(" 25 hours?"), std::string::npos);
}

TEST(Offer, takes_nothing_but_yes_for_a_yes) {
    for (const char* yes : {"y", "Y", "yes", "Yes", "YES", " y ", "yes  "}) EXPECT_TRUE(is_yes(yes)) << yes;
    for (const char* no : {"", " ", "n", "no", "yy", "yes!", "yess", "y n", "1", "ja", "123456", "?"})
        EXPECT_FALSE(is_yes(no)) << no;
}
