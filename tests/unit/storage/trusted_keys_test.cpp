#include "support.hpp"

namespace stepup::test {
namespace {

using Events = std::vector<std::string>;

const Millis hour = Seconds(3600);

struct TrustedKeys : ::testing::Test {
    Store store;
    std::int64_t phone = store.enroll(alice);
    Millis lasts = hour;

    Result<> trust(const std::string& fingerprint, Instant now = at(0), const AccountKey& account = alice,
                   std::optional<std::int64_t> enrollment = {}) {
        KeyTrusting wish;
        wish.key.account = account;
        wish.key.fingerprint = fingerprint;
        wish.key.type = "ssh-ed25519";
        wish.key.strength = Strength::otp;
        wish.key.network = "192.0.2.0/24";
        wish.key.created = now.wall;
        wish.key.expires = now.wall + lasts;
        wish.enrollment = enrollment.value_or(phone);
        wish.audit = entry(Event::key_trusted, account, now);
        return wait_for<void>([&](auto done) { store.writer().trust_key(wish, done); });
    }
    std::vector<TrustedKey> keys(Instant now = at(1), const AccountKey& account = alice) {
        return store.records().trusted_keys(account, now).value();
    }
    bool use(std::int64_t key, Instant now = at(1), const AccountKey& account = alice) {
        return wait_for<bool>([&](auto done) {
                   store.writer().use_key({account, key, now, entry(Event::trusted_key_used, account, now)}, done);
               })
            .value();
    }
    unsigned forget(std::optional<std::int64_t> key, const AccountKey& account = alice) {
        return wait_for<unsigned>([&](auto done) {
                   store.writer().forget_keys({account, key, entry(Event::trusted_keys_forgotten, account, at(2))},
                                              done);
               })
            .value();
    }
};

TEST_F(TrustedKeys, are_kept_whole) {
    ASSERT_TRUE(trust("SHA256:one", at(5)));
    const auto all = keys(at(6));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].account, alice);
    EXPECT_EQ(all[0].fingerprint, "SHA256:one");
    EXPECT_EQ(all[0].type, "ssh-ed25519");
    EXPECT_EQ(all[0].factor, FactorKind::totp);
    EXPECT_EQ(all[0].strength, Strength::otp);
    EXPECT_EQ(all[0].network, "192.0.2.0/24");
    EXPECT_EQ(all[0].created, at(5).wall);
    EXPECT_EQ(all[0].expires, at(5).wall + hour);
    EXPECT_FALSE(all[0].last_used);
    EXPECT_EQ(all[0].uses, 0U);
}

TEST_F(TrustedKeys, count_their_uses_and_each_is_written_down) {
    ASSERT_TRUE(trust("SHA256:one"));
    const auto id = keys()[0].id;
    EXPECT_TRUE(use(id, at(7)));
    EXPECT_TRUE(use(id, at(8)));
    EXPECT_EQ(keys()[0].uses, 2U);
    EXPECT_EQ(keys()[0].last_used, at(8).wall);
    const auto events = store.events();
    EXPECT_EQ(std::count(events.begin(), events.end(), "trusted-key-used"), 2);
}

TEST_F(TrustedKeys, are_of_no_use_once_expired_or_forgotten_nor_to_anybody_else) {
    ASSERT_TRUE(trust("SHA256:one"));
    const auto id = keys()[0].id;
    EXPECT_FALSE(use(id, at(3600)));
    EXPECT_TRUE(keys(at(3600)).empty());
    EXPECT_FALSE(use(id, at(1), bob));
    EXPECT_FALSE(use(id, at(1), {alice.uid, "alicia"})) << "the account has another name";
    EXPECT_FALSE(use(id, at(1), {alice.uid + 1, alice.name})) << "the name is another uid's";
    EXPECT_TRUE(use(id));
    EXPECT_EQ(forget(id, bob), 0U);
    EXPECT_EQ(forget(id), 1U);
    EXPECT_FALSE(use(id));
}

TEST_F(TrustedKeys, are_trusted_anew_when_they_are_trusted_again) {
    ASSERT_TRUE(trust("SHA256:one", at(0)));
    EXPECT_TRUE(use(keys()[0].id));
    ASSERT_TRUE(trust("SHA256:one", at(1000)));
    const auto all = keys(at(1001));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].expires, at(1000).wall + hour);
    EXPECT_EQ(all[0].uses, 0U);
}

TEST_F(TrustedKeys, need_the_factor_that_was_proved_for_them) {
    EXPECT_FALSE(trust("SHA256:one", at(0), bob)) << "it is alice's";
    ASSERT_TRUE(store.remove(alice, phone));
    EXPECT_FALSE(trust("SHA256:one"));
    EXPECT_TRUE(keys().empty());
}

TEST_F(TrustedKeys, are_twenty_at_most_and_the_oldest_goes) {
    for (int i = 0; i < 25; ++i) ASSERT_TRUE(trust("SHA256:" + std::to_string(i), at(i)));
    const auto all = keys(at(30));
    ASSERT_EQ(all.size(), most_trusted_keys);
    EXPECT_EQ(all.front().fingerprint, "SHA256:5");
    EXPECT_EQ(all.back().fingerprint, "SHA256:24");
}

TEST_F(TrustedKeys, of_others_stay) {
    const auto bobs = store.enroll(bob);
    ASSERT_TRUE(trust("SHA256:one"));
    ASSERT_TRUE(trust("SHA256:one", at(0), bob, bobs));
    EXPECT_EQ(forget(std::nullopt), 1U);
    EXPECT_TRUE(keys().empty());
    EXPECT_EQ(keys(at(1), bob).size(), 1U);
    EXPECT_EQ(forget(std::nullopt), 0U);
    const auto events = store.events();
    EXPECT_EQ(std::count(events.begin(), events.end(), "trusted-keys-forgotten"), 1) << "nothing was there";
}

TEST_F(TrustedKeys, go_with_every_change_of_a_factor) {
    const auto forgotten_by = [&](const char* what, const std::function<void()>& change) {
        ASSERT_TRUE(trust("SHA256:one")) << what;
        change();
        EXPECT_TRUE(keys().empty()) << what;
    };
    forgotten_by("a factor more", [&] { (void)store.enroll(alice, "tablet"); });
    forgotten_by("new recovery codes", [&] {
        ASSERT_TRUE(wait_for<void>([&](auto done) {
            store.writer().replace_recovery_codes(
                {alice, {{"AAAA", "$hash"}}, at(0), entry(Event::recovery_codes_issued, alice, at(0))}, done);
        }));
    });
    forgotten_by("a recovery code", [&] {
        const auto set = store.recovery_set(alice);
        const auto row = store.records().material(set, secret_of("AAAAXXXXXXXXXXXXXXXX")).value().row;
        auto right = proving(judgement(alice, at(10)), SpendCode{set.id, row});
        right.proof->opens.factor = set.kind;
        ASSERT_EQ(store.outcome_of(right), Outcome::accepted);
    });
    forgotten_by("a factor less", [&] {
        const auto all = store.records().enrollments(alice, at(0)).value();
        const auto tablet = std::find_if(all.begin(), all.end(), [](const auto& one) { return one.label == "tablet"; });
        ASSERT_TRUE(store.remove(alice, tablet->id));
    });
    forgotten_by("a reset", [&] {
        ASSERT_TRUE(wait_for<unsigned>([&](auto done) {
            store.writer().reset({alice, entry(Event::account_reset, alice, at(0))}, done);
        }));
    });
    phone = store.enroll(alice, "new phone");
    forgotten_by("doing without", [&] {
        ASSERT_TRUE(wait_for<unsigned>([&](auto done) {
            store.writer().disable({alice, entry(Event::factors_disabled, alice, at(0))}, done);
        }));
    });
}

TEST_F(TrustedKeys, stay_when_nothing_about_factors_changes) {
    lasts = 1'000'000 * hour;  // a start goes by the real clock
    ASSERT_TRUE(trust("SHA256:one"));
    const auto pending = store.start(alice, "tablet").value();
    ASSERT_TRUE(store.remove(alice, pending));
    EXPECT_EQ(store.outcome_of(counter(alice, phone, 2, at(10))), Outcome::accepted);
    EXPECT_EQ(store.outcome_of(judgement(alice, at(20))), Outcome::refused);
    store.reopen("boot-2");
    EXPECT_EQ(keys().size(), 1U);
}

TEST_F(TrustedKeys, are_forgotten_where_an_older_database_takes_the_place_of_a_newer_one) {
    ASSERT_TRUE(trust("SHA256:one"));
    store.close();
    TempFolder before;
    const auto folder = std::filesystem::path(store.path()).parent_path();
    std::filesystem::copy(store.path(), before.file("stepup.db"));
    store.open();
    EXPECT_EQ(forget(std::nullopt), 1U);
    store.close();
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.path().filename() != "stepup.mark") std::filesystem::remove(file);
    std::filesystem::copy(before.file("stepup.db"), store.path());
    store.open();
    EXPECT_TRUE(keys().empty());
}

TEST_F(TrustedKeys, make_their_account_one_that_is_looked_for_when_accounts_go) {
    EXPECT_TRUE(store.records().verified_accounts().value().empty());
    ASSERT_TRUE(trust("SHA256:one"));
    EXPECT_EQ(store.records().verified_accounts().value(), std::vector{alice});
}

}  // namespace
}  // namespace stepup::test
