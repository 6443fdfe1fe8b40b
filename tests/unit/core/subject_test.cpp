#include "daemon/core/subject.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

bool refused(const SubjectChoice& choice) { return std::holds_alternative<NotYours>(choice); }

}  // namespace

TEST(ServiceKind, is_the_tables_else_a_locker_of_the_settings_else_other) {
    const std::vector<std::string> lockers{"swaylock", "sudo"};
    EXPECT_EQ(kind_of("sshd", lockers), ServiceKind::sshd);
    EXPECT_EQ(kind_of("sudo", lockers), ServiceKind::sudo) << "no setting makes a locker of sudo";
    EXPECT_EQ(kind_of("swaylock", lockers), ServiceKind::locker);
    EXPECT_EQ(kind_of("vlock", lockers), ServiceKind::other);
}

TEST(Subject, of_a_login_is_the_user_named) {
    const auto choice = choose_subject({ServiceKind::sshd, "alice", "", 0, 0});
    ASSERT_TRUE(std::holds_alternative<SubjectNamed>(choice));
    EXPECT_EQ(std::get<SubjectNamed>(choice).name, "alice");
    EXPECT_EQ(std::get<SubjectNamed>(choice).must_be_real_uid_of, "");
}

TEST(Subject, of_sudo_is_the_one_sudo_names_and_ruser_must_be_the_caller) {
    const auto choice = choose_subject({ServiceKind::sudo, "alice", "alice", 0, 1000});
    ASSERT_TRUE(std::holds_alternative<SubjectNamed>(choice));
    EXPECT_EQ(std::get<SubjectNamed>(choice).must_be_real_uid_of, "alice");
    const auto targetpw = choose_subject({ServiceKind::sudo, "root", "alice", 0, 1000});
    EXPECT_EQ(std::get<SubjectNamed>(targetpw).name, "root");
}

TEST(Subject, of_su_is_the_caller_and_pam_user_is_the_target) {
    const auto choice = choose_subject({ServiceKind::su, "bob", "alice", 0, 1000});
    ASSERT_TRUE(std::holds_alternative<SubjectUid>(choice));
    EXPECT_EQ(std::get<SubjectUid>(choice).uid, 1000U);
    EXPECT_EQ(std::get<SubjectUid>(choice).must_be_named, "alice");
    EXPECT_EQ(std::get<SubjectUid>(choice).target, "bob");
}

TEST(Subject, an_unprivileged_peer_may_only_ask_for_itself_and_only_as_a_locker) {
    const auto choice = choose_subject({ServiceKind::locker, "bob", "", 1000, 1000});
    ASSERT_TRUE(std::holds_alternative<SubjectUid>(choice));
    EXPECT_EQ(std::get<SubjectUid>(choice).uid, 1000U);
    EXPECT_EQ(std::get<SubjectUid>(choice).must_be_named, "bob") << "and is refused if uid 1000 is not bob";
    for (const auto kind :
         {ServiceKind::sshd, ServiceKind::console_login, ServiceKind::sudo, ServiceKind::su, ServiceKind::other})
        EXPECT_TRUE(refused(choose_subject({kind, "alice", "", 1000, 1000})));
}

TEST(Subject, nobody_is_not_a_name) { EXPECT_TRUE(refused(choose_subject({ServiceKind::sshd, "", "", 0, 0}))); }

TEST(Subject, reserved_uids_are_refused_whatever_they_ask) {
    for (const uid_t uid : {61184U, 65000U, 65519U, 65534U, 65535U, 4294967295U}) {
        EXPECT_TRUE(is_reserved(uid));
        EXPECT_TRUE(refused(choose_subject({ServiceKind::locker, "x", "", uid, uid})));
        EXPECT_TRUE(refused(choose_subject({ServiceKind::sudo, "x", "x", 0, uid})));
    }
    EXPECT_FALSE(is_reserved(0));
    EXPECT_FALSE(is_reserved(1000));
    for (const uid_t uid : {61183U, 65520U, 65533U, 65536U, 100'000U, 4294967294U})
        EXPECT_FALSE(is_reserved(uid)) << uid;
}
