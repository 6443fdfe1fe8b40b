#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "daemon/bus_door/bus_door.hpp"
#include "tests/unit/bus_door/management_fakes.hpp"

namespace stepup::testing {

constexpr std::chrono::seconds long_enough{
    15};  // for anything that should happen soon; nothing waits so long when all is well

/// Knows everybody.
class AnyAccounts final : public Accounts {
public:
    std::vector<uid_t> asked;
    Result<Account> (*answer)(uid_t) = [](uid_t uid) {
        return Result<Account>(Account{{uid, uid == 0 ? "root" : "user"}, std::vector<std::string>{}});
    };
    void find(const std::string& name, Done<Account> done) override {
        if (name == "nobody-here") return done(fail(Errc::not_found, "none"));
        if (name == "slow") return done(fail(Errc::timed_out, "slow"));
        done(Account{{1000, name}, std::vector<std::string>{}});
    }
    void find(uid_t uid, Done<Account> done) override {
        asked.push_back(uid);
        if (!holds) return done(answer(uid));
        held.push_back([=, this] { done(answer(uid)); });
        is_held.set_value();
    }
    bool holds = false;
    std::vector<std::function<void()>> held;  ///< look-ups that take long
    std::promise<void> is_held;
};

/// A policy that was good until somebody broke a file.
class BrokenPolicy final : public PolicyControl {
public:
    PolicyReport report() const override { return {Origin::files, {}, {{"/p.toml", "[defaults]\n"}}}; }
    PolicyReport reload() override {
        ++reloads;
        return {Origin::last_good, {"/p.toml:1:1: unknown key"}, {}};
    }
    Managed<PolicyReport> set(const Caller&, const std::string& name, const std::string& text) override {
        if (name == "bad") return refuse(ManagementError::invalid_argument, "Nothing was changed: bad.toml:1:1: no");
        texts = {{name, text}};
        return PolicyReport{Origin::files, {}, {}};
    }
    int reloads = 0;
    ConfigTexts texts;
};

/// The door on a loop of its own thread, with Management over fakes.
class Door {
    boost::asio::io_context loop_;

public:
    Door()
        : door_({loop_, bench.clock, accounts, tokens, bench.management, challenges, administration, overview, keys,
                 policy, foretelling, departures, [this](const std::string& line) { tell(line); },
                 [this](AuditEntry entry) { bench.recorder.note(std::move(entry)); }},
                {std::chrono::milliseconds(10), std::chrono::milliseconds(50)}),
          thread_([this] { loop_.run(); }) { }
    ~Door() {
        on_loop([this] { door_.close(); });
        work_.reset();
        thread_.join();
    }

    /// Runs `task` where the daemon would, and waits for it.
    void on_loop(std::function<void()> task) {
        std::promise<void> done;
        boost::asio::post(loop_, [&] {
            task();
            done.set_value();
        });
        ASSERT_EQ(done.get_future().wait_for(long_enough), std::future_status::ready) << "the loop is blocked";
    }
    void open() {
        on_loop([this] { door_.open(); });
    }
    /// Waits until it was told `times` in all that the name was taken, or lost.
    [[nodiscard]] bool waits_for_name(int times) { return waits_for(taken_, times); }
    [[nodiscard]] bool waits_for_loss(int times) { return waits_for(lost_, times); }

    /// A token for a root shell at a terminal.
    std::string token(uid_t uid = 0, std::uint32_t login_session = 3) {
        std::string made;
        on_loop([&] {
            auto session = Bench::own_terminal();
            session.real_uid = session.effective_uid = uid;
            session.login_uid = uid;
            session.audit_session = login_session;
            made = *tokens.issue({uid, session}, bench.clock.now());
        });
        return made;
    }

    Bench bench;
    CountingRandom random;
    TokenBook tokens{random};
    AnyAccounts accounts;
    Turns<std::string> slow_turns;
    Workers slow_work{loop_.get_executor(), 1};
    Challenges challenges{{loop_.get_executor(),
                           {bench.clock, bench.records, bench.recorder, bench.factors, slow_work, slow_turns},
                           [this] { return bench.policy; },
                           bench.management,
                           random}};
    Administration administration{administration_parts(bench, accounts)};
    Departures departures{bench.clock, accounts, bench.records, bench.recorder};
    BrokenPolicy policy;
    Foretelling foretelling{bench.clock, accounts, [this] { return bench.policy; }, {}};
    Overview overview{{bench.clock, accounts, bench.records, [this] { return bench.policy; }}};
    KeyManagement keys{{bench.clock, accounts, bench.records, bench.recorder}};

private:
    void tell(const std::string& line) {
        const std::lock_guard lock(mutex_);
        ++(line.starts_with("on the system bus") ? taken_ : lost_);
        changed_.notify_all();
    }
    bool waits_for(const int& count, int times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, long_enough, [&] { return count >= times; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int taken_ = 0;
    int lost_ = 0;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
    BusDoor door_;
    std::thread thread_;
};

}  // namespace stepup::testing
