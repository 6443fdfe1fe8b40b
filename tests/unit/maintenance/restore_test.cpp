#include "../storage/killing.hpp"
#include "../storage/support.hpp"

#include <fstream>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/audit/events.hpp"
#include "daemon/maintenance/admin.hpp"
#include "daemon/storage/backup.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/recovery_share.hpp"

namespace stepup::test {
namespace {

namespace fs = std::filesystem;

/// A host whose database knows alice and, since its backup was made, bob; its daemon was killed. Bob stands in the
/// write-ahead log alone.
class Restoring : public testing::Test {
protected:
    Restoring() {
        write(place_.file("config"),
              "[paths]\nstate = \"" + folder().string() + "\"\n[keys]\nmaster = \"" + key() + "\"\n");
        write(key(), std::string(32, 'k'));
        fs::permissions(key(), fs::perms::owner_read);
        (void)store_.enroll(alice);
        back_up();
        (void)store_.enroll(bob);
        fs::copy(folder(), before_.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
        store_.close();
        EXPECT_GT(fs::file_size(before_.file("stepup.db-wal")), 0U);
    }
    [[nodiscard]] fs::path folder() const { return fs::path(store_.path()).parent_path(); }
    [[nodiscard]] std::string key() const { return place_.file("master.key"); }
    static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

    void back_up() {
        const auto share = make_share(random_);
        auto database = Database::join(store_.path()).value();
        const auto ring = open_key_ring(database, master_key(), random_).value();
        const auto half = x25519_public(share).value();
        ASSERT_TRUE(entrust_key(database, ring.seal, master_key(), half, random_));
        auto copy = database.copy().value();
        const UniqueFd file(::open(place_.file("backup").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        ASSERT_TRUE(write_backup(file.get(), copy.image().value(), half, at(0).wall, random_));
        write(place_.file("share"), share_in_words(share) + '\n');
    }
    /// The host gets a master key of its own, so that the backup brings another one.
    void change_key() {
        start_over();
        {
            auto database = Database::open(store_.path(), Database::Access::write).value();
            const auto ring = open_key_ring(database, master_key(), random_).value();
            AuditChain chain("boot-1", event_name);
            ASSERT_TRUE(
                rotate_key(database, ring.seal, master_key('o'), random_, chain, entry(Event::key_rotated, {}, at(0))));
            ASSERT_TRUE(finish_rotation(database));
        }
        for (const auto& file : fs::directory_iterator(before_.path())) fs::remove(file);
        fs::copy(folder(), before_.path(), fs::copy_options::recursive);
        old_key_ = 'o';
    }
    void start_over() {
        for (const auto& file : fs::directory_iterator(folder())) fs::remove(file);
        fs::copy(before_.path(), folder(), fs::copy_options::recursive);
        for (const auto& file : fs::directory_iterator(place_.path()))
            if (file.path().filename().string().starts_with("master.key")) fs::remove(file);
        write(key(), std::string(32, old_key_));
        fs::permissions(key(), fs::perms::owner_read);
    }

    /// `stepup admin restore --replace`, in a child of ours.
    [[nodiscard]] std::function<void()> restore() const {
        const int share = ::open(place_.file("share").c_str(), O_RDONLY);
        ::dup2(share, STDIN_FILENO);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        AdminWords words;
        words.file = place_.file("backup");
        words.config = place_.file("config");
        words.replace = true;
        return [words] {
            if (!restore_backup(words)) ::_exit(1);
        };
    }
    [[nodiscard]] bool killed_before(unsigned change) {
        return killed_before_change(change, [this] { return restore(); });
    }
    void restore_undisturbed() { EXPECT_FALSE(killed_before(100'000)); }

    enum class Left { old_one, new_one, refused };
    /// What a daemon finds that starts now.
    [[nodiscard]] Left left() {
        const auto master = load_master_key(key());
        if (!master) return Left::refused;
        const auto ring = open_key_ring(store_.path(), *master, random_);
        if (!ring) return Left::refused;
        WriterParts parts{store_.path(), "boot-1", [](const std::function<void()>& work) { work(); }, event_name};
        const auto writer = Writer::open(std::move(parts), ring->seal);
        if (!writer) {
            EXPECT_EQ(writer.error().code, Errc::not_found) << writer.error().why;
            return Left::refused;
        }
        EXPECT_FALSE((*writer)->created()) << "a fresh start";
        const auto records = StoredRecords::open(store_.path(), ring->seal, "boot-1").value();
        EXPECT_EQ(records.enrollments(alice, at(0)).value().size(), 1U);
        if (!records.enrollments(bob, at(0)).value().empty()) {
            EXPECT_FALSE((*writer)->was_behind());
            return Left::old_one;
        }
        EXPECT_TRUE((*writer)->was_behind()) << "nothing was taken back";
        return Left::new_one;
    }
    /// Whether the old database, with what stood in its log, was put aside.
    [[nodiscard]] bool is_aside() const {
        for (const auto& file : fs::directory_iterator(folder())) {
            const auto name = file.path().filename().string();
            if (!name.starts_with("stepup.db.before-") || name.ends_with("-wal") || name.ends_with("-shm")) continue;
            auto database = Database::open_copy(file.path()).value();
            if (database.first<int>("SELECT count(*) FROM enrollment WHERE name = 'bob'").value() == 1) return true;
        }
        return false;
    }
    void kill_at_every_change() {
        std::map<Left, unsigned> found;
        unsigned kills = 0;
        for (bool killed = true; killed; ++kills) {
            start_over();
            killed = killed_before(kills);
            const auto what = left();
            ++found[what];
            ASSERT_TRUE(what == Left::old_one || is_aside()) << "killed before change " << kills;
            ASSERT_TRUE(killed || what == Left::new_one);
            restore_undisturbed();
            ASSERT_EQ(left(), Left::new_one) << "killed before change " << kills << ", and restored again";
            ASSERT_TRUE(is_aside());
        }
        EXPECT_GT(found[Left::old_one], 5U);
        EXPECT_GT(found[Left::new_one], 1U);
        EXPECT_GT(found[Left::refused], 0U) << "between the two there is a moment without a database";
    }

    KernelRandom random_;
    TempFolder place_;
    TempFolder before_;
    Store store_;
    char old_key_ = 'k';
};

TEST_F(Restoring, killed_before_any_change_of_a_file_leaves_the_old_store_or_the_new_one_or_a_daemon_that_refuses) {
    kill_at_every_change();
}

TEST_F(Restoring, with_another_key_killed_before_any_change_of_a_file_does_the_same) {
    change_key();
    kill_at_every_change();
}

TEST_F(Restoring, cut_short_on_a_new_host_never_lets_a_daemon_begin_anew) {
    unsigned kills = 0;
    bool was_refused = false;
    for (bool killed = true; killed; ++kills) {
        for (const auto& file : fs::directory_iterator(folder())) fs::remove(file);
        killed = killed_before(kills);
        const bool begun = fs::exists(folder() / "stepup.mark");
        if (!begun) continue;  // nothing was put there yet
        const auto what = left();
        EXPECT_NE(what, Left::old_one);
        was_refused = was_refused || what == Left::refused;
        EXPECT_TRUE(killed || what == Left::new_one);
    }
    EXPECT_TRUE(was_refused);
}

TEST_F(Restoring, of_a_backup_that_is_as_new_as_the_mark_still_takes_everything_back) {
    start_over();
    restore_undisturbed();
    const auto tail = Database::open_copy(store_.path()).value().first<std::int64_t>(queries::audit_head).value();
    ASSERT_TRUE(tail);
    const auto ring = open_key_ring(store_.path(), master_key(), random_).value();
    auto database = Database::open_copy(store_.path()).value();
    const auto hash = database.first<Bytes>(queries::hash_in_chain, *tail - 1).value().value();
    auto mark = MarkFile::open(folder() / "stepup.mark").value();
    AuditChain::Mark head;
    head.seq = *tail - 1;
    std::copy(hash.begin(), hash.end(), head.hash.begin());
    ASSERT_TRUE(mark.write(head));
    EXPECT_EQ(left(), Left::new_one);
}

}  // namespace
}  // namespace stepup::test
