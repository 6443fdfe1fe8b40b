#include "killing.hpp"
#include "support.hpp"

#include <fstream>
#include <sstream>

#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/recovery_share.hpp"

namespace stepup::test {
namespace {

namespace fs = std::filesystem;

std::string seed_of_alice() { return "seed of alice on phone"; }

/// What the database says alice's seed is, opened with `master`; the error's sentence if it does not open.
std::string seed_with(const std::string& path, const Secret& master) {
    KernelRandom random;
    const auto ring = open_key_ring(path, master, random);
    if (!ring) return ring.error().why;
    const auto records = StoredRecords::open(path, ring->seal, "boot-1").value();
    const auto phone = records.enrollments(alice, at(0)).value().at(0);
    const auto material = records.material(phone, {});
    return material ? std::string(material->secret.reveal()) : material.error().why;
}

/// Rotation from key `from` to key `to`, up to where the key file would be replaced.
Result<> rotate(Database& database, char from, char to) {
    KernelRandom random;
    const auto ring = TRY(open_key_ring(database, master_key(from), random));
    AuditChain chain("boot-1", event_name);
    return rotate_key(database, ring.seal, master_key(to), random, chain, entry(Event::key_rotated, {}, at(0)));
}

Result<> rotate(const std::string& path, char from, char to) {
    auto database = TRY(Database::open(path, Database::Access::write));
    return rotate(database, from, to);
}

Result<> finish(const std::string& path) {
    auto database = TRY(Database::open(path, Database::Access::write));
    return finish_rotation(database);
}

/// Opens the database in a child that is about to be killed, and does `work` with it.
std::function<void()> with_database(const std::string& path, const std::function<Result<>(Database&)>& work) {
    auto opened = Database::open(path, Database::Access::write);
    if (!opened) ::_exit(2);
    auto database = std::make_shared<Database>(std::move(*opened));
    return [=] {
        if (!work(*database)) ::_exit(1);
    };
}

class Rotation : public testing::Test {
protected:
    Rotation() {
        phone_ = store_.start(alice, "phone").value();
        EXPECT_TRUE(store_.confirm(alice, phone_, {{"AAAA", "hash A"}, {"BBBB", "hash B"}}));
        store_.close();
    }
    Store store_;
    std::int64_t phone_ = 0;
};

TEST_F(Rotation, makes_everything_open_with_the_new_key_and_with_the_old_one_until_it_is_finished) {
    ASSERT_TRUE(rotate(store_.path(), 'k', 'n'));
    EXPECT_EQ(seed_with(store_.path(), master_key('n')), seed_of_alice());
    EXPECT_EQ(seed_with(store_.path(), master_key('k')), seed_of_alice());
    ASSERT_TRUE(finish(store_.path()));
    EXPECT_EQ(seed_with(store_.path(), master_key('n')), seed_of_alice());
    EXPECT_NE(seed_with(store_.path(), master_key('k')), seed_of_alice());
    EXPECT_NE(seed_with(store_.path(), master_key('x')), seed_of_alice());
    EXPECT_EQ(store_.number("SELECT count(*) FROM enrollment WHERE sealed IS NOT NULL AND key_epoch <> 2"), 0);
    EXPECT_EQ(store_.number("SELECT count(*) FROM recovery_code WHERE key_epoch <> 2"), 0);
    EXPECT_TRUE(store_.chain().whole);
}

TEST_F(Rotation, can_be_repeated) {
    char from = 'k';
    for (const char to : {'n', 'o', 'p'}) {
        ASSERT_TRUE(rotate(store_.path(), from, to));
        ASSERT_TRUE(finish(store_.path()));
        EXPECT_EQ(seed_with(store_.path(), master_key(to)), seed_of_alice());
        from = to;
    }
}

TEST_F(Rotation, keeps_the_pepper_that_recovery_codes_were_hashed_with) {
    KernelRandom random;
    const auto before = Seal::open(master_key('k'), random).value().recovery_pepper();
    for (const auto& [from, to] : {std::pair('k', 'n'), std::pair('n', 'o')}) {
        ASSERT_TRUE(rotate(store_.path(), from, to));
        ASSERT_TRUE(finish(store_.path()));
        const auto ring = open_key_ring(store_.path(), master_key(to), random).value();
        EXPECT_EQ(ring.seal.recovery_pepper().reveal(), before.reveal());
    }
}

TEST_F(Rotation, entrusts_the_new_key_to_the_recovery_share) {
    KernelRandom random;
    const auto share = make_share(random);
    {
        auto database = Database::open(store_.path(), Database::Access::write).value();
        const auto ring = open_key_ring(database, master_key('k'), random).value();
        ASSERT_TRUE(entrust_key(database, ring.seal, master_key('k'), x25519_public(share).value(), random));
    }
    ASSERT_TRUE(rotate(store_.path(), 'k', 'n'));
    auto database = Database::open(store_.path(), Database::Access::read).value();
    const auto entrusted = database.first<Bytes>(queries::read_meta, meta::entrusted).value().value();
    EXPECT_EQ(unseal_with_share(entrusted, share, entrusted_purpose)->reveal(), master_key('n').reveal());
    EXPECT_FALSE(unseal_with_share(entrusted, make_share(random), entrusted_purpose));
}

TEST_F(Rotation, does_not_trust_a_recovery_share_that_somebody_slipped_in) {
    KernelRandom random;
    const auto stranger = x25519_public(make_share(random)).value();
    store_.execute("INSERT INTO meta VALUES ('recovery_share', x'" + to_hex(stranger + Bytes(32, 'x')) + "')");
    EXPECT_EQ(rotate(store_.path(), 'k', 'n').error().code, Errc::corrupt);
    EXPECT_EQ(seed_with(store_.path(), master_key('k')), seed_of_alice());
}

TEST_F(Rotation, changes_nothing_if_one_secret_does_not_open) {
    store_.execute("UPDATE recovery_code SET sealed = zeroblob(60) WHERE public = 'BBBB'");
    EXPECT_EQ(rotate(store_.path(), 'k', 'n').error().code, Errc::corrupt);
    EXPECT_EQ(seed_with(store_.path(), master_key('k')), seed_of_alice());
    EXPECT_EQ(store_.number("SELECT count(*) FROM enrollment WHERE key_epoch <> 1"), 0);
}

TEST_F(Rotation, is_healed_by_a_start_with_the_new_key) {
    KernelRandom random;
    ASSERT_TRUE(rotate(store_.path(), 'k', 'n'));
    const auto ring = open_key_ring(store_.path(), master_key('n'), random).value();
    EXPECT_FALSE(ring.successor);
    { const auto writer = Writer::open({store_.path(), "boot-1", {}, event_name}, ring.seal).value(); }
    EXPECT_NE(seed_with(store_.path(), master_key('k')), seed_of_alice()) << "the old key still opens it";
}

TEST_F(Rotation, that_was_cut_short_lets_a_start_with_the_old_key_serve_and_keeps_the_way_in) {
    KernelRandom random;
    ASSERT_TRUE(rotate(store_.path(), 'k', 'n'));
    const auto ring = open_key_ring(store_.path(), master_key('k'), random).value();
    ASSERT_TRUE(ring.successor);
    EXPECT_EQ(ring.successor->reveal(), master_key('n').reveal());
    WriterParts parts{store_.path(), "boot-1", [](const std::function<void()>& work) { work(); }, event_name};
    parts.key_in_place = false;
    { const auto writer = Writer::open(std::move(parts), ring.seal).value(); }
    EXPECT_EQ(seed_with(store_.path(), master_key('k')), seed_of_alice());
}

TEST_F(Rotation, killed_before_any_change_of_a_file_leaves_a_store_that_the_old_key_opens) {
    const TempFolder backup;
    const fs::path folder = fs::path(store_.path()).parent_path();
    fs::copy(folder, backup.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    unsigned kills = 0;
    for (bool killed = true; killed; ++kills) {
        for (const auto& file : fs::directory_iterator(folder)) fs::remove(file);
        fs::copy(backup.path(), folder, fs::copy_options::recursive);
        killed = killed_before_change(kills, [&] {
            return with_database(store_.path(), [](Database& database) { return rotate(database, 'k', 'n'); });
        });
        ASSERT_EQ(seed_with(store_.path(), master_key('k')), seed_of_alice()) << "killed before change " << kills;
    }
    EXPECT_GT(kills, 5u);
}

TEST_F(Rotation, killed_while_it_finishes_leaves_a_store_that_the_new_key_opens) {
    ASSERT_TRUE(rotate(store_.path(), 'k', 'n'));
    unsigned kills = 0;
    while (killed_before_change(kills, [&] { return with_database(store_.path(), finish_rotation); })) {
        ++kills;
        ASSERT_EQ(seed_with(store_.path(), master_key('n')), seed_of_alice()) << "killed before change " << kills;
    }
    EXPECT_GT(kills, 2u);
    EXPECT_NE(seed_with(store_.path(), master_key('k')), seed_of_alice());
}

TEST(Share, is_read_as_it_was_printed_and_as_it_is_dictated) {
    KernelRandom random;
    const auto share = make_share(random);
    const auto words = share_in_words(share);
    EXPECT_EQ(words.size(), 14u * 5 - 1);
    EXPECT_EQ(share_of(words)->reveal(), share.reveal());
    std::string dictated;
    for (const char letter : words) dictated += letter == ' ' ? '-' : static_cast<char>(std::tolower(letter));
    EXPECT_EQ(share_of(dictated)->reveal(), share.reveal());
}

TEST(Share, with_one_wrong_or_two_swapped_or_a_missing_letter_is_refused) {
    KernelRandom random;
    const auto words = share_in_words(make_share(random));
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == ' ') continue;
        auto wrong = words;
        wrong[i] = words[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(share_of(wrong)) << i;
        EXPECT_FALSE(share_of(std::string(words).erase(i, 1))) << i;
        auto swapped = words;
        std::swap(swapped[i], swapped[i == 0 || words[i - 1] == ' ' ? i + 1 : i - 1]);
        EXPECT_EQ(share_of(swapped).has_value(), swapped == words) << i;
    }
}

}  // namespace
}  // namespace stepup::test
