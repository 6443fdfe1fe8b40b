#include "support.hpp"

#include <array>

#include <fcntl.h>

#include "daemon/storage/backup.hpp"
#include "daemon/storage/recovery_share.hpp"

namespace stepup::test {
namespace {

class BackupFile : public testing::Test {
protected:
    Bytes sealed(std::string_view image) {
        const auto path = folder_.file("backup");
        UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        EXPECT_TRUE(write_backup(fd.get(), image, x25519_public(share_).value(), Millis(1'800'000'000'123), random_));
        Bytes file(static_cast<std::size_t>(::lseek(fd.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(fd.get(), file.data(), file.size(), 0), static_cast<ssize_t>(file.size()));
        return file;
    }

    TempFolder folder_;
    KernelRandom random_;
    Secret share_ = make_share(random_);
};

TEST_F(BackupFile, of_any_length_opens_with_its_share) {
    for (const std::size_t size : {0, 1, 65535, 65536, 65537, 131072, 200000}) {
        const auto image = random_.bytes(size);
        const auto opened = open_backup(sealed(image), share_);
        ASSERT_TRUE(opened) << size << ": " << opened.error().why;
        EXPECT_EQ(opened->image, image) << size;
        EXPECT_EQ(opened->made, Millis(1'800'000'000'123));
    }
}

TEST_F(BackupFile, opens_with_no_other_share) {
    const auto opened = open_backup(sealed("image"), make_share(random_));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(BackupFile, looks_different_every_time_and_shows_nothing) {
    const std::string image(100, 'i');
    const auto one = sealed(image);
    EXPECT_NE(one, sealed(image));
    EXPECT_EQ(one.find("iii"), std::string::npos);
}

TEST_F(BackupFile, with_one_bit_changed_anywhere_is_refused) {
    const auto file = sealed("a database");
    for (std::size_t i = 0; i < file.size(); ++i) {
        auto changed = file;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(open_backup(changed, share_)) << i;
    }
}

TEST_F(BackupFile, cut_anywhere_is_refused) {
    const auto file = sealed(std::string(70000, 'x'));
    for (std::size_t size = 0; size < file.size(); size += size < 100 || size > 65600 ? 1 : 997)
        EXPECT_FALSE(open_backup(std::string_view(file).substr(0, size), share_)) << size;
    EXPECT_FALSE(open_backup(file + "x", share_));
}

TEST_F(BackupFile, with_pieces_dropped_or_swapped_is_refused) {
    constexpr std::size_t head = 56;
    constexpr std::size_t piece = 65536 + 16;
    const auto file = sealed(random_.bytes(3 * 65536 + 10));
    EXPECT_FALSE(open_backup(file.substr(0, head) + file.substr(head + piece), share_));
    EXPECT_FALSE(open_backup(file.substr(0, head + piece) + file.substr(head + 3 * piece), share_));
    EXPECT_FALSE(open_backup(file.substr(0, head + 2 * piece), share_));
    EXPECT_FALSE(open_backup(file.substr(0, head) + file.substr(head + piece, piece) + file.substr(head, piece)
                                 + file.substr(head + 2 * piece),
                             share_));
}

TEST(DatabaseImage, is_a_whole_consistent_database_while_others_write) {
    Store store;
    const auto phone = store.enroll(alice);
    auto reader = Database::open(store.path(), Database::Access::read).value();
    ASSERT_EQ(store.outcome_of(counter(alice, phone, 10, at(1))), Outcome::accepted);
    auto copy = reader.copy().value();
    ASSERT_EQ(store.outcome_of(counter(alice, phone, 20, at(2))), Outcome::accepted);
    auto again = Database::from_image(copy.image().value()).value();
    EXPECT_EQ(again.first<int>("SELECT counter FROM enrollment").value(), 10);
    EXPECT_EQ(again.first<int>("SELECT count(*) FROM audit WHERE event = 'accepted'").value(), 1);
}

TEST(DatabaseImage, that_is_damaged_or_not_ours_is_refused) {
    Store store;
    (void)store.enroll(alice);
    auto copy = Database::open(store.path(), Database::Access::read)->copy().value();
    Bytes image(copy.image().value());
    EXPECT_TRUE(Database::from_image(image));
    auto foreign = image;
    foreign[68] = 'X';  // application_id
    EXPECT_FALSE(Database::from_image(foreign));
    auto damaged = image;
    std::fill(damaged.begin() + 4096, damaged.begin() + 8192, '\xA5');
    EXPECT_FALSE(Database::from_image(damaged));
    for (const std::size_t size : {0, 1, 19, 20, 99, 100, 4096})
        EXPECT_FALSE(Database::from_image(image.substr(0, size))) << size;
}

}  // namespace
}  // namespace stepup::test
