#include "support.hpp"

#include "daemon/storage/files.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/migrations.hpp"

#include <fstream>

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stepup::test {
namespace {

namespace fs = std::filesystem;

void write_file(const std::string& path, const std::string& text, mode_t mode) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

mode_t mode_of(const std::string& path) {
    struct stat status { };
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

Errc error_of_open(const std::string& path) {
    auto opened = Database::open(path, Database::Access::write);
    EXPECT_FALSE(opened);
    return opened ? Errc::internal : opened.error().code;
}

class DatabaseFile : public testing::Test {
protected:
    TempFolder folder_;
    std::string path_ = folder_.file("stepup.db");
};

TEST_F(DatabaseFile, is_closed_to_others_whatever_the_umask) {
    for (const mode_t mask : {0000, 0777}) {
        const mode_t before = ::umask(mask);
        const auto path = folder_.file("with-umask-" + std::to_string(mask));
        auto database = Database::open(path, Database::Access::write);
        ::umask(before);
        ASSERT_TRUE(database) << database.error().why;
        for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(mode_of(path + suffix), 0600u) << suffix;
    }
}

TEST_F(DatabaseFile, is_refused_when_it_or_its_folder_is_open_to_others) {
    write_file(path_, "", 0644);
    EXPECT_EQ(error_of_open(path_), Errc::untrusted);
    fs::remove(path_);
    for (const mode_t open : {0750, 0705, 0777}) {
        ASSERT_EQ(::chmod(folder_.path().c_str(), open), 0);
        EXPECT_EQ(error_of_open(path_), Errc::untrusted);
    }
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DatabaseFile, is_refused_through_a_symbolic_link) {
    fs::create_directory(folder_.file("real"));
    ASSERT_EQ(::chmod(folder_.file("real").c_str(), 0700), 0);
    fs::create_directory_symlink(folder_.file("real"), folder_.file("link"));
    EXPECT_EQ(error_of_open(folder_.file("link/stepup.db")), Errc::untrusted);
    write_file(folder_.file("real.db"), "", 0600);
    fs::create_symlink(folder_.file("real.db"), path_);
    EXPECT_EQ(error_of_open(path_), Errc::untrusted);
}

TEST_F(DatabaseFile, is_refused_when_a_companion_is_open_to_others_or_a_link) {
    (void)Database::open(path_, Database::Access::write).value();
    write_file(path_ + "-wal", "", 0644);
    EXPECT_EQ(error_of_open(path_), Errc::untrusted);
    fs::remove(path_ + "-wal");
    fs::create_symlink("/dev/null", path_ + "-shm");
    EXPECT_EQ(error_of_open(path_), Errc::untrusted);
}

TEST_F(DatabaseFile, is_refused_when_it_belongs_to_somebody_else) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    write_file(path_, "", 0600);
    ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
    EXPECT_EQ(error_of_open(path_), Errc::untrusted);
    fs::remove(path_);
    ASSERT_EQ(::chown(folder_.path().c_str(), 12345, 12345), 0);
    EXPECT_EQ(error_of_open(path_), Errc::untrusted);
}

TEST_F(DatabaseFile, is_opened_for_writing_once_at_a_time) {
    auto first = Database::open(path_, Database::Access::write).value();
    EXPECT_EQ(error_of_open(path_), Errc::conflict);
    EXPECT_TRUE(Database::open(path_, Database::Access::read));
}

TEST_F(DatabaseFile, says_whether_it_was_made) {
    EXPECT_TRUE(Database::open(path_, Database::Access::write).value().created());
    EXPECT_FALSE(Database::open(path_, Database::Access::write).value().created());
}

TEST_F(DatabaseFile, keeps_commits_through_a_power_loss_and_distrusts_its_schema) {
    auto database = Database::open(path_, Database::Access::write).value();
    const auto pragma = [&](std::string_view text) { return database.first<std::string>(text).value().value(); };
    EXPECT_EQ(pragma("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(pragma("PRAGMA synchronous"), "2");
    EXPECT_EQ(pragma("PRAGMA foreign_keys"), "1");
    EXPECT_EQ(pragma("PRAGMA trusted_schema"), "0");
}

TEST_F(DatabaseFile, a_reader_cannot_write) {
    auto writer = Database::open(path_, Database::Access::write).value();
    auto reader = Database::open(path_, Database::Access::read).value();
    EXPECT_FALSE(reader.execute("DELETE FROM meta"));
}

TEST_F(DatabaseFile, of_a_newer_version_is_refused_untouched) {
    {
        auto database = Database::open(path_, Database::Access::write).value();
        ASSERT_TRUE(database.execute("PRAGMA user_version = 1000"));
    }
    EXPECT_EQ(error_of_open(path_), Errc::conflict);
    EXPECT_EQ(error_of_open(path_), Errc::conflict);
}

TEST_F(DatabaseFile, of_another_program_is_refused) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
    sqlite3_exec(other, "CREATE TABLE theirs(x)", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
    EXPECT_EQ(error_of_open(path_), Errc::corrupt);
}

TEST_F(DatabaseFile, that_is_no_database_is_refused) {
    write_file(path_, std::string(8192, 'x'), 0600);
    EXPECT_EQ(error_of_open(path_), Errc::corrupt);
}

TEST_F(DatabaseFile, with_a_damaged_page_is_refused) {
    { auto database = Database::open(path_, Database::Access::write).value(); }
    {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        file << std::string(4096, '\xA5');
    }
    EXPECT_EQ(error_of_open(path_), Errc::corrupt);
}

TEST(Migrations, are_numbered_from_one_without_a_gap) {
    int number = 0;
    for (const auto& migration : migrations()) EXPECT_EQ(std::stoi(std::string(migration.name)), ++number);
}

TEST(Migrations, never_change) {
    std::ifstream sums(std::string(std::getenv("STEPUP_SOURCE")) + "/daemon/storage/schema/SHA256SUMS");
    std::map<std::string, std::string> expected;
    for (std::string sum, name; sums >> sum >> name;) expected[name] = sum;
    for (const auto& migration : migrations()) {
        std::array<unsigned char, 32> hash{};
        EVP_Digest(migration.sql.data(), migration.sql.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
        EXPECT_EQ(expected[std::string(migration.name)], to_hex({reinterpret_cast<char*>(hash.data()), hash.size()}))
            << migration.name << " differs from its line in SHA256SUMS";
    }
    EXPECT_EQ(expected.size(), migrations().size());
}

class MasterKey : public DatabaseFile {
protected:
    Errc error_of_load() {
        const auto loaded = load_master_key(key_);
        EXPECT_FALSE(loaded);
        return loaded ? Errc::internal : loaded.error().code;
    }
    std::string key_ = folder_.file("master.key");
    KernelRandom random_;
};

TEST_F(MasterKey, is_made_once_and_read_back) {
    ASSERT_TRUE(make_master_key(key_, random_));
    EXPECT_EQ(mode_of(key_), 0400u);
    const auto key = load_master_key(key_);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->size(), 32u);
    EXPECT_EQ(make_master_key(key_, random_).error().code, Errc::conflict);
    EXPECT_EQ(load_master_key(key_)->reveal(), key->reveal());
}

TEST_F(MasterKey, of_another_size_is_refused) {
    for (const std::size_t size : {0, 31, 33, 4096}) {
        write_file(key_, std::string(size, 'k'), 0400);
        EXPECT_EQ(error_of_load(), Errc::malformed) << size;
        fs::remove(key_);
    }
}

TEST_F(MasterKey, that_others_could_read_or_replace_is_refused) {
    write_file(key_, std::string(32, 'k'), 0400);
    for (const mode_t open : {0440, 0404, 0420, 0604}) {
        ASSERT_EQ(::chmod(key_.c_str(), open), 0);
        EXPECT_EQ(error_of_load(), Errc::untrusted) << std::oct << open;
    }
    ASSERT_EQ(::chmod(key_.c_str(), 0400), 0);
    fs::create_symlink(key_, folder_.file("link"));
    EXPECT_EQ(load_master_key(folder_.file("link")).error().code, Errc::untrusted);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(key_.c_str(), 12345, 12345), 0);
        EXPECT_EQ(error_of_load(), Errc::untrusted);
    }
}

TEST_F(MasterKey, that_is_missing_is_said_so) { EXPECT_EQ(error_of_load(), Errc::not_found); }

TEST_F(MasterKey, other_than_the_databases_is_refused) {
    const auto seal = Seal::open(master_key('k'), random_).value();
    const auto other = Seal::open(master_key('o'), random_).value();
    auto database = Database::open(path_, Database::Access::write).value();
    ASSERT_TRUE(check_key(database, seal));
    EXPECT_TRUE(check_key(database, seal));
    EXPECT_EQ(check_key(database, other).error().code, Errc::untrusted);
}

TEST_F(MasterKey, is_not_bound_to_a_database_that_has_secrets_already) {
    const auto seal = Seal::open(master_key(), random_).value();
    Store store;
    (void)store.enroll(alice);
    store.close();
    store.execute("DELETE FROM meta");
    auto database = Database::open(store.path(), Database::Access::write).value();
    EXPECT_EQ(check_key(database, seal).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace stepup::test
