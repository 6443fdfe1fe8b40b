#pragma once

#include <functional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/loop/awaiting.hpp"

namespace stepup {

/// Threads for what takes long on purpose (bcrypt) or may hang (name services), so that the loop never does.
class Workers {
public:
    Workers(asio::any_io_executor loop, std::size_t threads) : loop_(std::move(loop)), pool_(threads) { }
    ~Workers() { finish(); }

    /// Where answers come.
    [[nodiscard]] const asio::any_io_executor& loop() const { return loop_; }

    /// Ends what runs, drops what waits.
    void finish() {
        pool_.stop();
        pool_.join();
    }

    /// Does `work` on a thread of the pool, then `then` on the loop.
    void run(std::function<void()> work, std::function<void()> then) {
        asio::post(pool_, [loop = loop_, work = std::move(work), then = std::move(then)] {
            work();
            asio::post(loop, then);
        });
    }

    /// What `work` returns, computed on a thread of the pool. `work` must own, or outlive it with, what it touches.
    template <class T> asio::awaitable<Result<T>> compute(std::function<Result<T>()> work) {
        return answer_of<T>([this, work = std::move(work)](Done<T> done) {
            asio::post(pool_, [loop = loop_, work, done = std::move(done)] {
                auto result = std::make_shared<Result<T>>(work());
                asio::post(loop, [done, result] { done(std::move(*result)); });
            });
        });
    }

private:
    template <class T> using Done = std::function<void(Result<T>)>;
    asio::any_io_executor loop_;
    asio::thread_pool pool_;
};

}  // namespace stepup
