#pragma once

#include <cstdint>
#include <source_location>
#include <utility>

#include <tl/expected.hpp>

namespace stepup {

/// What kept us from telling the answer. A wrong code is not here: that is an answer.
enum class Errc : std::uint8_t {
    unavailable,  ///< a part we need (daemon, disk, bus) did not serve us
    timed_out,    ///< a deadline passed
    closed,       ///< the other side hung up
    malformed,    ///< bytes that are not what they must be
    too_large,    ///< more than the stated limit
    untrusted,    ///< the other side is not who it must be
    not_found,    ///< no such row, user or file
    conflict,     ///< it exists already, or changed meanwhile
    limited,      ///< too many failures: not tried at all
    corrupt,      ///< stored data that does not verify
    internal,     ///< a rule of our own was broken
};

/// A failure and the place that first saw it. `why` is a fixed sentence, never user input.
struct Error {
    Errc code;
    const char* why;
    std::source_location where;
};

template <class T = void> using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, const char* why,
                                                std::source_location where = std::source_location::current()) {
    return tl::unexpected<Error>(Error{code, why, where});
}

namespace detail {
template <class T, class E> T take(tl::expected<T, E>&& result) { return *std::move(result); }
template <class E> void take(tl::expected<void, E>&&) { }
}  // namespace detail

}  // namespace stepup

/// The value of a Result, or return its Error to the caller. Not for coroutines: see CO_TRY. Alone in its statement:
/// what a larger expression made before it, g++ 12 does not destroy when it returns.
#define TRY(...)                                                                                                       \
    __extension__({                                                                                                    \
        auto try_result_ = (__VA_ARGS__);                                                                              \
        if (!try_result_) return tl::make_unexpected(std::move(try_result_).error());                                  \
        ::stepup::detail::take(std::move(try_result_));                                                                \
    })

/// The same in a coroutine. Bind what `co_await` gives to a name first.
#define CO_TRY(...)                                                                                                    \
    __extension__({                                                                                                    \
        auto try_result_ = (__VA_ARGS__);                                                                              \
        if (!try_result_) co_return tl::make_unexpected(std::move(try_result_).error());                               \
        ::stepup::detail::take(std::move(try_result_));                                                                \
    })
