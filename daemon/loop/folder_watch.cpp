#include "daemon/loop/folder_watch.hpp"

#include <array>
#include <string_view>

#include <sys/inotify.h>
#include <unistd.h>

namespace stepup {

FolderWatch::FolderWatch(const asio::any_io_executor& loop, const std::string& folder, std::string only,
                         std::function<void()> changed)
    : events_(loop),
      only_(std::move(only)),
      changed_(std::move(changed)) {
    constexpr auto happenings = IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE;
    UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    // The folder, not the file: useradd(8) and its like put another one in its place.
    if (!fd || ::inotify_add_watch(fd.get(), folder.c_str(), happenings) < 0) return;
    events_.assign(fd.release());
}

asio::awaitable<void> FolderWatch::run() {
    while (events_.is_open()) {
        const auto [error] = co_await events_.async_wait(asio::posix::descriptor_base::wait_read, no_throw);
        if (error) co_return;
        if (read_changes()) changed_();
    }
}

/// True if one of what happened concerns the files that matter.
bool FolderWatch::read_changes() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    bool concerns = false;
    for (;;) {
        const auto got = ::read(events_.native_handle(), buffer.data(), buffer.size());
        if (got <= 0) return concerns;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            const std::string_view name = event->len > 0 ? event->name : "";
            concerns = concerns || only_.empty() || name == only_ || (event->mask & IN_Q_OVERFLOW) != 0;
            at += sizeof(inotify_event) + event->len;
        }
    }
}

}  // namespace stepup
