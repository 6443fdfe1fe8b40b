#include "daemon/accounts/name_service.hpp"

#include <future>
#include <new>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

using namespace stepup;

// Against this host's own users: root is on every one of them.

namespace {

constexpr std::chrono::minutes a_minute(1);

struct NameServiceTest : ::testing::Test {
    /// What the name service answers to `who`, on the loop's thread.
    template <class Who> Result<Account> find(const Who& who) {
        asio::io_context loop;
        Workers workers(loop.get_executor(), 2);
        NameService names(
            workers, [this] { return std::exchange(groups, changes_to.value_or(groups)); }, a_minute);
        Result<Account> answer = fail(Errc::internal, "nobody answered");
        const auto here = std::this_thread::get_id();
        const auto work = asio::make_work_guard(loop);
        names.find(who, [&](Result<Account> found) {
            EXPECT_EQ(std::this_thread::get_id(), here) << "answers come on the loop";
            answer = std::move(found);
            loop.stop();
        });
        loop.run();
        return answer;
    }

    std::vector<std::string> groups;
    std::optional<std::vector<std::string>> changes_to;  ///< once they were asked for
};

struct CountedLookUps : ::testing::Test {
    asio::io_context loop;
    Workers workers{loop.get_executor(), 2};
    int asked = 0, answered = 0;
    NameService names{workers, [this] { return ++asked, std::vector<std::string>{}; }, a_minute};
    asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(loop);
};

}  // namespace

TEST_F(NameServiceTest, finds_an_account_by_either_of_its_names) {
    const AccountKey root{0, "root"};
    const auto by_name = find(std::string("root"));
    const auto by_uid = find(uid_t{0});
    ASSERT_TRUE(by_name && by_uid);
    EXPECT_EQ(by_name->key, root);
    EXPECT_EQ(by_uid->key, root);
}

TEST_F(CountedLookUps, looks_whoever_is_asked_for_by_many_up_once) {
    for (int i = 0; i < 10; ++i)
        names.find("root", [&](const Result<Account>& found) {
            EXPECT_TRUE(found);
            if (++answered == 10) loop.stop();
        });
    loop.run();
    EXPECT_EQ(asked, 2) << "when it was looked up, and whether that still holds";
}

TEST_F(CountedLookUps, looks_up_anew_whoever_is_asked_for_after_accounts_have_changed) {
    const auto answer = [&](const Result<Account>& found) {
        EXPECT_TRUE(found);
        if (++answered == 2) loop.stop();
    };
    names.find("root", answer);
    names.accounts_changed();
    names.find("root", answer);
    EXPECT_EQ(asked, 2) << "what was read before may not be so any more";
    loop.run();
    EXPECT_EQ(answered, 2);
}

TEST_F(NameServiceTest, answers_who_asks_after_somebody_who_could_not_be_looked_up) {
    asio::io_context loop;
    Workers workers(loop.get_executor(), 2);
    bool fails = true;
    NameService names(
        workers, [&] { return std::exchange(fails, false) ? throw std::bad_alloc() : groups; }, a_minute);
    EXPECT_THROW(names.find("root", [](const Result<Account>&) { FAIL(); }), std::bad_alloc);
    const auto work = asio::make_work_guard(loop);
    bool answered = false;
    names.find("root", [&](const Result<Account>&) {
        answered = true;
        loop.stop();
    });
    loop.run_for(std::chrono::seconds(20));
    EXPECT_TRUE(answered);
}

TEST_F(NameServiceTest, lets_nobody_wait_for_longer_than_it_may_and_looks_nobody_up_twice_at_a_time) {
    asio::io_context loop;
    Workers workers(loop.get_executor(), 1);
    std::promise<void> hangs;
    workers.run([&] { hangs.get_future().wait(); }, [] {});
    int asked = 0;
    NameService names(
        workers, [&] { return ++asked, groups; }, std::chrono::milliseconds(20));
    const auto work = asio::make_work_guard(loop);
    std::vector<Result<Account>> answers;
    const auto take = [&](Result<Account> found) {
        answers.push_back(std::move(found));
        loop.stop();
    };
    for (int i = 0; i < 2; ++i) {
        names.find("root", take);
        loop.run();
        loop.restart();
    }
    ASSERT_EQ(answers.size(), 2U);
    for (const auto& each : answers) EXPECT_EQ(each.error().code, Errc::unavailable);
    EXPECT_EQ(asked, 1) << "threads would go one by one, too";
    hangs.set_value();
    for (bool found = false; !found; loop.restart()) {
        names.find("root", [&](const Result<Account>& answer) {
            found = answer.has_value();
            loop.stop();
        });
        loop.run();
    }
}

TEST_F(NameServiceTest, knows_that_there_is_no_such_user) {
    const auto found = find(std::string("no such user, surely"));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::not_found);
}

TEST_F(NameServiceTest, names_the_groups_of_interest_that_a_user_is_in) {
    groups = {"root", "nogroup"};
    const auto found = find(std::string("root"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->groups, std::vector<std::string>{"root"});
}

TEST_F(NameServiceTest, says_unknown_where_policy_has_changed_meanwhile) {
    groups = {"root"};
    changes_to = {"root", "nogroup"};
    const auto found = find(std::string("root"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->groups, std::nullopt) << "nobody has asked about nogroup";
}

TEST_F(NameServiceTest, says_unknown_where_one_group_cannot_be_told) {  // security.md V-08
    groups = {"root", "no such group, surely"};
    const auto found = find(std::string("root"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->groups, std::nullopt);
}
