#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace stepup {

namespace asio = boost::asio;

/// Handle errors as values: co_await gives a tuple that begins with the error code.
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

/// Turns a call that answers through a Done into something to co_await. `start` gets the Done; the answer must come on
/// the loop's thread, as ports.hpp promises.
template <class T, class Start> asio::awaitable<Result<T>> answer_of(Start start) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(
        [start = std::move(start)](auto handler) mutable {
            auto once = std::make_shared<decltype(handler)>(std::move(handler));
            start([once](Result<T> result) { std::move (*once)(std::move(result)); });
        },
        asio::use_awaitable);
}

/// Resumes after `time`; sooner only when the loop ends.
inline asio::awaitable<void> pause_for(Millis time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(no_throw);
}

}  // namespace stepup
