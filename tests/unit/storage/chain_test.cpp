#include "daemon/storage/chain_check.hpp"

#include <limits>

#include "support.hpp"

namespace stepup::test {
namespace {

/// A trail of 40 records, and somebody with the file in his hands.
class Tampered : public testing::Test {
protected:
    Tampered() {
        for (int i = 0; i < 20; ++i) (void)store_.enroll({static_cast<uid_t>(1000 + i), "user" + std::to_string(i)});
        store_.close();
        store_.execute("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened");
        EXPECT_TRUE(store_.chain().whole);
        EXPECT_EQ(store_.chain().length, 40);
    }

    void expect(ChainFault fault, std::int64_t at, std::int64_t other) {
        const auto report = store_.chain();
        EXPECT_FALSE(report.whole);
        EXPECT_EQ(report.fault, fault);
        EXPECT_EQ(report.at, at);
        EXPECT_EQ(report.other, other);
        EXPECT_EQ(report.length, at - 1) << "what is before it is whole";
    }
    void do_to_the_file(const std::string& sql) { store_.execute(sql); }
    /// Exchanges `columns` of two records.
    void swap(const std::string& columns, int one, int other) {
        const auto from
            = [&](int seq) { return "(SELECT " + columns + " FROM copy WHERE seq = " + std::to_string(seq) + ")"; };
        const auto put = [&](int to, int source) {
            return "UPDATE audit SET (" + columns + ") = " + from(source) + " WHERE seq = " + std::to_string(to) + ";";
        };
        do_to_the_file("CREATE TEMP TABLE copy AS SELECT * FROM audit;" + put(one, other) + put(other, one));
    }

    Store store_;
};

constexpr const char* contents = "at_wall, at_boot, boot, event, uid, user, service, fields";

class EachColumn : public Tampered, public testing::WithParamInterface<const char*> { };

TEST_P(EachColumn, of_a_record_that_is_edited_is_located) {
    do_to_the_file(std::string("UPDATE audit SET ") + GetParam() + " WHERE seq = 17");
    expect(ChainFault::edited, 17, 17);
}
INSTANTIATE_TEST_SUITE_P(OfAudit, EachColumn,
                         testing::Values("at_wall = at_wall + 1", "at_boot = at_boot - 1", "boot = 'other'",
                                         "event = 'refused'", "uid = 0", "user = 'root'", "service = 'su'",
                                         "fields = '{}x'"));

TEST_F(Tampered, an_edited_first_or_last_record_is_located) {
    do_to_the_file("UPDATE audit SET user = 'root' WHERE seq = 40");
    expect(ChainFault::edited, 40, 40);
    do_to_the_file("UPDATE audit SET user = 'root' WHERE seq = 1");
    expect(ChainFault::edited, 1, 1);
}

TEST_F(Tampered, letters_that_move_from_one_column_to_the_next_show) {
    do_to_the_file("UPDATE audit SET user = user || substr(service, 1, 1), service = substr(service, 2) WHERE seq = 5");
    expect(ChainFault::edited, 5, 5);
}

TEST_F(Tampered, deleted_records_are_located) {
    do_to_the_file("DELETE FROM audit WHERE seq BETWEEN 20 AND 23");
    expect(ChainFault::missing, 20, 23);
    do_to_the_file("DELETE FROM audit WHERE seq = 9");
    expect(ChainFault::missing, 9, 9);
    do_to_the_file("DELETE FROM audit WHERE seq = 1");
    expect(ChainFault::missing, 1, 1);
}

TEST_F(Tampered, deleted_records_are_located_also_where_the_rest_was_renumbered) {
    do_to_the_file("DELETE FROM audit WHERE seq BETWEEN 20 AND 22;"
                   "UPDATE audit SET seq = seq - 3 WHERE seq > 22");
    expect(ChainFault::missing, 20, 22);
}

TEST_F(Tampered, records_that_changed_places_are_located) {
    swap(std::string(contents) + ", hash", 12, 30);
    expect(ChainFault::swapped, 12, 30);
}

TEST_F(Tampered, neighbors_that_changed_places_are_located) {
    swap(std::string(contents) + ", hash", 12, 13);
    expect(ChainFault::swapped, 12, 13);
}

TEST_F(Tampered, a_record_that_was_moved_is_located) {
    do_to_the_file("UPDATE audit SET seq = 1000 WHERE seq = 12");
    expect(ChainFault::moved, 12, 1000);
    do_to_the_file(
        "UPDATE audit SET seq = seq - 1 WHERE seq BETWEEN 13 AND 30; UPDATE audit SET seq = 30 WHERE seq = 1000");
    expect(ChainFault::moved, 12, 30);
}

TEST_F(Tampered, a_record_slipped_in_is_located) {
    do_to_the_file("UPDATE audit SET seq = -seq - 1 WHERE seq >= 12; UPDATE audit SET seq = -seq WHERE seq < 0;"
                   "INSERT INTO audit SELECT 12, at_wall, at_boot, boot, event, uid, 'mallory', service, fields, hash"
                   " FROM audit WHERE seq = 13");
    expect(ChainFault::inserted, 12, 13);
}

TEST_F(Tampered, a_record_put_before_the_first_is_located) {
    do_to_the_file("INSERT INTO audit SELECT -7, at_wall, at_boot, boot, event, uid, 'mallory', service, fields, hash"
                   " FROM audit WHERE seq = 1");
    const auto report = store_.chain();
    EXPECT_FALSE(report.whole);
    EXPECT_EQ(report.fault, ChainFault::inserted);
    EXPECT_EQ(report.at, -7);
}

TEST_F(Tampered, swapped_hashes_are_located) {
    swap("hash", 12, 30);
    expect(ChainFault::hash_moved, 12, 30);
}

TEST_F(Tampered, swapped_hashes_of_neighbors_are_located) {
    swap("hash", 12, 13);
    expect(ChainFault::hash_moved, 12, 13);
}

TEST_F(Tampered, a_changed_hash_is_located) {
    do_to_the_file("UPDATE audit SET hash = zeroblob(32) WHERE seq = 12");
    expect(ChainFault::hash_changed, 12, 12);
    do_to_the_file("UPDATE audit SET hash = x'00' WHERE seq = 3");
    expect(ChainFault::hash_changed, 3, 3);
}

TEST_F(Tampered, of_many_faults_the_first_is_told) {
    do_to_the_file("UPDATE audit SET user = 'root' WHERE seq % 3 = 0");
    expect(ChainFault::edited, 3, 3);
}

TEST_F(Tampered, a_cut_tail_alone_leaves_a_whole_chain_with_another_head) {
    const auto head = store_.chain().head;
    do_to_the_file("DELETE FROM audit WHERE seq > 35");
    EXPECT_TRUE(store_.chain().whole);
    EXPECT_EQ(store_.chain().length, 35);
    EXPECT_NE(store_.chain().head, head);
}

TEST(AuditRows, are_read_in_order_however_many_there_are_and_backwards) {
    Store store;
    for (int i = 0; i < 300; ++i) (void)store.enroll({static_cast<uid_t>(1000 + i), "user" + std::to_string(i)});
    auto database = Database::open(store.path(), Database::Access::read).value();
    std::int64_t seen = 0;
    ASSERT_TRUE(each_record(database, 0, [&](const AuditRecord& record) { return record.seq == ++seen; }));
    EXPECT_EQ(seen, 600);
    seen = 601;
    ASSERT_TRUE(each_record_backwards(database, 601, [&](const AuditRecord& record) { return record.seq == --seen; }));
    EXPECT_EQ(seen, 1);
}

TEST(AuditRows, are_read_without_keeping_the_log_from_being_tidied) {
    Store store;
    for (int i = 0; i < 200; ++i) (void)store.enroll({static_cast<uid_t>(1000 + i), "user" + std::to_string(i)});
    auto database = Database::open(store.path(), Database::Access::read).value();
    bool tidied = false;
    ASSERT_TRUE(each_record(database, 0, [&](const AuditRecord&) {
        const auto writer = store.raw();
        int busy = 1;
        auto statement = Statement::prepare(writer.get(), "PRAGMA wal_checkpoint(TRUNCATE)").value();
        if (statement.step().value()) busy = statement.row().get<int>(0);
        tidied = busy == 0;
        return false;
    }));
    EXPECT_TRUE(tidied);
}

}  // namespace
}  // namespace stepup::test
