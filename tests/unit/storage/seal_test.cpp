#include "support.hpp"

#include <fstream>
#include <sstream>

#include <crypt.h>

namespace stepup::test {
namespace {

class Sealed : public testing::Test {
protected:
    KernelRandom random_;
    Seal seal_ = Seal::open(master_key(), random_).value();
    SealedPlace place_{"enrollment", 7, alice, FactorKind::totp, Seal::first_epoch};
};

TEST_F(Sealed, opens_where_it_was_sealed) {
    for (const std::size_t size : {0, 1, 20, 64, 512}) {
        const std::string plain(size, 's');
        EXPECT_EQ(seal_.unseal(seal_.seal(plain, place_).value(), place_)->reveal(), plain);
    }
}

TEST_F(Sealed, opens_nowhere_else) {
    const auto sealed = seal_.seal("seed", place_).value();
    const AccountKey renamed{alice.uid, "malice"};
    const AccountKey renumbered{alice.uid + 1, alice.name};
    const std::array elsewhere{
        SealedPlace{"recovery_code", 7, alice, FactorKind::totp, Seal::first_epoch},
        SealedPlace{"enrollment", 8, alice, FactorKind::totp, Seal::first_epoch},
        SealedPlace{"enrollment", 7, renamed, FactorKind::totp, Seal::first_epoch},
        SealedPlace{"enrollment", 7, renumbered, FactorKind::totp, Seal::first_epoch},
        SealedPlace{"enrollment", 7, alice, FactorKind::hotp, Seal::first_epoch},
        SealedPlace{"enrollment", 7, alice, FactorKind::totp, Seal::first_epoch + 1},
    };
    for (const auto& place : elsewhere) EXPECT_EQ(seal_.unseal(sealed, place).error().code, Errc::corrupt);
}

TEST_F(Sealed, a_flipped_bit_anywhere_is_corrupt) {
    const auto sealed = seal_.seal("a seed of 20 letters", place_).value();
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(seal_.unseal(changed, place_)) << i;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(seal_.unseal(sealed.substr(0, size), place_));
}

TEST_F(Sealed, looks_different_every_time_and_shows_nothing_of_the_secret) {
    const auto one = seal_.seal("a seed of 20 letters", place_).value();
    EXPECT_NE(one, seal_.seal("a seed of 20 letters", place_).value());
    EXPECT_EQ(one.find("seed"), std::string::npos);
}

TEST_F(Sealed, another_key_opens_nothing) {
    const auto other = Seal::open(master_key('o'), random_).value();
    EXPECT_FALSE(other.unseal(seal_.seal("seed", place_).value(), place_));
}

TEST_F(Sealed, every_use_has_a_key_of_its_own) {
    const auto other = Seal::open(master_key('o'), random_).value();
    EXPECT_NE(seal_.key_check(), seal_.recovery_pepper().reveal());
    EXPECT_NE(seal_.key_check(), other.key_check());
    EXPECT_NE(seal_.recovery_pepper().reveal(), other.recovery_pepper().reveal());
    EXPECT_NE(seal_.bucket_of("name"), other.bucket_of("name"));
    EXPECT_EQ(seal_.key_check(), Seal::open(master_key(), random_)->key_check());
    EXPECT_EQ(seal_.key_check().size(), 32u);
    EXPECT_EQ(seal_.recovery_pepper().size(), 32u);
    EXPECT_EQ(seal_.decoy_seed().size(), 20u);
}

TEST(StoredSecrets, a_row_copied_to_another_user_does_not_open) {
    Store store;
    const auto of_alice = store.enroll(alice);
    const auto of_bob = store.enroll(bob);
    store.execute("UPDATE enrollment SET sealed = (SELECT sealed FROM enrollment WHERE id = " + std::to_string(of_bob)
                  + ") WHERE id = " + std::to_string(of_alice));
    const auto enrollments = store.records().enrollments(alice, at(0)).value();
    ASSERT_EQ(enrollments.size(), 1u);
    EXPECT_EQ(store.records().material(enrollments[0], {}).error().code, Errc::corrupt);
}

TEST(StoredSecrets, a_row_given_to_another_user_does_not_open) {
    Store store;
    const auto of_bob = store.enroll(bob);
    store.execute("UPDATE enrollment SET uid = 1000, name = 'alice' WHERE id = " + std::to_string(of_bob));
    const auto enrollments = store.records().enrollments(alice, at(0)).value();
    ASSERT_EQ(enrollments.size(), 1u);
    EXPECT_EQ(store.records().material(enrollments[0], {}).error().code, Errc::corrupt);
}

TEST(StoredSecrets, a_recovery_code_copied_to_another_set_does_not_open) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), {{"AAAA", "hash of A"}}));
    ASSERT_TRUE(store.confirm(bob, store.start(bob, "phone").value(), {{"BBBB", "hash of B"}}));
    store.execute("UPDATE recovery_code SET sealed = (SELECT sealed FROM recovery_code WHERE public = 'BBBB')"
                  " WHERE public = 'AAAA'");
    const auto material = store.records().material(store.recovery_set(alice), secret_of("AAAAXXXXXXXXXXXXXXXX"));
    EXPECT_EQ(material.error().code, Errc::corrupt);
}

TEST(StoredSecrets, no_seed_and_no_hash_is_on_the_disk) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), {{"AAAA", "hash of A"}}));
    store.close();
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(store.path()).parent_path())) {
        std::ostringstream text;
        text << std::ifstream(file.path(), std::ios::binary).rdbuf();
        EXPECT_EQ(text.str().find("seed of alice"), std::string::npos) << file.path();
        EXPECT_EQ(text.str().find("hash of A"), std::string::npos) << file.path();
    }
}

TEST(StoredSecrets, material_is_what_was_enrolled) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), {{"AAAA", "hash of A"}}));
    const auto enrollments = store.records().enrollments(alice, at(0)).value();
    EXPECT_EQ(store.records().material(enrollments[0], {})->secret.reveal(), "seed of alice on phone");
    const auto code = store.records().material(enrollments[1], secret_of("AAAAXXXXXXXXXXXXXXXX")).value();
    EXPECT_EQ(code.secret.reveal(), "hash of A");
    EXPECT_NE(code.row, 0);
}

TEST(StoredSecrets, material_of_a_removed_factor_is_not_found) {
    Store store;
    const auto phone = store.enroll(alice);
    const auto enrollments = store.records().enrollments(alice, at(0)).value();
    ASSERT_TRUE(store.remove(alice, phone));
    EXPECT_EQ(store.records().material(enrollments[0], {}).error().code, Errc::not_found);
}

TEST(Decoy, of_a_recovery_code_is_a_hash_that_takes_as_long_and_never_matches) {
    Store store;
    ASSERT_TRUE(store.confirm(alice, store.start(alice, "phone").value(), {{"AAAA", "hash of A"}}));
    for (const char* unknown : {"ZZZZXXXXXXXXXXXXXXXX", "A", ""}) {
        const auto decoy = store.records().material(store.recovery_set(alice), secret_of(unknown)).value();
        EXPECT_EQ(decoy.row, 0);
        crypt_data work{};
        const std::string setting(decoy.secret.reveal());
        const char* hash = crypt_rn("anything", setting.c_str(), &work, sizeof work);
        ASSERT_NE(hash, nullptr);
        EXPECT_EQ(std::string(hash).substr(0, 29), setting.substr(0, 29));
        EXPECT_NE(hash, setting);
    }
    EXPECT_EQ(store.records().decoy(FactorKind::recovery_code)->secret.reveal().substr(0, 7), "$2b$10$");
    EXPECT_EQ(store.records().decoy(FactorKind::totp)->secret.size(), 20u);
}

}  // namespace
}  // namespace stepup::test
